-- Readings by the hour: registers that rise, restart and come late, for both tenants.
begin;
select plan(12);

select tests.act_as_owner();
create function pg_temp.read(p_tenant_id bigint, p_minute integer, p_wh numeric, p_w real)
returns void language sql as $$
    insert into core.meter_values (
        tenant_id, charge_point_id, evse_no, sampled_at, received_at, energy_wh, power_w,
        payload_hash
    )
    values (
        p_tenant_id, case p_tenant_id when 101 then 1002 else 2002 end, 1,
        date_trunc('hour', now() - interval '5 hours', 'UTC') + make_interval(mins => p_minute),
        now(), p_wh, p_w, p_minute
    );
$$;
create function pg_temp.hours(p_tenant_id bigint)
returns table (hour integer, readings integer, first_wh numeric, last_wh numeric, risen numeric)
language sql as $$
    select
        (
            extract(epoch from h.hour_at - date_trunc('hour', now() - interval '5 hours', 'UTC'))
            / 3600
        )::integer,
        h.readings, h.first_energy_wh, h.last_energy_wh, h.risen_wh
    from core.meter_hours as h
    where h.tenant_id = p_tenant_id and h.charge_point_id in (1002, 2002)
        and h.hour_at < date_trunc('hour', now() - interval '2 hours', 'UTC')
    order by 1;
$$;
select pg_temp.read(t.id, v.minute, v.wh * (t.id - 100), v.w)
from (values (101::bigint), (102)) as t (id)
cross join (
    values
        (5, 1000, 100::real), (55, 1400, 300), (65, 1500, null), (70, null, 50),
        -- The register restarts.
        (80, 20, 0), (110, 70, 0)
) as v (minute, wh, w);
update ops.meter_hours_progress set read_until = now() - interval '10 minutes';

select is(jobs.refresh_meter_hours(), '', 'what is received this moment waits for the next run');
update core.meter_values set received_at = received_at - interval '1 second'
where charge_point_id in (1002, 2002);
select tests.act_as_login('jobs');
select matches(jobs.refresh_meter_hours(), '^made [0-9]+ hours$', 'the job says what it did');
select tests.act_as_owner();
select results_eq(
    'select * from pg_temp.hours(101)',
    $$ values (0, 2, 1000::numeric, 1400::numeric, 400::numeric), (1, 4, 1500, 70, 50) $$,
    'an hour sums up its readings; a fall counts nothing'
);
select results_eq(
    'select * from pg_temp.hours(102)',
    $$ values (0, 2, 2000::numeric, 2800::numeric, 800::numeric), (1, 4, 3000, 140, 100) $$,
    'and so does the other tenant''s'
);

-- Sampled before, received now.
select pg_temp.read(101, 57, 1450, null);
update core.meter_values set received_at = received_at - interval '1 second'
where tenant_id = 101 and payload_hash = 57;
select jobs.refresh_meter_hours();
select results_eq(
    'select * from pg_temp.hours(101)',
    $$ values (0, 3, 1000::numeric, 1450::numeric, 450::numeric), (1, 4, 1500, 70, 50) $$,
    'a reading that comes late finds its hour'
);

select tests.act_as_login('greenway_analyst');
select results_eq(
    $$ select h.charge_point_id, h.evse_id, h.readings, h.energy_wh, h.average_power_w,
           h.max_power_w
       from report.meter_values_hourly as h
       where h.charge_point_id = 1002 and h.first_energy_wh in (1000, 1500)
       order by h.hour_at $$,
    $$ values
        (1002::bigint, 1002::bigint, 3, 450::numeric, 200::real, 300::real),
        (1002, 1002, 4, 100, (50 / 3.0)::real, 50) $$,
    'the rise between two hours belongs to the later one, and is not lost'
);
select is_empty(
    'select from report.meter_values_hourly as h where h.charge_point_id = 2002',
    'another tenant''s hours are none of theirs'
);
select tests.act_as_login('bluecharge_analyst');
select isnt_empty(
    'select from report.meter_values_hourly as h where h.charge_point_id = 2002',
    'but its own analyst''s'
);
select throws_ok('select from core.meter_hours', '42501', null, 'the table is nobody''s');

-- A backlog is worked off in steps.
select tests.act_as_owner();
update ops.meter_hours_progress set read_until = now() - interval '60 days';
update ops.settings set value = '0' where name = 'reports.refresh_budget_ms';
select tests.act_as_login('jobs');
select matches(
    jobs.refresh_meter_hours(), 'more is left$', 'a long backlog does not make a long run'
);
select tests.act_as_owner();
select cmp_ok(
    (select p.read_until from ops.meter_hours_progress as p), '<=',
    now() - interval '60 days' + interval '1 hour', 'an hour is a step'
);
update ops.settings set value = '60000' where name = 'reports.refresh_budget_ms';
delete from core.meter_hours where charge_point_id = 1002;
select jobs.refresh_meter_hours();
select results_eq(
    'select * from pg_temp.hours(101)',
    $$ values (0, 3, 1000::numeric, 1450::numeric, 450::numeric), (1, 4, 1500, 70, 50) $$,
    'and many steps lose nothing'
);
select * from finish();
rollback;
