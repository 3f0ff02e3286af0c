-- OCPP 1.6 §5.13, ReserveNow: number the reservation, and refuse what cannot come true.
--
-- reservationId is the next number of the charge point when left out.
-- Called by: fleet.queue_command.
-- Errors:    PT400 reservation_time_invalid when it would end in the past or more than a year from
--            now, reservation_no_invalid; PT404 connector_unknown; PT409
--            connector_zero_unsupported for any connector where the charge point said that it
--            has no such reservations; PT409 reservation_no_taken.
create or replace function ocpp16.prepare_reserve_now(
    p_charge_point core.charge_points,
    p_payload jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_connector_id constant integer := ocpp.get_integer(p_payload, 'connectorId');
    v_expires_at constant timestamptz := ocpp.parse_timestamp(
        ocpp.get_text(p_payload, 'expiryDate')
    );
    v_number integer := ocpp.get_integer(p_payload, 'reservationId');
begin
    if v_connector_id is null or ocpp.get_text(p_payload, 'expiryDate') is null then
        -- The schema says what is wrong.
        return p_payload;
    end if;
    -- Also what a schema lets pass and no clock shows, such as an offset of 20 hours.
    if coalesce(v_expires_at not between now() and now() + interval '1 year', true) then
        raise exception using
            errcode = 'PT400',
            message = 'a reservation ends within a year from now',
            detail = '{"error":"reservation_time_invalid"}',
            hint = 'Name a moment in the future.';
    end if;
    if v_number < 1 then
        raise exception using
            errcode = 'PT400',
            message = 'a reservationId is a whole number from 1',
            detail = '{"error":"reservation_no_invalid"}',
            hint = 'Leave it out to get the next number.';
    end if;
    perform fleet.require_connector(p_charge_point, v_connector_id);
    if v_connector_id = 0 and lower(btrim(fleet.get_configuration_value(
        p_charge_point.tenant_id, p_charge_point.id, 'ReserveConnectorZeroSupported'
    ))) = 'false' then
        raise exception using
            errcode = 'PT409',
            message = 'the charge point reserves single connectors only',
            detail = '{"error":"connector_zero_unsupported"}',
            hint = 'Name the connector.';
    end if;

    -- Numbers are given one at a time, and ended reservations make room.
    perform
    from core.charge_points as c
    where c.tenant_id = p_charge_point.tenant_id and c.id = p_charge_point.id
    for no key update;
    update core.reservations as r
    set state = 'expired'
    where
        r.tenant_id = p_charge_point.tenant_id
        and r.charge_point_id = p_charge_point.id
        and r.state in ('requested', 'reserved', 'unknown')
        and r.expires_at <= now();
    if v_number is null then
        select coalesce(max(r.reservation_no), 0) + 1 into v_number
        from core.reservations as r
        where
            r.tenant_id = p_charge_point.tenant_id
            and r.charge_point_id = p_charge_point.id;
    elsif exists (
        select
        from core.reservations as r
        where
            r.tenant_id = p_charge_point.tenant_id
            and r.charge_point_id = p_charge_point.id
            and r.reservation_no = v_number
    ) then
        raise exception using
            errcode = 'PT409',
            message = 'the charge point had a reservation of this number',
            detail = '{"error":"reservation_no_taken"}',
            hint = 'Leave reservationId out to get the next number.';
    end if;
    return p_payload || jsonb_build_object(
        'reservationId', v_number, 'expiryDate', ocpp.format_timestamp(v_expires_at)
    );
end;
$$;
revoke all on function ocpp16.prepare_reserve_now(core.charge_points, jsonb) from public;
comment on function ocpp16.prepare_reserve_now(core.charge_points, jsonb) is
    'OCPP 1.6 ReserveNow: number the reservation, and refuse what cannot come true.';
