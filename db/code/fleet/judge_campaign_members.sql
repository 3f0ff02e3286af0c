-- Bring the members of a campaign up to what became of their commands and jobs.
--
-- A command without a job is done when it is accepted. One with a job (a firmware update, an
-- upload) follows the job, also when the command itself went unanswered but the charger is at it.
-- While a campaign goes on a failed member is looked at again: its charger may have tried again.
-- No member is joined to a list of members, as in fleet.begin_wave.
-- Called by: fleet.advance_campaign, which has locked the campaign.
-- Writes:    core.campaign_members.
create or replace function fleet.judge_campaign_members(p_campaign core.campaigns)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    update core.campaign_members as m
    set state = v.state,
        reason = case when v.state in ('failed', 'skipped') then v.reason end
    from ops.commands as q
    left join core.device_jobs as j on j.tenant_id = q.tenant_id and j.command_id = q.id
    cross join lateral (
        select
            case
                when q.state in ('queued', 'sent') then 'running'
                when q.state = 'cancelled' then 'skipped'
                when j.state = 'done' then 'done'
                when j.state in ('failed', 'cancelled') then 'failed'
                when j.status_reported is not null then 'running'
                when q.state <> 'accepted' then 'failed'
                when j.id is null then 'done'
                else 'running'
            end as state,
            coalesce(
                j.status_reported, j.details ->> 'reason', nullif(q.error_code, ''), q.state
            ) as reason
    ) as v
    where
        m.tenant_id = p_campaign.tenant_id
        and m.campaign_id = p_campaign.id
        and (
            m.state = 'running'
            or m.state = 'failed' and p_campaign.state in ('running', 'paused')
        )
        and q.tenant_id = m.tenant_id
        and q.id = m.command_id
        and m.state <> v.state
$$;
revoke all on function fleet.judge_campaign_members(core.campaigns) from public;
comment on function fleet.judge_campaign_members(core.campaigns) is
    'Bring the members of a campaign up to what became of their commands and jobs.';
