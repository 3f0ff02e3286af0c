-- A charge point is online while its socket is open and it gives signs of life.
begin;
select plan(9);
select tests.act_as_owner();
select is(fleet.is_online(v.is_connected, now() - v.age, 300), v.is_online, v.description)
from (
    values
        (true, interval '0', true, 'an open socket and a sign of life'),
        (true, interval '599 seconds', true, 'one within two heartbeats'),
        (true, interval '600 seconds', false, 'none for two heartbeats'),
        (false, interval '0', false, 'a closed socket, however recent the sign of life'),
        (true, null, false, 'no sign of life ever'),
        (null, interval '0', false, 'nothing known')
) as v (is_connected, age, is_online, description);
select is(
    fleet.is_online(true, now() - interval '30 seconds', 10), false,
    'a charger with a short interval is missed sooner'
);
select is(fleet.is_online(true, now(), null), false, 'an unknown interval is no sign of life');

select tests.act_as('greenway.operator');
select results_eq(
    $$ select c.identity, c.is_online from api.charge_points as c order by 1 $$,
    $$ values ('GW-CP-1', true), ('GW-CP-2', false) $$,
    'operators see it on charge points'
);
select * from finish();
rollback;
