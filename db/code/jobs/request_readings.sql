-- Ask charge points for the readings of running sessions that are overdue.
--
-- Overdue is after two and a half times the interval at which they are to be expected
-- (charging.get_meter_interval), never before meter_sync.least_s. A charge point has one such
-- request at a time, none while another command waits for it or is in flight, and is asked only
-- when it is there. One that sends nothing all the same is asked later each time: twice the time
-- of before, meter_sync.max_pause_s at most. A reading begins that anew.
-- OCPP 1.6 §5.17: what comes is a MeterValues with context Trigger, filed like any other.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    ops.meter_requests, and as fleet.queue_command; 40 charge points a run at most.
-- Returns:   what was done, empty for nothing.
create or replace function jobs.request_readings()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_least constant interval := make_interval(
        secs => access.get_setting('meter_sync.least_s')::double precision
    );
    v_max_pause constant interval := make_interval(
        secs => access.get_setting('meter_sync.max_pause_s')::double precision
    );
    v_due record;
    v_command ops.commands;
    v_count integer := 0;
begin
    -- Two runs at once would ask twice.
    if not pg_try_advisory_xact_lock(hashtextextended('jobs.request_readings', 0)) then
        return '';
    end if;
    -- A loop: each is a command of its own, with its checks.
    for v_due in
        -- The oldest of a charge point; the others follow when it has answered.
        select distinct on (s.tenant_id, s.charge_point_id)
            s.tenant_id, s.id as session_id, s.last_reading_at, cp as charge_point,
            c.ocpp16_connector_id
        from core.sessions as s
        inner join core.charge_points as cp
            on cp.tenant_id = s.tenant_id and cp.id = s.charge_point_id
        inner join ops.presence as p
            on p.tenant_id = s.tenant_id and p.charge_point_id = s.charge_point_id
        left join core.connectors as c on c.tenant_id = s.tenant_id and c.id = s.connector_id
        left join ops.meter_requests as r
            on
                r.tenant_id = s.tenant_id
                and r.session_id = s.id
                -- What was asked before the newest reading was answered.
                and r.reading_at is not distinct from s.last_reading_at
        where
            s.state = 'active'
            and cp.is_enabled
            and coalesce(cp.ocpp_version, '1.6') = '1.6'
            and fleet.is_online(p.is_connected, p.last_seen_at, p.heartbeat_interval_s)
            and greatest(s.last_reading_at, s.start_received_at, s.started_at) < now() - v_least
            and (
                r.asked_at is null
                or r.asked_at < now() - least(v_max_pause, v_least * power(2, least(r.asks, 20)))
            )
            and not exists (
                select
                from ops.commands as q
                where
                    q.tenant_id = s.tenant_id
                    and q.charge_point_id = s.charge_point_id
                    and q.state in ('queued', 'sent')
            )
            and greatest(s.last_reading_at, s.start_received_at, s.started_at) < now() - (
                select make_interval(secs => 2.5 * i.interval_s)
                from charging.get_meter_interval(s.tenant_id, s.charge_point_id, s.id) as i
            )
        order by s.tenant_id, s.charge_point_id, r.asked_at nulls first, s.id
        limit 40
    loop
        v_command := fleet.queue_command(
            v_due.charge_point,
            'TriggerMessage',
            jsonb_strip_nulls(jsonb_build_object(
                'requestedMessage', 'MeterValues', 'connectorId', v_due.ocpp16_connector_id
            )),
            p_keep => false,
            p_requested_via => 'system',
            p_raise_offline => false
        );
        insert into ops.meter_requests as r (tenant_id, session_id, reading_at, command_id)
        values (v_due.tenant_id, v_due.session_id, v_due.last_reading_at, v_command.id)
        on conflict (tenant_id, session_id) do update
        set asked_at = now(),
            asks = case
                when r.reading_at is not distinct from excluded.reading_at then r.asks + 1
                else 1
            end,
            reading_at = excluded.reading_at,
            command_id = excluded.command_id;
        v_count := v_count + 1;
    end loop;
    if v_count = 0 then
        return '';
    end if;
    return format('asked for readings of %s sessions', v_count);
end;
$$;
revoke all on function jobs.request_readings() from public;
grant execute on function jobs.request_readings() to jobs;
comment on function jobs.request_readings() is
    'Ask charge points for readings that are overdue; returns what was done.';
