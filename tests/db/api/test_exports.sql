-- create_export, create_export_link and exports: who may, what is refused, whose they are.
begin;
select plan(31);

select tests.act_as('greenway.operator');
prepare ask as select id
from api.create_export('charging_sessions', '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z');
select lives_ok('ask', 'somebody with exports.write asks for an export');
select set_eq(
    $$select tenant_id, list, format, state, requested_by, attempts, from_at, to_at
      from api.exports where id not in (1001, 1002)$$,
    $$values (
        101::bigint, 'charging_sessions', 'csv', 'waiting', tests.user_id_of('greenway.operator'),
        0, '2026-01-01 00:00:00+00'::timestamptz, '2026-02-01 00:00:00+00'::timestamptz
    )$$,
    'it waits for the tenant of whoever asked'
);
select set_eq(
    'select distinct tenant_id from api.exports', array[101::bigint],
    'staff see the exports of their tenant only'
);
select is(
    (select state from api.exports where id = 1001), 'ready', 'one whose file is there is ready'
);

-- What is refused.
select throws_ok(
    $$select api.create_export('sites', '2026-01-01', '2026-02-01')$$,
    'PT400',
    'list has to be one of transactions, transaction_lines, charging_sessions, meter_values',
    'a list that cannot be exported'
);
select throws_ok(
    'select api.create_export(null, ''2026-01-01'', ''2026-02-01'')', 'PT400', null, 'no list'
);
select throws_ok(
    $$select api.create_export('meter_values', '2026-01-01', '2026-02-01', 'pdf')$$,
    'PT400', 'format has to be csv', 'another format'
);
select throws_ok(
    $$select api.create_export('meter_values', null, '2026-02-01')$$,
    'PT400', 'from has to be a moment', 'no beginning'
);
select throws_ok(
    $$select api.create_export('meter_values', '-infinity', '2026-02-01')$$,
    'PT400', 'from has to be a moment', 'no real beginning'
);
select throws_ok(
    $$select api.create_export('meter_values', '2026-01-01', 'infinity')$$,
    'PT400', null, 'no real end'
);
select throws_ok(
    $$select api.create_export('meter_values', '2026-02-01', '2026-02-01')$$,
    'PT400', 'to has to be a moment after from, and at most 366 days after it', 'an empty range'
);
select throws_ok(
    $$select api.create_export('meter_values', '2025-01-01', '2026-01-03')$$,
    'PT400', null, 'a range that is too long'
);
select lives_ok(
    $$select api.create_export('meter_values', '2025-01-01', '2026-01-02')$$,
    'the longest range'
);

-- The link.
select set_eq(
    $$select key from json_object_keys(api.create_export_link(1001)) as key$$,
    array['url', 'expires_at', 'file_name', 'size_bytes', 'sha256'],
    'a link comes with what its file is'
);
select matches(
    api.create_export_link(1001) ->> 'url',
    '^http://127\.0\.0\.1:3080/exports/vx_[A-Za-z0-9_-]{43}$',
    'its address ends in a token'
);
select isnt(
    api.create_export_link(1001) ->> 'url', api.create_export_link(1001) ->> 'url',
    'every link is another one'
);
select throws_ok(
    'select api.create_export_link(1002)', 'PT409', 'the export is not ready: it is waiting',
    'one that waits has no file'
);
select throws_ok(
    'select api.create_export_link(2001)', 'PT404', 'there is no such export',
    'another tenant''s export is not there'
);
select throws_ok(
    'select api.create_export_link(null)', 'PT404', null, 'no export is not there either'
);
select is(
    (select link_expires_at from api.exports where id = 1001), now() + interval '1 hour',
    'a link is good for an hour'
);

select tests.act_as_owner();
select matches(
    (select encode(link_hash, 'hex') from core.exports where tenant_id = 101 and id = 1001),
    '^[0-9a-f]{64}$', 'what is kept of a link is its hash'
);
select is_empty(
    $$select from core.audit_log
      where table_name = 'core.exports' and new_values ->> 'link_hash' like '%\\x%'$$,
    'and the audit has not even that'
);
select isnt_empty(
    $$select from core.audit_log
      where tenant_id = 101 and table_name = 'core.exports'
      and user_id = tests.user_id_of('greenway.operator')$$,
    'but who made it'
);
update core.exports set link_hash = null, link_expires_at = null
where tenant_id = 101 and id = 1001;
update core.exports set expires_at = now() where tenant_id = 101 and id = 1001;
select tests.act_as('greenway.operator');
select is(
    (select state from api.exports where id = 1001), 'expired', 'a file is not kept for ever'
);
select throws_ok(
    'select api.create_export_link(1001)', 'PT410', 'the file of this export has been deleted',
    'and then has no link'
);

-- Too many at once.
select throws_ok(
    $$select api.create_export('meter_values', '2026-01-01', '2026-02-01')
      from generate_series(1, 10)$$,
    'PT429', '10 exports of your tenant are waiting already', 'more than ten may not wait'
);
select tests.act_as('bluecharge.operator');
select lives_ok('ask', 'which is nothing to another tenant');

-- Who may not.
select tests.act_as('greenway.support');
select throws_ok('ask', 'PT403', null, 'somebody without exports.write may not ask');
select throws_ok(
    'select api.create_export_link(1001)', 'PT403', null, 'nor fetch what others asked for'
);
select tests.act_as('greenway.customer');
select throws_ok('ask', '42501', null, 'a driver may not');

select tests.act_as('greenway.platform_admin');
select is(
    (
        select tenant_id
        from api.create_export('meter_values', '2026-01-01', '2026-02-01')
    ),
    101::bigint, 'a platform admin exports the tenant of the token'
);

select * from finish();
rollback;
