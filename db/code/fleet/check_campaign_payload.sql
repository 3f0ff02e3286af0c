-- Refuse a campaign whose payload the first charge point could not be sent.
--
-- What the preparation gives back is thrown away: each charge point gets its own when its turn
-- comes. What speaks against this one charge point alone (PT404, PT409) is left for then.
-- Called by: api.create_campaign.
-- Errors:    PT400 command_payload_invalid, PT503 message_schema_missing; the PT400 of
--            prepare_<action>, such as location_not_allowed.
create or replace function fleet.check_campaign_payload(
    p_charge_point core.charge_points,
    p_action text,
    p_payload jsonb
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_version constant text := coalesce(p_charge_point.ocpp_version, '1.6');
    v_hook constant text := fleet.find_command_hook('prepare', v_version, p_action);
    v_payload jsonb := p_payload;
begin
    if jsonb_typeof(p_payload) is distinct from 'object' then
        raise exception using
            errcode = 'PT400',
            message = 'a payload is a JSON object',
            detail = '{"error":"command_payload_invalid"}',
            hint = format('Send what %s holds by OCPP.', p_action);
    end if;
    perform fleet.check_command_size(p_action, p_payload);
    if v_hook is not null then
        execute format('select %s($1, $2)', v_hook) into v_payload using p_charge_point, p_payload;
    end if;
    perform fleet.check_command_payload(v_version, p_action, v_payload);
exception
    when sqlstate 'PT404' or sqlstate 'PT409' then
        null;
end;
$$;
revoke all on function fleet.check_campaign_payload(core.charge_points, text, jsonb) from public;
comment on function fleet.check_campaign_payload(core.charge_points, text, jsonb) is
    'Refuse a campaign whose payload the first charge point could not be sent.';
