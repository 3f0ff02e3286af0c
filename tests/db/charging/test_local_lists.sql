-- Local lists: versions, full and differential updates, what is known of them, limits.
begin;
select plan(57);

create function pg_temp.entries()
returns text
language sql
as $$
    select string_agg(e.id_token || ' ' || e.status, ', ' order by e.id_token_key)
    from api.local_list_entries as e
    where e.charge_point_id = 1001;
$$;
create function pg_temp.list()
returns text
language sql
as $$
    select concat_ws(
        ' ', coalesce(l.version::text, '?'), case when not l.is_certain then 'uncertain' end,
        l.status_reported
    )
    from api.local_lists as l
    where l.charge_point_id = 1001;
$$;
grant execute on function pg_temp.entries() to public;
grant execute on function pg_temp.list() to public;

-- The version ----------------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select results_eq(
    $$ select c.action, c.payload from api.get_local_list_version('GW-CP-1') as c $$,
    $$ values ('GetLocalListVersion', '{}'::jsonb) $$, 'the version can be asked for'
);
select tests.answer('{"listVersion": 7}');
select is(pg_temp.list(), '7 uncertain', 'somebody else''s list is not ours');
select lives_ok($$ select api.get_local_list_version('GW-CP-1') $$, 'asked again');
select tests.answer('{"listVersion": "odd"}');
select is(pg_temp.list(), '7 uncertain', 'an odd answer says nothing');

-- Full -----------------------------------------------------------------------------------------

select tests.act_as_owner();
update core.id_tokens set is_blocked = true where tenant_id = 101 and id = 1003;
update core.id_tokens set expires_at = '2100-01-01T00:00:00Z' where tenant_id = 101 and id = 1002;
insert into core.id_tokens (tenant_id, id, id_token)
overriding system value
values (101, 1099, repeat('L', 36));
select tests.act_as('greenway.operator');
select results_eq(
    $$ select c.action, c.payload, c.batch_id is not null
       from api.send_local_list('GW-CP-1') as c $$,
    $$ values ('SendLocalList', '{"updateType": "Full", "listVersion": 8,
        "localAuthorizationList": [
            {"idTag": "GWTOKEN1", "idTagInfo": {"status": "Accepted", "parentIdTag": "GWGROUP1"}},
            {"idTag": "GWTOKEN2", "idTagInfo": {"status": "Accepted",
                "expiryDate": "2100-01-01T00:00:00Z"}}
        ]}'::jsonb, true) $$,
    'what is not certain is replaced by every token that may charge there'
);
select is(pg_temp.entries(), null, 'nothing stands there before it is accepted');
select is(tests.answer('{"status": "Accepted"}') ->> 'listVersion', '8', 'it is sent');
select is(pg_temp.list(), '8 Accepted', 'accepted, the list is certain');
select is(pg_temp.entries(), 'GWTOKEN1 Accepted, GWTOKEN2 Accepted', 'and known');
select is_empty($$ select * from api.send_local_list('GW-CP-1') $$, 'nothing differs: no command');

-- Differential ---------------------------------------------------------------------------------

select tests.act_as_owner();
update core.id_tokens set is_blocked = false where tenant_id = 101 and id = 1003;
update core.id_tokens set is_blocked = true where tenant_id = 101 and id = 1002;
select tests.act_as('greenway.operator');
select results_eq(
    $$ select c.payload from api.send_local_list('GW-CP-1') as c $$,
    $$ values ('{"updateType": "Differential", "listVersion": 9, "localAuthorizationList": [
            {"idTag": "GWTOKEN2"},
            {"idTag": "GWTOKEN3", "idTagInfo": {"status": "Accepted"}}
        ]}'::jsonb) $$,
    'what differs is sent, and of what goes the token alone'
);
select tests.answer('{"status": "Accepted"}');
select is(pg_temp.entries(), 'GWTOKEN1 Accepted, GWTOKEN3 Accepted', 'and carried over');
select is(pg_temp.list(), '9 Accepted', 'with its version');
select results_eq(
    $$ select c.payload -> 'localAuthorizationList' from api.send_local_list(
           'GW-CP-1', 'differential', '[{"id_token": "VIP", "status": "Blocked",
           "expires_at": "2030-01-01T00:00:00+01:00", "parent_id_token": "P"},
           {"id_token": "gwtoken3", "remove": true}]') as c $$,
    $$ values ('[{"idTag": "VIP", "idTagInfo": {"status": "Blocked", "parentIdTag": "P",
            "expiryDate": "2029-12-31T23:00:00Z"}}, {"idTag": "gwtoken3"}]'::jsonb) $$,
    'changes can be named'
);
select tests.answer('{"status": "Accepted"}');
select is(pg_temp.entries(), 'GWTOKEN1 Accepted, VIP Blocked', 'tokens count without case');
select is_empty(
    $$ select * from api.send_local_list('GW-CP-1', 'differential', '[]') $$,
    'no changes are no command'
);
select results_eq(
    $$ select c.payload ->> 'updateType', c.payload -> 'localAuthorizationList'
       from api.send_local_list('GW-CP-1', 'automatic', '[{"id_token": "GWTOKEN1",
           "parent_id_token": "GWGROUP1"}]') as c $$,
    $$ values ('Differential', '[{"idTag": "VIP"}]'::jsonb) $$,
    'or the whole list, of which the difference is sent'
);

