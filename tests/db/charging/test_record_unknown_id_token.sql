-- The inbox of unknown tokens: one row per token, counted, bounded, closed by registering.
begin;
select plan(7);
select tests.act_as_owner();
delete from core.unknown_id_tokens where tenant_id = 101;

select charging.record_unknown_id_token(101, 1001, 'New1');
select charging.record_unknown_id_token(101, 1002, 'NEW1');
select results_eq(
    $$ select u.id_token, u.state, u.attempts, u.last_charge_point_id
       from core.unknown_id_tokens as u where u.tenant_id = 101 $$,
    $$ values ('New1', 'waiting', 2::bigint, 1002::bigint) $$,
    'a token shown twice is one row, whatever its case'
);

update core.unknown_id_tokens set state = 'ignored', decided_at = now() where tenant_id = 101;
select charging.record_unknown_id_token(101, 1001, 'NEW1');
select results_eq(
    $$ select u.state, u.attempts, u.decided_at is not null
       from core.unknown_id_tokens as u where u.tenant_id = 101 $$,
    $$ values ('ignored', 3::bigint, true) $$,
    'an ignored token keeps counting and stays ignored'
);

insert into core.id_tokens (tenant_id, id_token) values (101, 'new1');
select results_eq(
    $$ select u.state from core.unknown_id_tokens as u where u.tenant_id = 101 $$,
    $$ values ('admitted') $$, 'registering a token takes it out of the inbox'
);
delete from core.id_tokens where tenant_id = 101 and id_token = 'new1';
select charging.record_unknown_id_token(101, 1001, 'NEW1');
select results_eq(
    $$ select u.state, u.decided_at from core.unknown_id_tokens as u where u.tenant_id = 101 $$,
    $$ values ('waiting', null::timestamptz) $$, 'one that was deleted since waits anew'
);

update ops.settings set value = '3' where name = 'charging.max_unknown_id_tokens';
update core.unknown_id_tokens set state = 'ignored' where tenant_id = 101;
select charging.record_unknown_id_token(101, 1001, 'FLOOD' || n)
from generate_series(1, 10) as n;
select set_eq(
    $$ select u.id_token from core.unknown_id_tokens as u where u.tenant_id = 101 $$,
    array['New1', 'FLOOD8', 'FLOOD9', 'FLOOD10'],
    'a flood pushes out those seen longest ago, and never the ignored'
);
select results_eq(
    $$ select u.id_token from core.unknown_id_tokens as u where u.tenant_id = 102 $$,
    array['BCNEW1'], 'the other tenant''s inbox is its own'
);
select results_eq(
    $$ select a.operation, a.new_values ->> 'state'
       from core.audit_log as a
       where a.table_name = 'core.unknown_id_tokens' and a.tenant_id = 101
       order by a.id $$,
    $$ values
           ('update', 'ignored'), ('update', 'admitted'), ('update', 'waiting'),
           ('update', 'ignored') $$,
    'the audit has the decisions, not the attempts'
);

select * from finish();
rollback;
