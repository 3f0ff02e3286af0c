-- The charge points of campaigns and how each fares, read-only.
create or replace view api.campaign_members
with (security_invoker = true) as
select
    m.tenant_id,
    m.campaign_id,
    m.charge_point_id,
    m.state,
    m.wave_no,
    m.command_id,
    m.reason,
    m.updated_at
from core.campaign_members as m;

grant select (
    tenant_id, campaign_id, charge_point_id, state, wave_no, command_id, reason, updated_at
) on api.campaign_members to staff, platform;

comment on view api.campaign_members is 'The charge points of a campaign and how each fares.';
comment on column api.campaign_members.tenant_id is 'The tenant that owns the row.';
comment on column api.campaign_members.campaign_id is 'The campaign.';
comment on column api.campaign_members.charge_point_id is 'The charge point.';
comment on column api.campaign_members.state is
    'pending (its turn has not come), running, done, failed or skipped. A failed one becomes '
    'running or done when its charger goes on.';
comment on column api.campaign_members.wave_no is
    'The wave that it belongs to, from 1; null before it has one.';
comment on column api.campaign_members.command_id is 'The command that it was sent.';
comment on column api.campaign_members.reason is
    'Why it failed or was skipped: the state of its command, the status that the charger '
    'reported, or the key of the error that kept the command from being queued.';
comment on column api.campaign_members.updated_at is 'When the row last changed.';
