-- Tell charge points that have a display for it what a session costs: OCPP 1.6 DataTransfer.
--
-- Charge points that report CustomDisplayCostAndPrice = true. One message at a time a charge
-- point, and none while another command waits for it; the running cost changes at most every
-- cost_display.interval_s; the final one is worth showing for ten minutes. A display that refused
-- a message of a session gets no other for it.
-- What a message says is charging.make_cost_message.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    ops.cost_displays, and as fleet.queue_command; 40 messages a run at most.
-- Returns:   empty: with displays in use there is something to do every time.
create or replace function jobs.show_costs()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_interval constant interval := make_interval(
        secs => access.get_setting('cost_display.interval_s')::double precision
    );
    v_due record;
    v_command ops.commands;
begin
    -- Two runs at once would say everything twice.
    if not pg_try_advisory_xact_lock(hashtextextended('jobs.show_costs', 0)) then
        return '';
    end if;
    -- A loop: each is a command of its own, with its checks.
    for v_due in
        select distinct on (s.tenant_id, s.charge_point_id)
            s.tenant_id, s.id as session_id, cp as charge_point, m.message_id, m.data, m.cost
        from core.configuration_keys as k
        inner join core.charge_points as cp
            on cp.tenant_id = k.tenant_id and cp.id = k.charge_point_id
        inner join ops.presence as p
            on p.tenant_id = k.tenant_id and p.charge_point_id = k.charge_point_id
        inner join core.sessions as s
            on
                s.tenant_id = k.tenant_id
                and s.charge_point_id = k.charge_point_id
                and s.started_at > now() - interval '14 days'
                and (s.state = 'active' or s.ended_at > now() - interval '10 minutes')
        left join ops.cost_displays as d on d.tenant_id = s.tenant_id and d.session_id = s.id
        left join ops.commands as c on c.tenant_id = d.tenant_id and c.id = d.command_id
        cross join lateral charging.make_cost_message(s, d, v_interval) as m
        where
            lower(k.key) = 'customdisplaycostandprice'
            and lower(k.value) = 'true'
            and not k.is_unknown
            and cp.is_enabled
            and coalesce(cp.ocpp_version, '1.6') = '1.6'
            and s.protocol = 'ocpp1.6'
            and fleet.is_online(p.is_connected, p.last_seen_at, p.heartbeat_interval_s)
            and c.state is distinct from 'rejected'
            and c.state is distinct from 'error'
            and not exists (
                select
                from ops.commands as q
                where
                    q.tenant_id = k.tenant_id
                    and q.charge_point_id = k.charge_point_id
                    and q.state in ('queued', 'sent')
            )
            and m.message_id is not null
        -- What never came before what came longest ago.
        order by
            s.tenant_id, s.charge_point_id,
            greatest(d.price_shown_at, d.cost_shown_at) nulls first, s.id
        limit 40
    loop
        v_command := fleet.queue_command(
            v_due.charge_point,
            'DataTransfer',
            jsonb_build_object(
                'vendorId', 'org.openchargealliance.costmsg',
                'messageId', v_due.message_id,
                'data', ocpp.compact_json(v_due.data)
            ),
            p_keep => false,
            p_expires_in => interval '1 minute',
            p_requested_via => 'system',
            p_raise_offline => false
        );
        insert into ops.cost_displays as d (
            tenant_id, session_id, price_shown_at, cost, cost_shown_at, final_shown_at, command_id
        )
        values (
            v_due.tenant_id, v_due.session_id,
            case v_due.message_id when 'SetUserPrice' then now() end,
            v_due.cost,
            case v_due.message_id when 'RunningCost' then now() end,
            case v_due.message_id when 'FinalCost' then now() end,
            v_command.id
        )
        on conflict (tenant_id, session_id) do update
        set price_shown_at = coalesce(excluded.price_shown_at, d.price_shown_at),
            cost = coalesce(excluded.cost, d.cost),
            cost_shown_at = coalesce(excluded.cost_shown_at, d.cost_shown_at),
            final_shown_at = coalesce(excluded.final_shown_at, d.final_shown_at),
            command_id = excluded.command_id;
    end loop;
    return '';
end;
$$;
revoke all on function jobs.show_costs() from public;
grant execute on function jobs.show_costs() to jobs;
comment on function jobs.show_costs() is
    'Tell charge points that have a display what a session costs.';
