-- Take a campaign a step on: see how its members fare, stop it, end it, or send.
--
-- A wave begins when the one before has finished and its interval is over. Its members are chosen
-- then, chargers that are there first; they are sent to over as many steps as it takes.
-- A member and its command are written together: whatever is killed, nobody is sent to twice
-- (commands_campaign_key says so, too).
-- p_budget: how many commands may be queued at most.
-- Called by: jobs.run_campaigns, which has locked the campaign.
-- Writes:    core.campaigns, core.campaign_members, core.alarms, what fleet.queue_command and
--            fleet.stop_campaign write.
-- Returns:   what it did: sent (commands), is_stopped, has_more (of the wave is to be sent).
create or replace function fleet.advance_campaign(
    p_campaign core.campaigns,
    p_budget integer,
    out sent integer,
    out is_stopped boolean,
    out has_more boolean
)
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_pending bigint;
    v_busy bigint;
    v_failed bigint;
begin
    sent := 0;
    is_stopped := false;
    has_more := false;
    perform fleet.judge_campaign_members(p_campaign);
    if p_campaign.state <> 'running' then
        return;
    end if;

    select
        count(*) filter (where m.state = 'pending' and m.wave_no is null),
        count(*) filter (
            where m.state = 'running' or m.state = 'pending' and m.wave_no is not null
        ),
        count(*) filter (where m.state = 'failed')
    into v_pending, v_busy, v_failed
    from core.campaign_members as m
    where m.tenant_id = p_campaign.tenant_id and m.campaign_id = p_campaign.id;

    if v_failed > p_campaign.max_failures then
        perform fleet.stop_campaign(p_campaign, 'failures');
        perform fleet.raise_alarm(
            p_campaign.tenant_id,
            null,
            'campaign_stopped',
            'warning',
            format('the campaign %s stopped: %s failed', p_campaign.name, v_failed),
            jsonb_build_object(
                'campaign_id', p_campaign.id, 'action', p_campaign.action, 'failed', v_failed
            )
        );
        is_stopped := true;
        return;
    end if;
    if v_busy = 0 and v_pending = 0 then
        update core.campaigns as c
        set state = 'done', finished_at = now()
        where c.tenant_id = p_campaign.tenant_id and c.id = p_campaign.id;
        delete from ops.campaign_secrets as s
        where s.tenant_id = p_campaign.tenant_id and s.campaign_id = p_campaign.id;
        return;
    end if;
    if v_busy = 0 and p_campaign.next_wave_at <= now() then
        perform fleet.begin_wave(p_campaign);
    end if;
    sent := fleet.send_wave(p_campaign, p_budget);
    has_more := exists (
        select
        from core.campaign_members as m
        where
            m.tenant_id = p_campaign.tenant_id
            and m.campaign_id = p_campaign.id
            and m.state = 'pending'
            and m.wave_no is not null
    );
end;
$$;
revoke all on function fleet.advance_campaign(core.campaigns, integer) from public;
comment on function fleet.advance_campaign(core.campaigns, integer) is
    'Take a campaign a step on: see how its members fare, stop it, end it, or send.';

-- Choose the members of the next wave.
--
-- They are found as an array and not joined: of members that were just made the planner knows
-- nothing, and a join of ten thousand with ten thousand took most of a minute.
-- Called by: fleet.advance_campaign.
-- Writes:    core.campaigns, core.campaign_members.
create or replace function fleet.begin_wave(p_campaign core.campaigns)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    update core.campaigns as c
    set next_wave_at = now() + c.wave_interval
    where c.tenant_id = p_campaign.tenant_id and c.id = p_campaign.id;
    update core.campaign_members as m
    set wave_no = 1 + coalesce(
        (
            select max(w.wave_no)
            from core.campaign_members as w
            where w.tenant_id = p_campaign.tenant_id and w.campaign_id = p_campaign.id
        ),
        0
    )
    where
        m.tenant_id = p_campaign.tenant_id
        and m.campaign_id = p_campaign.id
        and m.charge_point_id = any(
            array(
                select c.charge_point_id
                from core.campaign_members as c
                left join ops.presence as p
                    on p.tenant_id = c.tenant_id and p.charge_point_id = c.charge_point_id
                where
                    c.tenant_id = p_campaign.tenant_id
                    and c.campaign_id = p_campaign.id
                    and c.state = 'pending'
                order by
                    fleet.is_online(
                        p.is_connected, p.last_seen_at, p.heartbeat_interval_s
                    ) desc,
                    c.charge_point_id
                limit p_campaign.wave_size
            )
        );
$$;
revoke all on function fleet.begin_wave(core.campaigns) from public;
comment on function fleet.begin_wave(core.campaigns) is
    'Choose the members of the next wave of a campaign.';

-- Queue the commands of members of the present wave that have none yet.
--
-- What cannot be sent to one charge point is its failure and nobody else's.
-- Called by: fleet.advance_campaign.
-- Writes:    core.campaign_members, core.device_jobs, what fleet.queue_command writes.
-- Returns:   how many commands were queued.
create or replace function fleet.send_wave(p_campaign core.campaigns, p_budget integer)
returns integer
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payload jsonb;
    v_charge_point core.charge_points;
    v_command ops.commands;
    v_detail text;
    v_reason text;
    v_sent integer := 0;
begin
    select s.payload into v_payload
    from ops.campaign_secrets as s
    where s.tenant_id = p_campaign.tenant_id and s.campaign_id = p_campaign.id;
    if not found then
        v_payload := p_campaign.payload;
    end if;
    -- A loop, as one that refuses must not fail the others.
    for v_charge_point in
        select cp.*
        from core.campaign_members as m
        inner join core.charge_points as cp
            on cp.tenant_id = m.tenant_id and cp.id = m.charge_point_id
        where
            m.tenant_id = p_campaign.tenant_id
            and m.campaign_id = p_campaign.id
            and m.state = 'pending'
            and m.wave_no is not null
        order by cp.id
        limit p_budget
    loop
        v_command := null;
        v_reason := null;
        begin
            v_command := fleet.queue_command(
                v_charge_point, p_campaign.action, v_payload,
                p_requested_via => 'campaign', p_batch_id => p_campaign.batch_id,
                p_raise_offline => false
            );
            v_sent := v_sent + 1;
        exception
            when sqlstate 'PT503' then
                -- No bridge has brought the schemas yet: everybody's turn comes later.
                exit;
            when
                sqlstate 'PT400' or sqlstate 'PT403' or sqlstate 'PT404' or sqlstate 'PT409'
            then
                get stacked diagnostics v_detail = pg_exception_detail;
                v_reason := v_detail::jsonb ->> 'error';
            when integrity_constraint_violation or data_exception then
                v_reason := sqlstate;
        end;
        update core.campaign_members as m
        set state = case when v_reason is null then 'running' else 'failed' end,
            command_id = v_command.id,
            reason = v_reason
        where
            m.tenant_id = p_campaign.tenant_id
            and m.campaign_id = p_campaign.id
            and m.charge_point_id = v_charge_point.id;
        update core.device_jobs as j
        set campaign_id = p_campaign.id
        where j.tenant_id = p_campaign.tenant_id and j.command_id = v_command.id;
    end loop;
    return v_sent;
end;
$$;
revoke all on function fleet.send_wave(core.campaigns, integer) from public;
comment on function fleet.send_wave(core.campaigns, integer) is
    'Queue the commands of members of the present wave of a campaign that have none yet.';
