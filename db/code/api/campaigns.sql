-- Campaigns and how they stand, read-only.
create or replace view api.campaigns
with (security_invoker = true) as
select
    c.tenant_id,
    c.id,
    c.name,
    c.action,
    c.payload,
    c.state,
    c.wave_size,
    extract(epoch from c.wave_interval)::integer as wave_interval_s,
    c.max_failures,
    c.batch_id,
    c.next_wave_at,
    c.stop_reason,
    c.created_by,
    c.created_at,
    c.updated_at,
    c.finished_at,
    (
        select count(*)
        from core.campaign_members as m
        where m.tenant_id = c.tenant_id and m.campaign_id = c.id and m.state = 'pending'
    ) as pending,
    (
        select count(*)
        from core.campaign_members as m
        where m.tenant_id = c.tenant_id and m.campaign_id = c.id and m.state = 'running'
    ) as running,
    (
        select count(*)
        from core.campaign_members as m
        where m.tenant_id = c.tenant_id and m.campaign_id = c.id and m.state = 'done'
    ) as done,
    (
        select count(*)
        from core.campaign_members as m
        where m.tenant_id = c.tenant_id and m.campaign_id = c.id and m.state = 'failed'
    ) as failed,
    (
        select count(*)
        from core.campaign_members as m
        where m.tenant_id = c.tenant_id and m.campaign_id = c.id and m.state = 'skipped'
    ) as skipped
from core.campaigns as c;

grant select (
    tenant_id, id, name, action, payload, state, wave_size, wave_interval_s, max_failures, batch_id,
    next_wave_at, stop_reason, created_by, created_at, updated_at, finished_at, pending, running,
    done, failed, skipped
) on api.campaigns to staff, platform;

comment on view api.campaigns is
    'A command for many charge points, in waves, that stops when too many fail. Made by '
    'create_campaign; campaign_members can be embedded.';
comment on column api.campaigns.tenant_id is 'The tenant that owns the row.';
comment on column api.campaigns.id is 'Number of the campaign.';
comment on column api.campaigns.name is 'What it is called.';
comment on column api.campaigns.action is 'The OCPP action that each charge point gets.';
comment on column api.campaigns.payload is 'What each is sent, before it is completed for it.';
comment on column api.campaigns.state is
    'running, paused (no new commands), stopped (by a person or by failures) or done.';
comment on column api.campaigns.wave_size is 'How many charge points are in one wave.';
comment on column api.campaigns.wave_interval_s is
    'Seconds from the beginning of a wave to the next, which also waits for the end of the wave.';
comment on column api.campaigns.max_failures is 'How many may fail before it stops.';
comment on column api.campaigns.batch_id is 'That of its commands.';
comment on column api.campaigns.next_wave_at is 'When the next wave may begin.';
comment on column api.campaigns.stop_reason is
    'requested (by a person) or failures; null unless it was stopped.';
comment on column api.campaigns.created_by is 'Who made it.';
comment on column api.campaigns.created_at is 'When it was made.';
comment on column api.campaigns.updated_at is 'When the row was last changed.';
comment on column api.campaigns.finished_at is 'When it was done or stopped.';
comment on column api.campaigns.pending is 'Charge points that have not had their turn.';
comment on column api.campaigns.running is 'Charge points that are at it.';
comment on column api.campaigns.done is 'Charge points that did it.';
comment on column api.campaigns.failed is
    'Charge points whose command or whose job failed, as far as is known now.';
comment on column api.campaigns.skipped is
    'Charge points that were left out: the campaign was stopped, or their command cancelled.';
