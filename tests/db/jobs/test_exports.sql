-- How the jobs runner takes, reads, finishes and fails exports, and redeems their links.
begin;
select plan(41);

select tests.act_as_owner();
update core.exports set next_attempt_at = now() where state = 'waiting' and tenant_id = 101;

-- Taken by one.
select tests.act_as_login('jobs');
select set_eq(
    $$select tenant_id, export_id, attempt, list from jobs.take_export('one')$$,
    $$values (101::bigint, 1002::bigint, 1, 'meter_values')$$,
    'what is due is taken'
);
select is_empty(
    $$select from jobs.take_export('two')$$, 'what somebody has just taken is left to them'
);
select ok(not jobs.begin_export(101, 1002, 2), 'an attempt that is not the newest may not begin');
select ok(not jobs.begin_export(102, 2002, 0), 'nor one that was not taken');
select ok(jobs.begin_export(101, 1002, 1), 'the newest may');
select is(
    current_setting('idle_in_transaction_session_timeout'), '0',
    'and may take its time with the disk'
);

-- Rows.
select set_eq(
    'select tenant_id, charge_point_id from jobs.export_meter_values(101, 1002)',
    $$values (101::bigint, 1001::bigint), (101, 1002)$$,
    'its rows are those of its tenant'
);
select is_empty(
    'select from jobs.export_meter_values(102, 1002)', 'an export of one tenant is none of another'
);
select is_empty(
    'select from jobs.export_meter_values(102, 2002)', 'one that does not run has no rows'
);
select is_empty(
    'select from jobs.export_charging_sessions(101, 1001)', 'nor one that is ready'
);
select is_empty(
    'select from jobs.export_charging_sessions(101, 1002)', 'nor one of another list'
);
select throws_ok(
    'select from api.meter_values', '42501', null, 'past the function the runner reads nothing'
);
select throws_ok('select from core.exports', '42501', null, 'and no exports');
select set_eq(
    'select tenant_id, export_id, attempt from jobs.list_export_files()',
    $$values (101::bigint, 1001::bigint, 1), (102, 2001, 1), (101, 1002, 1)$$,
    'files are needed that are ready or being written'
);

-- Done.
select lives_ok(
    $$select jobs.finish_export(101, 1002, 2, 345, repeat('a', 64), 'https://depot.example/x/')$$,
    'it is finished'
);
select tests.act_as('greenway.operator');
select set_eq(
    $$select state, attempts, row_count, size_bytes, problem from api.exports where id = 1002$$,
    $$values ('ready', 1, 2::bigint, 345::bigint, null::text)$$,
    'and ready'
);
select alike(
    api.create_export_link(1002) ->> 'url', 'https://depot.example/x/vx\_%',
    'its file is where the runner said'
);

-- Links.
select tests.act_as_owner();
update core.exports set link_hash = sha256('link of greenway')
where tenant_id = 101 and id = 1001;
select tests.act_as_login('jobs');
select set_eq(
    $$select tenant_id, export_id, attempt, file_name
      from jobs.redeem_export_link('link of greenway')$$,
    $$values (101::bigint, 1001::bigint, 1, 'charging_sessions.csv')$$,
    'a link leads to its file'
);
select is_empty(
    $$select from jobs.redeem_export_link('link of greenway')$$, 'once'
);
select is_empty($$select from jobs.redeem_export_link('nothing')$$, 'an unknown one to nothing');
select is_empty('select from jobs.redeem_export_link(null)', 'none to nothing');
select tests.act_as_owner();
update core.exports set link_hash = sha256('link of the platform'),
    link_expires_at = now() + interval '1 hour',
    link_made_by = tests.user_id_of('bluecharge.platform_admin')
where tenant_id = 101 and id = 1001;
update core.memberships set is_active = false
where tenant_id = 102 and user_id = tests.user_id_of('bluecharge.operator');
select tests.act_as_login('jobs');
select is_empty(
    $$select from jobs.redeem_export_link('bluecharge.operator')$$,
    'that of somebody who has left to nothing'
);
select isnt_empty(
    $$select from jobs.redeem_export_link('link of the platform')$$,
    'one that the platform made to its file'
);
select tests.act_as_owner();
update core.memberships set is_active = true
where tenant_id = 102 and user_id = tests.user_id_of('bluecharge.operator');
update core.exports set link_expires_at = now() where tenant_id = 102 and id = 2001;
select tests.act_as_login('jobs');
select is_empty(
    $$select from jobs.redeem_export_link('bluecharge.operator')$$, 'one that is over to nothing'
);

