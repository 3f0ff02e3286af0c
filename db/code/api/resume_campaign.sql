-- Resume a paused campaign.
--
-- Writes:  core.campaigns (row locked).
-- Errors:  PT403 permission_missing, PT404 campaign_unknown, PT409 campaign_finished.
-- Definer: campaigns are written by functions only.
create or replace function api.resume_campaign(campaign_id bigint)
returns setof api.campaigns
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_campaign constant core.campaigns := fleet.lock_campaign(campaign_id);
begin
    update core.campaigns as c
    set state = 'running'
    where c.tenant_id = v_campaign.tenant_id and c.id = v_campaign.id and c.state = 'paused';
    return query
    select c.* from api.campaigns as c
    where c.tenant_id = v_campaign.tenant_id and c.id = v_campaign.id;
end;
$$;
revoke all on function api.resume_campaign(bigint) from public;
grant execute on function api.resume_campaign(bigint) to staff, platform;
comment on function api.resume_campaign(bigint) is
    E'Resume a paused campaign.\n'
    'The next wave begins as if nothing had been between. Resuming one that runs changes '
    'nothing. Needs firmware.write.';