-- What fails -----------------------------------------------------------------------------------

select tests.answer('{"status": "VersionMismatch"}');
select is(pg_temp.list(), '10 uncertain VersionMismatch', 'a mismatch makes it uncertain');
select is(pg_temp.entries(), 'GWTOKEN1 Accepted, VIP Blocked', 'what is known stays');
select throws_ok(
    $$ select api.send_local_list('GW-CP-1', 'differential') $$, 'PT409', null,
    'there is no difference to what is not certain'
);
select results_eq(
    $$ select c.payload ->> 'updateType', c.payload ->> 'listVersion'
       from api.send_local_list('GW-CP-1') as c $$,
    $$ values ('Full', '12') $$, 'the next is a full one, with a version of its own'
);
select tests.answer(null, p_outcome => 'timeout');
select is(pg_temp.list(), '10 uncertain Timeout', 'no answer leaves it uncertain');
select tests.answer_late(
    (select max(c.id) from api.commands as c where c.action = 'SendLocalList'),
    '{"status": "Accepted"}'
);
select is(pg_temp.list(), '12 Accepted', 'a late answer is one');
select lives_ok($$ select api.send_local_list('GW-CP-1', 'full') $$, 'sent whole');
select tests.answer('{"status": "Failed"}');
select is(pg_temp.list(), '12 uncertain Failed', 'Failed is kept');
select lives_ok($$ select api.send_local_list('GW-CP-1') $$, 'sent again');
select tests.answer(null, p_outcome => 'timeout');
select lives_ok($$ select api.send_local_list('GW-CP-1') $$, 'and again');
select tests.answer('{"status": "Accepted"}');
select is(pg_temp.list(), '15 Accepted', 'the one after it is accepted');
select tests.answer_late(
    (select max(c.id) from api.commands as c where c.state = 'unknown' and c.charge_point_id = 1001
        and c.action = 'SendLocalList'),
    '{"status": "Failed"}'
);
select is(pg_temp.list(), '15 Accepted', 'what comes late of an older one says nothing any more');

-- Limits ---------------------------------------------------------------------------------------

select tests.act_as_owner();
update core.id_tokens set is_blocked = false where tenant_id = 101;
insert into core.configuration_keys (tenant_id, charge_point_id, key, value, reported_at)
values
    (101, 1001, 'SendLocalListMaxLength', '2', now()),
    (101, 1001, 'LocalAuthListMaxLength', '5', now());