-- Failures.
select tests.act_as_owner();
update core.exports set next_attempt_at = now() where tenant_id = 102 and id = 2002;
select tests.act_as_login('jobs');
select is(
    (select export_id from jobs.take_export('one')), 2002::bigint, 'the next one is taken'
);
select is(
    jobs.fail_export(102, 2002, 1, 'no space left'), 'waiting', 'one that fails is tried again'
);
select is(
    jobs.fail_export(102, 2002, 1, 'no space left'), null, 'and fails once an attempt'
);
select is_empty($$select from jobs.take_export('one')$$, 'after a minute');
select tests.act_as_owner();
update core.exports set next_attempt_at = now(), attempts = 2 where tenant_id = 102 and id = 2002;
select tests.act_as_login('jobs');
select is((select attempt from jobs.take_export('one')), 3, 'for the last time');
select is(jobs.fail_export(102, 2002, 3, 'no space left'), 'failed', 'then it has failed');
select tests.act_as('bluecharge.operator');
select set_eq(
    $$select state, problem, finished_at is not null from api.exports where id = 2002$$,
    $$values ('failed', 'no space left', true)$$,
    'and says why'
);

-- The lists of transactions.
select tests.act_as_owner();
update core.transactions set rating_version = null where tenant_id in (101, 102) and state = 'held';
insert into core.exports (tenant_id, id, list, from_at, to_at, state)
overriding system value
select
    t.id, v.id, v.list, date_trunc('day', now() - interval '2 days'), now() + interval '1 day',
    'running'
from core.tenants as t
cross join (values (3001, 'transactions'), (3002, 'transaction_lines')) as v (id, list)
where t.id in (101, 102);
select tests.act_as_login('jobs');
select results_eq(
    'select tenant_id, id, state from jobs.export_transactions(101, 3001)',
    $$values (101::bigint, 1001::bigint, 'priced'), (101, 1002, 'held')$$,
    'transactions are those of the tenant, those without a price last'
);
select set_eq(
    'select tenant_id, id from jobs.export_transactions(102, 3001)',
    $$values (102::bigint, 2001::bigint), (102, 2002)$$,
    'and of another tenant its own'
);
select set_eq(
    'select distinct tenant_id, transaction_id from jobs.export_transaction_lines(101, 3002)',
    $$values (101::bigint, 1001::bigint)$$,
    'lines are those of what is priced'
);
select is_empty(
    $$select from jobs.export_transactions(101, 3002)
      union all select from jobs.export_transaction_lines(101, 3001)$$,
    'each list has its own exports'
);
select tests.act_as_owner();
update core.exports set to_at = now() - interval '1 day' where id in (3001, 3002);
select tests.act_as_login('jobs');
select is_empty(
    'select from jobs.export_transactions(101, 3001)', 'none ended within another range'
);
select is_empty(
    'select from jobs.export_transaction_lines(101, 3002)', 'nor has lines there'
);

-- A runner that dies each time, and somebody who may no longer export.
select tests.act_as_owner();
update core.exports
set state = 'running', attempts = 3, problem = null, finished_at = null, next_attempt_at = now()
where tenant_id = 102 and id = 2002;
select tests.act_as_login('jobs');
select is_empty($$select from jobs.take_export('one')$$, 'one that ends its runner is given up');
select tests.act_as_owner();
select is(
    (select problem from core.exports where tenant_id = 102 and id = 2002),
    'its runner ended while it was written', 'for that reason'
);
update core.exports
set state = 'waiting', attempts = 0, finished_at = null, problem = null, next_attempt_at = now()
where tenant_id = 102 and id = 2002;
update core.memberships set is_active = false
where tenant_id = 102 and user_id = tests.user_id_of('bluecharge.operator');
select tests.act_as_login('jobs');
select is_empty(
    $$select from jobs.take_export('one')$$, 'nothing is written for whoever has left'
);
select tests.act_as_owner();
select is(
    (select problem from core.exports where tenant_id = 102 and id = 2002),
    'whoever asked for it may no longer export', 'and that is said'
);

select * from finish();
rollback;
