-- Sum up new readings by the hour.
--
-- Finds what was received since the last run (an index by the time of receipt, as readings are
-- appended in that order), and makes the hours that those readings lie in anew, whenever they were
-- sampled. The last reports.late_commit_s are read again each time, for a reading is received
-- before it is stored. Works through a backlog an hour at a time until reports.refresh_budget_ms
-- are used, since other jobs wait for this one.
-- Readers see the old hours until they see the new ones. Runs keep apart by the row of progress:
-- one that finds it held leaves the work to the other.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    core.meter_hours, ops.meter_hours_progress.
-- Returns:   what was done, empty for nothing; ends in 'more is left' when it is.
create or replace function jobs.refresh_meter_hours()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_stop_at constant timestamptz := clock_timestamp() + make_interval(
        secs => access.get_setting('reports.refresh_budget_ms')::double precision / 1000
    );
    v_late constant interval := make_interval(
        secs => access.get_setting('reports.late_commit_s')::double precision
    );
    v_from timestamptz;
    v_until timestamptz;
    v_hour_count bigint := 0;
begin
    select coalesce(p.read_until, t.lower_at, now()) into v_until
    from ops.meter_hours_progress as p
    left join ops.partitioned_tables as t on t.table_name = 'core.meter_values'
    for no key update of p skip locked;
    if not found then
        return '';
    end if;
    v_from := v_until - v_late;
    loop
        -- Whole hours, as most readings are received in the hour that they were sampled in.
        v_until := least(date_trunc('hour', v_until, 'UTC') + interval '1 hour', now());
        v_hour_count := v_hour_count + jobs.make_meter_hours(v_from, v_until);
        exit when v_until >= now() or clock_timestamp() >= v_stop_at;
        v_from := v_until;
    end loop;
    update ops.meter_hours_progress as p set read_until = v_until where p.is_only_row;
    return case
        when v_until < now() then format('made %s hours, more is left', v_hour_count)
        when v_hour_count > 0 then format('made %s hours', v_hour_count)
        else ''
    end;
end;
$$;
revoke all on function jobs.refresh_meter_hours() from public;
grant execute on function jobs.refresh_meter_hours() to jobs;
comment on function jobs.refresh_meter_hours() is
    'Sum up new readings by the hour; returns what was done.';

-- A falling register restarted: what it had counted until then stays counted. The newest run's
-- clock decides what is received; readings of the future wait until it has come.
create or replace function jobs.make_meter_hours(p_from timestamptz, p_until timestamptz)
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tenant_ids bigint[];
    v_charge_point_ids bigint[];
    v_evse_nos smallint[];
    v_hours timestamptz[];
begin
    select
        array_agg(h.tenant_id), array_agg(h.charge_point_id), array_agg(h.evse_no),
        array_agg(h.hour_at)
    into v_tenant_ids, v_charge_point_ids, v_evse_nos, v_hours
    from (
        select distinct
            m.tenant_id,
            m.charge_point_id,
            m.evse_no,
            date_trunc('hour', m.sampled_at, 'UTC') as hour_at
        from core.meter_values as m
        where m.received_at >= p_from and m.received_at < p_until
    ) as h;
    if v_hours is null then
        return 0;
    end if;
    insert into core.meter_hours (
        tenant_id, charge_point_id, evse_no, hour_at, readings, first_energy_wh, last_energy_wh,
        risen_wh, average_power_w, max_power_w, average_current_a, max_current_a,
        average_voltage_v, last_soc_percent, max_temperature_celsius
    )
    select
        q.tenant_id, q.charge_point_id, q.evse_no, q.hour_at, h.readings, h.first_energy_wh,
        h.last_energy_wh, h.risen_wh, h.average_power_w, h.max_power_w, h.average_current_a,
        h.max_current_a, h.average_voltage_v, h.last_soc_percent, h.max_temperature_celsius
    from unnest(v_tenant_ids, v_charge_point_ids, v_evse_nos, v_hours)
        as q (tenant_id, charge_point_id, evse_no, hour_at)
    cross join lateral (
        select
            count(*) as readings,
            (array_agg(r.energy_wh order by r.sampled_at, r.payload_hash)
                filter (where r.energy_wh is not null))[1] as first_energy_wh,
            (array_agg(r.energy_wh order by r.sampled_at desc, r.payload_hash desc)
                filter (where r.energy_wh is not null))[1] as last_energy_wh,
            sum(greatest(r.energy_wh - r.energy_before_wh, 0)) as risen_wh,
            avg(r.power_w) as average_power_w,
            max(r.power_w) as max_power_w,
            avg(r.current_a) as average_current_a,
            max(r.current_a) as max_current_a,
            avg(r.voltage_v) as average_voltage_v,
            (array_agg(r.soc_percent order by r.sampled_at desc, r.payload_hash desc)
                filter (where r.soc_percent is not null))[1] as last_soc_percent,
            max(r.temperature_celsius) as max_temperature_celsius
        from (
            select
                m.*,
                -- Within those that have a register, in the order of their times.
                lag(m.energy_wh) over (
                    partition by m.energy_wh is null order by m.sampled_at, m.payload_hash
                ) as energy_before_wh
            from core.meter_values as m
            where
                m.tenant_id = q.tenant_id
                and m.charge_point_id = q.charge_point_id
                and m.evse_no = q.evse_no
                and m.sampled_at >= q.hour_at
                and m.sampled_at < q.hour_at + interval '1 hour'
        ) as r
    ) as h
    on conflict on constraint meter_hours_pkey do update
    set readings = excluded.readings,
        first_energy_wh = excluded.first_energy_wh,
        last_energy_wh = excluded.last_energy_wh,
        risen_wh = excluded.risen_wh,
        average_power_w = excluded.average_power_w,
        max_power_w = excluded.max_power_w,
        average_current_a = excluded.average_current_a,
        max_current_a = excluded.max_current_a,
        average_voltage_v = excluded.average_voltage_v,
        last_soc_percent = excluded.last_soc_percent,
        max_temperature_celsius = excluded.max_temperature_celsius
    -- Hours that are read again come to the same, mostly.
    where meter_hours is distinct from excluded;
    return cardinality(v_hours);
end;
$$;
revoke all on function jobs.make_meter_hours(timestamptz, timestamptz) from public;
comment on function jobs.make_meter_hours(timestamptz, timestamptz) is
    'Sum up the hours that readings lie in which were received in a range; how many they are.';
