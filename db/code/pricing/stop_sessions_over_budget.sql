-- Tell charge points to stop the sessions whose budget is used up.
--
-- One command a session, kept for a charge point that is away. It is sent again when it failed,
-- was refused or was not answered, pricing.stop_retry_s after it was tried, but never while a
-- command to stop the session waits or is in flight, whoever sent it, and not once one was
-- accepted. Whether the budget is still used up is asked again before each.
-- Called by: jobs.refresh_session_costs.
-- Writes:    core.session_costs (row locked), and as fleet.queue_command.
-- Returns:   how many commands were queued, of 40 sessions a run at most: each may need a
--            subtransaction.
create or replace function pricing.stop_sessions_over_budget()
returns integer
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_cost core.session_costs;
    v_command_id bigint;
    v_count integer := 0;
begin
    -- Each session may succeed or fail for itself, which a set cannot.
    for v_cost in
        select k.*
        from core.session_costs as k
        inner join core.sessions as s on s.tenant_id = k.tenant_id and s.id = k.session_id
        where
            k.budget_id is not null
            and s.state = 'active'
            and coalesce(
                k.stop_tried_at < now() - make_interval(
                    secs => access.get_setting('pricing.stop_retry_s')::double precision
                ),
                true
            )
            and not exists (
                select
                from ops.commands as c
                where
                    c.tenant_id = k.tenant_id
                    and c.id = k.stop_command_id
                    and c.state = 'accepted'
            )
            and not exists (
                select
                from ops.commands as c
                where
                    c.tenant_id = s.tenant_id
                    and c.charge_point_id = s.charge_point_id
                    and c.state in ('queued', 'sent')
                    and c.action = 'RemoteStopTransaction'
                    and c.payload ->> 'transactionId' = s.transaction_id
            )
        order by k.stop_tried_at nulls first
        limit 40
        for no key update of k skip locked
    loop
        v_command_id := null;
        -- Any error is caught, as in the job runner: a charge point that cannot be told must not
        -- keep the others from being told.
        begin
            v_command_id := pricing.stop_session_over_budget(v_cost);
        exception
            -- What a second attempt may mend makes the run fail and come again.
            when
                transaction_rollback or lock_not_available or insufficient_resources
                or operator_intervention
            then
                raise;
            when others then
                raise log 'stopping session % of tenant % failed: % %',
                    v_cost.session_id, v_cost.tenant_id, sqlstate, sqlerrm;
        end;
        update core.session_costs as k
        set stop_tried_at = now(), stop_command_id = coalesce(v_command_id, k.stop_command_id)
        where k.tenant_id = v_cost.tenant_id and k.session_id = v_cost.session_id;
        if v_command_id is not null then
            v_count := v_count + 1;
        end if;
    end loop;
    return v_count;
end;
$$;
revoke all on function pricing.stop_sessions_over_budget() from public;
comment on function pricing.stop_sessions_over_budget() is
    'Tell charge points to stop the sessions whose budget is used up.';

-- Queue the command that stops one session; null when its budget has something left again (then
-- the mark goes) or the charge point can take no command now.
--
-- Called by: pricing.stop_sessions_over_budget.
-- Writes:    core.session_costs, and as fleet.queue_command.
-- Errors:    those of fleet.queue_command.
create or replace function pricing.stop_session_over_budget(p_cost core.session_costs)
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session core.sessions;
    v_charge_point core.charge_points;
begin
    select s.* into v_session
    from core.sessions as s
    where s.tenant_id = p_cost.tenant_id and s.id = p_cost.session_id;
    if not pricing.is_session_over_budget(p_cost) then
        update core.session_costs as k
        set budget_id = null
        where k.tenant_id = p_cost.tenant_id and k.session_id = p_cost.session_id;
        return null;
    end if;
    select cp.* into v_charge_point
    from core.charge_points as cp
    where cp.tenant_id = v_session.tenant_id and cp.id = v_session.charge_point_id;
    if
        fleet.find_command_refusal(v_charge_point, 'RemoteStopTransaction', true) is not null
    then
        return null;
    end if;
    return (
        fleet.queue_command(
            v_charge_point, 'RemoteStopTransaction',
            jsonb_build_object('transactionId', ocpp.parse_numeric(v_session.transaction_id)),
            p_keep => true, p_expires_in => interval '1 day', p_requested_via => 'system'
        )
    ).id;
end;
$$;
revoke all on function pricing.stop_session_over_budget(core.session_costs) from public;
comment on function pricing.stop_session_over_budget(core.session_costs) is
    'Queue the command that stops one session; null when its budget has something left again.';

-- Take back the commands that still wait for their charge point, of sessions whose budget has
-- something left again: a charge point that comes back hours later would stop what may go on.
--
-- Called by: jobs.refresh_session_costs.
-- Writes:    core.session_costs, and as fleet.finish_command.
-- Returns:   how many were taken back.
create or replace function pricing.take_back_stops()
returns integer
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_command ops.commands;
    v_count integer := 0;
begin
    for v_command in
        select c.*
        from core.session_costs as k
        inner join ops.commands as c on c.tenant_id = k.tenant_id and c.id = k.stop_command_id
        where c.state = 'queued' and not pricing.is_session_over_budget(k)
        -- One that is being sent this moment has gone.
        for update of c skip locked
    loop
        v_command.state := 'cancelled';
        perform fleet.finish_command(v_command);
        update core.session_costs as k
        set budget_id = null
        where k.tenant_id = v_command.tenant_id and k.stop_command_id = v_command.id;
        v_count := v_count + 1;
    end loop;
    return v_count;
end;
$$;
revoke all on function pricing.take_back_stops() from public;
comment on function pricing.take_back_stops() is
    'Take back the commands that wait to stop sessions whose budget has something left again.';

-- Whether the budget that a session is marked with is still used up.
create or replace function pricing.is_session_over_budget(p_cost core.session_costs)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select
        from core.budgets as b
        inner join core.sessions as s
            on s.tenant_id = b.tenant_id and s.id = p_cost.session_id
        where
            b.tenant_id = p_cost.tenant_id
            and b.id = p_cost.budget_id
            and b.is_enabled
            and pricing.is_budget_exhausted(
                b, s.started_at, case when b.per = 'session' then s.id end
            )
    );
end;
$$;
revoke all on function pricing.is_session_over_budget(core.session_costs) from public;
comment on function pricing.is_session_over_budget(core.session_costs) is
    'Whether the budget that a session is marked with is still used up.';
