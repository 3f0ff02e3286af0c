-- Flapping: who comes and goes too often is told of, and served (quirk 27).
begin;
select plan(6);
select tests.act_as_owner();
delete from core.alarms;
update ops.settings set value = '3' where name = 'fleet.flapping_count';

select fleet.note_flapping(101, 1002, n) from generate_series(1, 2) as n;
select is_empty('select from core.alarms', 'two boots are nothing');
select fleet.note_flapping(101, 1002, n) from generate_series(3, 4) as n;
select results_eq(
    $$ select a.kind, a.severity, a.occurrences, a.details ->> 'what' from core.alarms as a $$,
    $$ values ('flapping', 'warning', 2::bigint, 'boots') $$,
    'from the third on they count on one alarm'
);

delete from core.alarms;
select tests.call('BootNotification', '{}', 1002) from generate_series(1, 2);
select is_empty('select from core.alarms', 'a charger may boot twice');
select tests.call('BootNotification', '{}', 1002);
select is(
    (select a.charge_point_id from core.alarms as a), 1002::bigint, 'the third time is told of'
);
update ops.presence as p set boots_counted_since = now() - interval '6 minutes'
where p.charge_point_id = 1002;
delete from core.alarms;
select tests.call('BootNotification', '{}', 1002) from generate_series(1, 2);
select is_empty('select from core.alarms', 'later the count begins anew');

insert into ops.connections (
    tenant_id, charge_point_id, bridge_id, outcome, opened_at, closed_at
)
select
    101, 1002, '00000000-0000-4000-b000-000000000001', 'accepted',
    now() - n * '1 minute'::interval, now()
from unnest('{0,1,2,9}'::integer[]) as n;
select fleet.note_flapping(101, 1002, null);
select is(
    (select a.details ->> 'what' from core.alarms as a), 'connections',
    'so are three connections within the window'
);

select * from finish();
rollback;
