-- What is past its time goes, in steps; what is not, stays.
begin;
select plan(18);
select tests.act_as_owner();
delete from core.login_sessions;
delete from core.one_time_tokens;
delete from core.revoked_tokens;
delete from ops.login_attempts;
delete from ops.commands;
delete from ops.connections;
delete from ops.job_runs;
delete from ops.failed_messages;
delete from ops.outbox;
delete from core.unknown_charge_points;
delete from core.unknown_id_tokens;

-- One old and one young row of each.
create temporary view ages as
select v.name, now() - v.age as at
from (values ('old', interval '3 years'), ('young', interval '1 hour')) as v (name, age);
insert into core.login_sessions (id, tenant_id, user_id, expires_at)
select gen_random_uuid(), 101, tests.user_id_of('greenway.operator'), a.at from pg_temp.ages as a;
insert into core.refresh_tokens (token_hash, login_session_id, expires_at)
select sha256(a.name::bytea), s.id, a.at
from pg_temp.ages as a
inner join core.login_sessions as s on s.expires_at = now() - interval '1 hour';
insert into core.one_time_tokens (token_hash, user_id, purpose, expires_at)
select sha256(a.name::bytea), tests.user_id_of('greenway.operator'), 'password_reset', a.at
from pg_temp.ages as a;
insert into core.revoked_tokens (jti, expires_at)
select gen_random_uuid(), a.at from pg_temp.ages as a;
insert into ops.login_attempts (subject_hash, failures, last_failed_at)
select sha256(a.name::bytea), 1, a.at from pg_temp.ages as a;
insert into ops.login_attempts (subject_hash, failures, last_failed_at, locked_until)
values (sha256('locked'), 9, now() - interval '3 years', now() + interval '1 hour');
insert into ops.bridges (id, host, last_seen_at)
values ('00000000-0000-4000-b000-00000000000a', 'gone', now() - interval '3 years');
insert into ops.connections (tenant_id, charge_point_id, bridge_id, outcome, opened_at, closed_at)
select 101, 1001, '00000000-0000-4000-b000-000000000001', 'accepted', a.at, a.at
from pg_temp.ages as a;
insert into ops.connections (tenant_id, charge_point_id, bridge_id, outcome, opened_at)
values (
    101, 1002, '00000000-0000-4000-b000-000000000001', 'accepted', now() - interval '3 years'
);
insert into ops.commands (
    tenant_id, charge_point_id, ocpp_version, action, payload, state, is_kept, expires_at,
    requested_via, finished_at
)
select 101, 1001, '1.6', 'Reset', '{}', 'expired', false, a.at, 'api', a.at
from pg_temp.ages as a;
insert into ops.job_runs (job, runner, started_at, finished_at, outcome)
select 'test', 'here', a.at, a.at, 'done' from pg_temp.ages as a;
insert into ops.failed_messages (
    tenant_id, charge_point_id, connection_id, message_id, action, payload, sqlstate, error,
    received_at
)
select 101, 1001, 1, a.name, 'Test', '{}', '22012', 'x', a.at from pg_temp.ages as a;
insert into ops.outbox (kind, idempotency_key, payload, state, delivered_at)
select 'test', a.name, '{}', 'delivered', a.at from pg_temp.ages as a;
insert into ops.outbox (kind, idempotency_key, payload, created_at)
values ('test', 'not delivered', '{}', now() - interval '3 years');
insert into core.unknown_charge_points (identity, identity_key, state, last_seen_at)
select s.state || a.name, s.state || a.name, s.state, a.at
from pg_temp.ages as a cross join (values ('waiting'), ('ignored')) as s (state);
insert into core.unknown_id_tokens (tenant_id, id_token, id_token_key, state, last_seen_at)
select 101, s.state || a.name, s.state || a.name, s.state, a.at
from pg_temp.ages as a cross join (values ('waiting'), ('ignored')) as s (state);

select tests.act_as_login('jobs');
select is(
    jobs.expire_records(),
    'deleted 1 of core.refresh_tokens, 1 of core.login_sessions, 1 of core.one_time_tokens, '
    '1 of core.revoked_tokens, 1 of ops.login_attempts, 1 of ops.connections, 1 of ops.bridges, '
    '1 of ops.commands, 1 of ops.job_runs, 1 of ops.failed_messages, 1 of ops.outbox, '
    '1 of core.unknown_charge_points, 1 of core.unknown_id_tokens',
    'one of each is past its time'
);
select is(jobs.expire_records(), '', 'a second run finds nothing');
select tests.act_as_owner();
select is((select count(*) from core.refresh_tokens), 1::bigint, 'a token that is valid stays');
select is((select count(*) from core.login_sessions), 1::bigint, 'a sign-in, too');
select is((select count(*) from core.one_time_tokens), 1::bigint, 'a token sent by e-mail');
select is((select count(*) from core.revoked_tokens), 1::bigint, 'a revocation');
select is((select count(*) from ops.login_attempts), 2::bigint, 'a lock that lasts');
select results_eq(
    $$ select c.charge_point_id from ops.connections as c order by 1 $$,
    array[1001, 1002]::bigint[], 'a connection that is open, however old'
);
select is((select count(*) from ops.commands), 1::bigint, 'a command of last hour');
select is_empty(
    $$ select from ops.bridges as b where b.host = 'gone' $$, 'a bridge without connections goes'
);
select is((select count(*) from ops.job_runs), 1::bigint, 'a run of last hour stays');
select is((select count(*) from ops.failed_messages), 1::bigint, 'a message that failed');
select results_eq(
    $$ select o.idempotency_key from ops.outbox as o order by 1 $$, array['not delivered', 'young'],
    'an effect that was not delivered, however old'
);
select results_eq(
    $$ select u.identity from core.unknown_charge_points as u order by 1 $$,
    array['ignoredold', 'ignoredyoung', 'waitingyoung'],
    'chargers that somebody decided to ignore stay ignored'
);
select results_eq(
    $$ select u.id_token from core.unknown_id_tokens as u order by 1 $$,
    array['ignoredold', 'ignoredyoung', 'waitingyoung'], 'and so do tokens'
);
insert into core.users (email, is_provisional, created_at)
select a.name || '@signed-up.example', true, a.at from pg_temp.ages as a;
select tests.act_as_login('jobs');
select is(
    jobs.expire_records(), 'deleted 1 of sign-ups and e-mails', 'a sign-up nobody verified goes'
);
select tests.act_as_owner();
insert into ops.job_runs (job, runner, started_at, finished_at, outcome)
select 'test', 'here', now() - interval '3 years', now(), 'done' from generate_series(1, 12000);
update ops.settings set value = '0' where name = 'jobs.expire_budget_ms';
select tests.act_as_login('jobs');
select is(
    jobs.expire_records(), 'deleted 5000 of ops.job_runs; more is left',
    'a run whose time is over stops after a step, and says so'
);
select tests.act_as_owner();
update ops.settings set value = '60000' where name = 'jobs.expire_budget_ms';
select tests.act_as_login('jobs');
select is(
    jobs.expire_records(), 'deleted 7000 of ops.job_runs', 'one with time goes on to the end'
);
select * from finish();
rollback;
