-- Lock a campaign that the person who is asking may change, and that is not over.
--
-- Called by: api.pause_campaign, api.resume_campaign, api.stop_campaign.
-- Errors:    PT403 permission_missing, PT404 campaign_unknown, PT409 campaign_finished.
create or replace function fleet.lock_campaign(p_campaign_id bigint)
returns core.campaigns
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_campaign core.campaigns;
begin
    perform access.require_permission('firmware.write');
    select c.* into v_campaign
    from core.campaigns as c
    where
        c.id = p_campaign_id
        and (c.tenant_id = claims.tenant_id() or claims.role() = 'platform')
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such campaign',
            detail = '{"error":"campaign_unknown"}',
            hint = 'See campaigns for those that exist.';
    end if;
    if v_campaign.state in ('stopped', 'done') then
        raise exception using
            errcode = 'PT409',
            message = 'the campaign is over',
            detail = '{"error":"campaign_finished"}',
            hint = 'Make a new one.';
    end if;
    return v_campaign;
end;
$$;
revoke all on function fleet.lock_campaign(bigint) from public;
comment on function fleet.lock_campaign(bigint) is
    'Lock a campaign that the person may change and that is not over.';
