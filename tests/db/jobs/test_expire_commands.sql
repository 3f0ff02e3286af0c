-- Commands that nobody waits for any more: past their time, of chargers that are away, unanswered.
begin;
select plan(14);
select tests.act_as_owner();
delete from ops.commands;
insert into ops.command_actions (ocpp_version, action, permission, is_kept, expires_in)
values ('1.6', 'TestPing', 'commands.write', true, '5 minutes');
create table core.test_hooks (
    id bigint generated always as identity, word text, state text, password text
);
create function ocpp16.finished_test_ping(
    p_command ops.commands, p_payload jsonb, p_result jsonb
)
returns void language plpgsql as $$
begin
    insert into core.test_hooks (word, state, password)
    values (p_payload ->> 'word', p_command.state, p_payload ->> 'password');
    if p_payload ->> 'word' = 'past' then
        perform 1 / 0;
    end if;
end;
$$;
create function pg_temp.command(
    p_word text, p_charge_point_id bigint, p_state text, p_is_kept boolean, p_expires_in interval,
    p_due_in interval default null
)
returns bigint language sql as $$
    insert into ops.commands (
        tenant_id, charge_point_id, ocpp_version, action, payload, state, is_kept, expires_at,
        requested_via, sent_at, answer_due_at, connection_id
    )
    values (
        101, p_charge_point_id, '1.6', 'TestPing', jsonb_build_object('word', p_word), p_state,
        p_is_kept, now() + p_expires_in, 'api',
        case p_state when 'sent' then now() end, now() + p_due_in,
        case p_state when 'sent' then 1001 end
    )
    returning id;
$$;
create temporary view states as
select q.payload ->> 'word' as word, q.state, q.error_code, q.finished_at is not null as is_over
from ops.commands as q
order by q.id;
insert into ops.connections (tenant_id, charge_point_id, bridge_id, outcome, opened_at, closed_at)
values (
    101, 1002, '00000000-0000-4000-b000-000000000001', 'accepted', now() - interval '1 hour',
    clock_timestamp()
);

select pg_temp.command('past', 1001, 'queued', true, '-1 second'),
    pg_temp.command('waits', 1001, 'queued', true, '5 minutes'),
    pg_temp.command('fleeting', 1001, 'queued', false, '5 minutes'),
    pg_temp.command('away', 1002, 'queued', true, '5 minutes'),
    pg_temp.command('back soon', 1002, 'queued', false, '5 minutes'),
    pg_temp.command('in flight', 1001, 'sent', true, '-1 second', '-10 seconds');
insert into ops.command_secrets (tenant_id, command_id, payload)
select q.tenant_id, q.id, q.payload || '{"password": "hunter2"}'
from ops.commands as q
where q.payload ->> 'word' in ('past', 'waits', 'in flight');

select tests.act_as_login('jobs');
select is(jobs.expire_commands(), '1 expired', 'one is past its time');
select tests.act_as_owner();
select results_eq(
    'select * from pg_temp.states',
    $$ values
        ('past', 'expired', 'Expired', true), ('waits', 'queued', null, false),
        ('fleeting', 'queued', null, false), ('away', 'queued', null, false),
        ('back soon', 'queued', null, false), ('in flight', 'sent', null, false) $$,
    'the others wait: a charger that was there a moment ago may come back, an answer may be late'
);
select results_eq(
    $$ select f.sqlstate, f.connection_id from ops.failed_messages as f
       where f.action = 'TestPing' $$,
    $$ values ('22012', 0::bigint) $$,
    'that its action failed is put by, and harms nobody'
);
select results_eq(
    $$ select s.payload ->> 'word' from ops.command_secrets as s order by 1 $$,
    array['in flight', 'waits'], 'its secret is given up'
);
select is(jobs.expire_commands(), '', 'a second run finds nothing');

update ops.connections as c set closed_at = now() - interval '31 seconds'
where c.charge_point_id = 1002 and c.closed_at > now() - interval '1 minute';
select is(
    jobs.expire_commands(), '1 of chargers that are away', 'a charger has been away for long'
);
select results_eq(
    $$ select s.word, s.error_code from pg_temp.states as s where s.state = 'expired' $$,
    $$ values ('past', 'Expired'), ('back soon', 'Offline') $$,
    'what was not to be kept is over'
);

update ops.commands as q set answer_due_at = now() - interval '31 seconds' where q.state = 'sent';
select is(jobs.expire_commands(), '1 unknown', 'a bridge never said what became of a command');
select results_eq(
    $$ select s.word, s.state, s.error_code from pg_temp.states as s where s.word = 'in flight' $$,
    $$ values ('in flight', 'unknown', 'Timeout') $$, 'nobody knows'
);
select results_eq(
    'select h.word, h.state, h.password from core.test_hooks as h order by h.id',
    $$ values ('back soon', 'expired', null), ('in flight', 'unknown', 'hunter2') $$,
    'actions hear of what became of theirs'
);
select results_eq(
    $$ select s.payload ->> 'word' from ops.command_secrets as s order by 1 $$,
    array['in flight', 'waits'], 'its answer may still come'
);
update ops.commands as q set finished_at = now() - interval '61 minutes'
where q.state = 'unknown';
select is(jobs.expire_commands(), '', 'after an hour');
select results_eq(
    $$ select s.payload ->> 'word' from ops.command_secrets as s order by 1 $$,
    array['waits'], 'its secret goes as well'
);

select count(pg_temp.command('many', 1001, 'queued', true, '-1 second'))
from generate_series(1, 501);
select is(
    jobs.expire_commands(), '500 expired; more is left',
    'many are worked off over several runs'
);
select * from finish();
rollback;
