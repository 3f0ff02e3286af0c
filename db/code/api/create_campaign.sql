-- Begin a campaign: one command for many charge points, in waves.
--
-- The permission is that of the action, and firmware.write. The payload is checked with the first
-- charge point, as its own command would be; that of each other one when its turn comes. It is
-- kept masked, and whole in ops.campaign_secrets until the campaign is finished.
-- A platform admin may name charge points of any one tenant, and groups of their own.
-- Writes:  core.campaigns, core.campaign_members, ops.campaign_secrets.
-- Errors:  PT403 permission_missing; PT400 command_action_unknown, campaign_members_required,
--          campaign_empty, campaign_too_large; PT404 charge_point_unknown,
--          charge_point_group_unknown; those of fleet.check_campaign_payload; 23514 for a name,
--          wave_size, wave_interval_s or max_failures out of range.
-- Definer: campaigns are written by functions only.
create or replace function api.create_campaign(
    name text,
    action text,
    payload jsonb default '{}',
    charge_point_group text default null,
    charge_points text[] default null,
    wave_size integer default 10,
    wave_interval_s integer default 600,
    max_failures integer default 0
)
returns setof api.campaigns
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_permission text;
    v_members core.charge_points[];
    v_masked jsonb;
    v_campaign core.campaigns;
begin
    perform access.require_permission('firmware.write');
    select a.permission into v_permission
    from ops.command_actions as a
    where a.action = create_campaign.action
    order by a.ocpp_version
    limit 1;
    if not found then
        raise exception using
            errcode = 'PT400',
            message = format('there is no command %s', left(create_campaign.action, 60)),
            detail = '{"error":"command_action_unknown"}',
            hint = 'Name an OCPP message that a central system may send, such as UpdateFirmware.';
    end if;
    perform access.require_permission(v_permission);

    v_members := fleet.find_campaign_members(
        create_campaign.charge_point_group, create_campaign.charge_points
    );
    perform fleet.check_campaign_payload(
        v_members[1], create_campaign.action, create_campaign.payload
    );

    v_masked := fleet.mask_json(create_campaign.payload);
    insert into core.campaigns as c (
        tenant_id, name, action, payload, wave_size, wave_interval, max_failures, created_by
    )
    values (
        v_members[1].tenant_id,
        btrim(create_campaign.name),
        create_campaign.action,
        v_masked,
        coalesce(create_campaign.wave_size, 10),
        make_interval(secs => coalesce(create_campaign.wave_interval_s, 600)),
        coalesce(create_campaign.max_failures, 0),
        claims.user_id()
    )
    returning c.* into v_campaign;
    if v_masked <> create_campaign.payload then
        insert into ops.campaign_secrets (tenant_id, campaign_id, payload)
        values (v_campaign.tenant_id, v_campaign.id, create_campaign.payload);
    end if;
    insert into core.campaign_members (tenant_id, campaign_id, charge_point_id)
    select v_campaign.tenant_id, v_campaign.id, m.id
    from unnest(v_members) as m;
    return query
    select c.* from api.campaigns as c
    where c.tenant_id = v_campaign.tenant_id and c.id = v_campaign.id;
end;
$$;
revoke all on function api.create_campaign(
    text, text, jsonb, text, text[], integer, integer, integer
) from public;
grant execute on function api.create_campaign(
    text, text, jsonb, text, text[], integer, integer, integer
) to staff, platform;
comment on function api.create_campaign(
    text, text, jsonb, text, text[], integer, integer, integer
) is
    E'Send one command to many charge points, in waves.\n'
    'action and payload are those of send_command. Members are those of charge_point_group, a '
    'name, or charge_points, a list of OCPP identities. A wave of wave_size begins '
    'wave_interval_s after the one before, when all of that have finished: the command was '
    'refused, or accepted, and the firmware update or upload that it began is over. When more '
    'than max_failures have failed, the campaign stops and raises an alarm. Chargers that are '
    'online come first; one that is not gets its command when it is back, where the action is '
    'kept. Needs firmware.write and the permission of the action.';
