-- Stop a campaign for good.
--
-- Writes:  what fleet.stop_campaign writes.
-- Errors:  PT403 permission_missing, PT404 campaign_unknown, PT409 campaign_finished.
-- Definer: campaigns are written by functions only.
create or replace function api.stop_campaign(campaign_id bigint)
returns setof api.campaigns
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_campaign constant core.campaigns := fleet.lock_campaign(campaign_id);
begin
    perform fleet.stop_campaign(v_campaign, 'requested');
    return query
    select c.* from api.campaigns as c
    where c.tenant_id = v_campaign.tenant_id and c.id = v_campaign.id;
end;
$$;
revoke all on function api.stop_campaign(bigint) from public;
grant execute on function api.stop_campaign(bigint) to staff, platform;
comment on function api.stop_campaign(bigint) is
    E'Stop a campaign for good.\n'
    'Commands that wait for their charger are cancelled, charge points whose turn has not come '
    'are skipped; what a charger is doing already goes its way. Needs firmware.write.';
