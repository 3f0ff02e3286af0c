-- The onboarding inbox: one row per charger, counted and bounded.
begin;
select plan(10);
select tests.act_as_owner();
delete from core.unknown_charge_points;

select fleet.record_unknown_charge_point(
    101, 'New-1', '192.0.2.1', 'OCPP client', array['ocpp1.6', null, 'ocpp2.0.1'], true
);
select fleet.record_unknown_charge_point(101, 'NEW-1', null, null, null, null);
select fleet.record_unknown_charge_point(null, 'NEW-1', null, null, null, false);
select set_eq(
    $$ select u.tenant_id, u.identity, u.state, u.attempts, u.offered_subprotocols,
           u.has_sent_key
       from core.unknown_charge_points as u $$,
    $$ values
           (101::bigint, 'NEW-1', 'waiting', 2::bigint, '{}'::text[], false),
           (null, 'NEW-1', 'waiting', 1, '{}', false) $$,
    'a charger that tries twice is one row per inbox, with what it was like last'
);
delete from core.unknown_charge_points;
select fleet.record_unknown_charge_point(
    101, 'New-1', '192.0.2.1', 'OCPP client', array['ocpp1.6', null, 'ocpp2.0.1'], true
);
select results_eq(
    $$ select u.remote_address, u.user_agent, u.offered_subprotocols, u.has_sent_key
       from core.unknown_charge_points as u $$,
    $$ values ('192.0.2.1', 'OCPP client', array['ocpp1.6', 'ocpp2.0.1'], true) $$,
    'what an operator needs to recognise it is kept'
);
select fleet.record_unknown_charge_point(
    101, 'New-1', repeat('9', 5000), repeat('x', 5000),
    array_fill(repeat('ocpp', 100), array[100]), true
);
select results_eq(
    $$ select length(u.remote_address), length(u.user_agent), cardinality(u.offered_subprotocols),
           length(u.offered_subprotocols[1])
       from core.unknown_charge_points as u $$,
    $$ values (100, 200, 10, 50) $$, 'but not more than that'
);

select fleet.record_unknown_charge_point(101, bad.identity, null, null, null, false)
from (
    values (null), (''), ('has blank'), ('has:colon'), (repeat('x', 49)), ('Übel'), (E'a\tb')
) as bad (identity);
select is(
    (select count(*) from core.unknown_charge_points), 1::bigint,
    'what could never be an identity is not kept'
);

update core.unknown_charge_points set state = 'ignored', decided_at = now();
select fleet.record_unknown_charge_point(101, 'New-1', null, null, null, false);
select results_eq(
    $$ select u.state, u.attempts, u.decided_at is not null from core.unknown_charge_points as u $$,
    $$ values ('ignored', 3::bigint, true) $$,
    'an ignored charger keeps counting and stays ignored'
);
insert into core.charge_points (tenant_id, identity) values (101, 'new-1');
delete from core.charge_points where identity = 'new-1';
select fleet.record_unknown_charge_point(101, 'New-1', null, null, null, false);
select results_eq(
    $$ select u.state, u.attempts, u.decided_at from core.unknown_charge_points as u $$,
    $$ values ('waiting', 4::bigint, null::timestamptz) $$,
    'one that was admitted and deleted since waits anew'
);

update ops.settings set value = '5' where name = 'fleet.max_unknown_charge_points';
update core.unknown_charge_points set state = 'ignored';
insert into core.unknown_charge_points (tenant_id, identity, identity_key)
values (102, 'BC-NEW', 'bc-new');
select fleet.record_unknown_charge_point(101, 'FLOOD-' || n, null, null, null, false)
from generate_series(1, 20) as n;
select set_eq(
    $$ select u.identity from core.unknown_charge_points as u where u.tenant_id = 101 $$,
    array['New-1', 'FLOOD-16', 'FLOOD-17', 'FLOOD-18', 'FLOOD-19', 'FLOOD-20'],
    'a flood pushes out those seen longest ago, and never the ignored'
);
select is(
    (select count(*) from core.unknown_charge_points as u where u.tenant_id = 102), 1::bigint,
    'the other tenant''s inbox is its own'
);
select fleet.record_unknown_charge_point(null, 'STRAY-' || n, null, null, null, false)
from generate_series(1, 20) as n;
select is(
    (select count(*) from core.unknown_charge_points as u where u.tenant_id is null), 5::bigint,
    'and so is that of chargers without a tenant, as bounded'
);

select tests.act_as('greenway.admin');
select throws_ok(
    $$ select fleet.record_unknown_charge_point(101, 'X', null, null, null, false) $$, '42501',
    null, 'nobody calls it through the API'
);

select * from finish();
rollback;