select tests.act_as('greenway.operator');
select results_eq(
    $$ select c.payload ->> 'updateType', c.payload ->> 'listVersion',
           jsonb_array_length(c.payload -> 'localAuthorizationList')
       from api.send_local_list('GW-CP-1', 'full', '[{"id_token": "A"}, {"id_token": "B"},
           {"id_token": "C"}, {"id_token": "D"}, {"id_token": "E"}]') as c $$,
    $$ values ('Full', '16', 2), ('Differential', '17', 2), ('Differential', '18', 1) $$,
    'a long list is a full one and what adds to it'
);
select tests.answer('{"status": "Accepted"}');
select is(pg_temp.entries(), 'A Accepted, B Accepted', 'each is carried over by itself');
select tests.answer('{"status": "Failed"}');
select results_eq(
    $$ select c.payload ->> 'listVersion', c.state, c.error_code from api.commands as c
       where c.action = 'SendLocalList' and c.charge_point_id = 1001
       order by c.id desc limit 2 $$,
    $$ values ('18', 'cancelled', 'Superseded'), ('17', 'rejected', null) $$,
    'what waits behind one that failed is cancelled'
);
select is(pg_temp.list(), '16 uncertain Failed', 'and the list uncertain');
select is(
    (select count(*) from api.send_local_list('GW-CP-1', 'full', '[{"id_token": "A"},
        {"id_token": "B"}, {"id_token": "C"}]')),
    2::bigint, 'a long list'
);
select tests.act_as_owner();
update ops.commands set expires_at = now() - interval '1 minute'
where action = 'SendLocalList' and payload ->> 'listVersion' = '19';
select tests.act_as_login('jobs');
select isnt(jobs.expire_commands(), '', 'whose first part expires');
select tests.act_as('greenway.operator');
select results_eq(
    $$ select c.payload ->> 'listVersion', c.state from api.commands as c
       where c.action = 'SendLocalList' and c.charge_point_id = 1001
       order by c.id desc limit 2 $$,
    $$ values ('20', 'cancelled'), ('19', 'expired') $$, 'is not sent without it'
);
select is(pg_temp.list(), '16 uncertain Failed', 'and changes nothing');
select lives_ok(
    $$ select api.send_local_list('GW-CP-1', 'full', '[{"id_token": "A"}]') $$, 'a list'
);
select results_eq(
    $$ select c.payload ->> 'updateType', c.payload ->> 'listVersion', c.state
       from api.send_local_list('GW-CP-1', 'automatic', '[{"id_token": "B"}]') as c $$,
    $$ values ('Full', '22', 'queued') $$,
    'while an update is on its way, the next is a full one'
);
select is(
    (select c.state from api.commands as c where c.payload ->> 'listVersion' = '21'),
    'cancelled', 'which takes the place of what waits'
);
select tests.answer('{"status": "Accepted"}');
select is(pg_temp.entries(), 'B Accepted', 'and stands there');
select throws_ok(
    $$ select api.send_local_list('GW-CP-1', 'automatic', '[{"id_token": "A"},
       {"id_token": "B"}, {"id_token": "C"}, {"id_token": "D"}, {"id_token": "E"},
       {"id_token": "F"}]') $$,
    'PT409', null, 'a list longer than the charge point takes is refused'
);
select results_eq(
    $$ select c.payload ->> 'updateType', c.payload -> 'localAuthorizationList'
       from api.send_local_list('GW-CP-1', 'full', '[]') as c $$,
    $$ values ('Full', '[]'::jsonb) $$, 'an empty list empties it'
);
select tests.answer('{"status": "Accepted"}');
select is(pg_temp.entries(), null, 'so that nothing stands there');
select tests.act_as_owner();
update core.configuration_keys set value = '2' where key = 'LocalAuthListMaxLength';
update core.sessions set charge_point_id = 1001 where tenant_id = 101 and id = 1002;
select tests.act_as('greenway.operator');
select is(
    (select c.payload #>> '{localAuthorizationList,1,idTag}'
     from api.send_local_list('GW-CP-1') as c),
    'GWTOKEN2', 'of more tokens than it takes, those that charged there come first'
);
select tests.answer('{"status": "NotSupported"}');
select is(pg_temp.list(), '-1 NotSupported', 'a charge point may have no list at all');

-- What is refused ------------------------------------------------------------------------------

select throws_ok(
    $$ select api.send_local_list('GW-CP-1', 'full', '[{"id_token": "A"}, {"id_token": "a"}]') $$,
    'PT400', null, 'a token stands there once'
);
select throws_ok(
    $$ select api.send_local_list('GW-CP-1', 'full', '{}') $$, 'PT400', null, 'a list is a list'
);
select throws_ok(
    $$ select api.send_local_list('GW-CP-1', 'full', '[{"id_token": "A", "remove": true}]') $$,
    'PT400', null, 'a full list takes nothing away'
);
select throws_like(
    $$ select api.send_local_list('GW-CP-1', 'full', '[{"idTag": "A"}]') $$,
    'each entry has an id_token', 'an entry is about a token'
);
select throws_like(
    $$ select api.send_local_list('GW-CP-1', 'full', '[{"id_token": {"A": 1}}]') $$,
    'each entry has an id_token', 'which is a text'
);
select throws_like(
    $$ select api.send_command('SendLocalList', '{"updateType": "Full",
       "localAuthorizationList": [{"idTag": "", "idTagInfo": {"status": "Accepted"}}]}',
       'GW-CP-1') $$,
    'an empty text is no token', 'of one character at least'
);
select throws_ok(
    $$ select api.send_local_list('GW-CP-1', 'some') $$, 'PT400', null,
    'there are three kinds of updates'
);
select throws_ok(
    $$ select api.send_command('SendLocalList', '{"updateType": "Full", "listVersion": 3}',
       'GW-CP-1') $$,
    'PT409', null, 'a version does not come again'
);
select results_eq(
    $$ select c.charge_point_id, c.state, c.error_code from api.send_local_list(
           update_type => 'differential', charge_point_group => 'Fast') as c $$,
    $$ values (1001::bigint, 'expired', 'local_list_uncertain') $$,
    'in a group the row says why'
);
select throws_ok(
    $$ select api.send_local_list('BC-CP-1') $$, 'PT404', null,
    'another tenant''s charge point is not there'
);
select tests.act_as('greenway.support');
select throws_ok(
    $$ select api.send_local_list('GW-CP-1') $$, 'PT403', null, 'it takes a permission'
);

select * from finish();
rollback;
