-- The past of configuration, reservations and charging profiles goes when it is old enough.
begin;
select plan(6);
select tests.act_as_owner();
delete from core.configuration_changes;
delete from core.reservations;
delete from core.charging_profile_installations;
update ops.settings set value = '10' where name = 'jobs.device_history_days';

create temporary view ages as
select v.no, now() - v.age as at
from (values (1, interval '11 days'), (2, interval '9 days')) as v (no, age);
insert into core.configuration_changes (tenant_id, charge_point_id, key, new_value, changed_at)
select 101, 1001, 'Key', a.no::text, a.at from pg_temp.ages as a;
insert into core.reservations (
    tenant_id, charge_point_id, reservation_no, ocpp16_connector_id, id_token, state, expires_at
)
select 101, 1001, a.no, 1, 'X', 'used', a.at from pg_temp.ages as a;
insert into core.reservations (
    tenant_id, charge_point_id, reservation_no, ocpp16_connector_id, id_token, state, expires_at
)
select 101, 1001, 3, 1, 'X', 'reserved', a.at from pg_temp.ages as a where a.no = 1;
insert into core.charging_profile_installations (
    tenant_id, charge_point_id, ocpp16_connector_id, profile_no, purpose, stack_level, profile,
    state, ended_at
)
select 101, 1001, 0, a.no, 'TxDefaultProfile', 0, '{}', 'cleared', a.at from pg_temp.ages as a;
insert into core.charging_profile_installations (
    tenant_id, charge_point_id, ocpp16_connector_id, profile_no, purpose, stack_level, profile,
    state, created_at
)
values (
    101, 1001, 0, 3, 'TxDefaultProfile', 0, '{}', 'installed', now() - interval '3 years'
);

select tests.act_as_login('jobs');
select matches(
    jobs.expire_records(),
    '1 of core.configuration_changes, 1 of core.reservations, '
    '1 of core.charging_profile_installations',
    'one of each is past its time'
);
select is(jobs.expire_records(), '', 'and goes once');
select tests.act_as_owner();
select is(
    (select array_agg(c.new_value) from core.configuration_changes as c), '{2}',
    'a young change stays'
);
select is(
    (select array_agg(r.reservation_no order by 1) from core.reservations as r), '{2,3}',
    'a young reservation, and one that is open'
);
select is(
    (select array_agg(i.profile_no order by 1) from core.charging_profile_installations as i),
    '{2,3}', 'a young installation, and one that stands'
);

-- One that was charged for is part of its bill.
select tests.act_as_owner();
insert into core.transactions (tenant_id, reservation_id, state, hold_reasons, held_at)
select r.tenant_id, r.id, 'held', '{tariff_missing}', now()
from core.reservations as r
where r.reservation_no = 2;
update core.reservations set expires_at = now() - interval '11 days' where reservation_no = 2;
select tests.act_as_login('jobs');
select is(jobs.expire_records(), '', 'a reservation with a transaction stays, however old');

select * from finish();
rollback;
