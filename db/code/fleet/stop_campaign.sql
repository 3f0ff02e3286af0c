-- Stop a campaign: what has not been sent never will be.
--
-- Members whose turn has not come, and those whose command is still waiting for its charger, are
-- skipped; what is with a charger already goes its way and is still followed.
-- Called by: api.stop_campaign, jobs.run_campaigns, which have locked the campaign.
-- Writes:    core.campaigns, core.campaign_members, ops.campaign_secrets, ops.commands and what
--            finished_<action> writes.
create or replace function fleet.stop_campaign(p_campaign core.campaigns, p_reason text)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_command ops.commands;
begin
    -- One that is being sent at this moment is with its charger: it is passed over.
    for v_command in
        select q.*
        from core.campaign_members as m
        inner join ops.commands as q on q.tenant_id = m.tenant_id and q.id = m.command_id
        where
            m.tenant_id = p_campaign.tenant_id
            and m.campaign_id = p_campaign.id
            and m.state = 'running'
            and q.state = 'queued'
        order by q.id
        for update of q skip locked
    loop
        v_command.state := 'cancelled';
        perform fleet.finish_command(v_command);
    end loop;
    update core.campaign_members as m
    set state = 'skipped', reason = 'stopped'
    where
        m.tenant_id = p_campaign.tenant_id
        and m.campaign_id = p_campaign.id
        and (
            m.state = 'pending'
            or m.state = 'running'
            and exists (
                select
                from ops.commands as q
                where
                    q.tenant_id = m.tenant_id and q.id = m.command_id and q.state = 'cancelled'
            )
        );
    update core.campaigns as c
    set state = 'stopped', stop_reason = p_reason, finished_at = now()
    where c.tenant_id = p_campaign.tenant_id and c.id = p_campaign.id;
    delete from ops.campaign_secrets as s
    where s.tenant_id = p_campaign.tenant_id and s.campaign_id = p_campaign.id;
end;
$$;
revoke all on function fleet.stop_campaign(core.campaigns, text) from public;
comment on function fleet.stop_campaign(core.campaigns, text) is
    'Stop a campaign: what has not been sent never will be.';
