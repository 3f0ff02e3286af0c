-- OCPP 1.6 §5.17, TriggerMessage: what may not be asked for.
--
-- Called by: fleet.queue_command.
-- Errors:    those of ocpp16.check_trigger.
create or replace function ocpp16.prepare_trigger_message(
    p_charge_point core.charge_points,
    p_payload jsonb
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform ocpp16.check_trigger(p_charge_point, p_payload);
    return p_payload;
end;
$$;
revoke all on function ocpp16.prepare_trigger_message(core.charge_points, jsonb) from public;
comment on function ocpp16.prepare_trigger_message(core.charge_points, jsonb) is
    'OCPP 1.6 TriggerMessage: refuse a wrong connector, and a boot that would never end.';

-- Refuse a trigger that harms.
--
-- A connector, if one is named, is one of the charge point's and not 0. There are charge points
-- that reboot when they are asked for a BootNotification, and are asked again when they are back
-- (quirk 25): it is asked for once a connection, and never where the quirk refuses_boot_trigger
-- says so.
-- Called by: ocpp16.prepare_trigger_message, ocpp16.prepare_extended_trigger_message.
-- Errors:    PT400 connector_invalid, PT404 connector_unknown, PT409 boot_trigger_refused,
--            boot_trigger_repeated.
create or replace function ocpp16.check_trigger(
    p_charge_point core.charge_points,
    p_payload jsonb
)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform fleet.require_single_connector(
        p_charge_point, ocpp.get_integer(p_payload, 'connectorId')
    );
    if p_payload ->> 'requestedMessage' is distinct from 'BootNotification' then
        return;
    end if;
    if fleet.get_quirks(p_charge_point) -> 'refuses_boot_trigger' = 'true' then
        raise exception using
            errcode = 'PT409',
            message = 'asked for its BootNotification, this charge point reboots',
            detail = '{"error":"boot_trigger_refused"}',
            hint = 'Its quirk refuses_boot_trigger says so. Reset it if a reboot is wanted.';
    end if;
    if exists (
        select
        from ops.commands as c
        where
            c.tenant_id = p_charge_point.tenant_id
            and c.charge_point_id = p_charge_point.id
            and c.action in ('TriggerMessage', 'ExtendedTriggerMessage')
            and c.payload ->> 'requestedMessage' = 'BootNotification'
            and (
                c.state = 'queued' and c.expires_at > clock_timestamp()
                or c.sent_at is not null
                and c.connection_id = (
                    select p.connection_id
                    from ops.presence as p
                    where p.tenant_id = c.tenant_id and p.charge_point_id = c.charge_point_id
                )
            )
    ) then
        raise exception using
            errcode = 'PT409',
            message = 'a BootNotification was asked for on this connection already',
            detail = '{"error":"boot_trigger_repeated"}',
            hint = 'It is asked for once a connection: some charge points reboot each time.';
    end if;
end;
$$;
revoke all on function ocpp16.check_trigger(core.charge_points, jsonb) from public;
comment on function ocpp16.check_trigger(core.charge_points, jsonb) is
    'Refuse a trigger of a connector that is not there, and of a boot that would never end.';
