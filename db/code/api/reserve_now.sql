-- Reserve a connector for a token.
--
-- Staff need commands.write and name a charge point and a connector, or an EVSE, and any token.
-- Drivers name an EVSE where their own token may charge; they have at most
-- charging.max_driver_reservations open, each no longer than charging.reservation_minutes.
-- Writes:  ops.commands, core.reservations.
-- Errors:  PT403 permission_missing, id_token_refused; those of fleet.find_addressed_charge_points,
--          fleet.queue_command, fleet.find_evse, charging.choose_own_id_token,
--          charging.choose_connector and ocpp16.prepare_reserve_now; PT400 evse_id_required; PT409
--          reservation_limit; 23505 reservations_open_connector_key: it is reserved.
-- Definer: commands are written by functions only.
create or replace function api.reserve_now(
    charge_point text default null,
    connector integer default null,
    id_token text default null,
    expires_at timestamptz default null,
    parent_id_token text default null,
    evse_id text default null,
    keep boolean default null,
    expires_in_s integer default null
)
returns setof api.commands
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_driver constant boolean := claims.role() = 'customer';
    v_expires_at constant timestamptz := coalesce(
        reserve_now.expires_at, now() + charging.get_reservation_length()
    );
    v_evse core.evses;
    v_id_token text := reserve_now.id_token;
    v_connector_id integer := coalesce(reserve_now.connector, 0);
    v_charge_point core.charge_points;
begin
    if not v_is_driver then
        perform access.require_permission('commands.write');
    end if;
    if reserve_now.evse_id is not null then
        v_evse := fleet.find_evse(reserve_now.evse_id);
        select cp.* into v_charge_point
        from core.charge_points as cp
        where cp.tenant_id = v_evse.tenant_id and cp.id = v_evse.charge_point_id;
    elsif v_is_driver then
        raise exception using
            errcode = 'PT400',
            message = 'say what to reserve',
            detail = '{"error":"evse_id_required"}',
            hint = 'Send evse_id, which stands on the charger, such as DE*ABC*E1234*1.';
    else
        select cp.* into v_charge_point
        from fleet.find_addressed_charge_points('commands.write', charge_point, null) as cp;
    end if;

    if v_is_driver then
        select o.id_token, o.ocpp16_connector_id into v_id_token, v_connector_id
        from charging.check_own_reservation(
            v_evse, reserve_now.connector, reserve_now.id_token, v_expires_at
        ) as o;
    elsif v_evse.id is not null then
        select min(k.ocpp16_connector_id) into v_connector_id
        from core.connectors as k
        where
            k.tenant_id = v_evse.tenant_id
            and k.evse_id = v_evse.id
            and k.connector_no = coalesce(reserve_now.connector, k.connector_no);
        if v_connector_id is null then
            raise exception using
                errcode = 'PT404',
                message = 'the EVSE has no such connector',
                detail = '{"error":"connector_unknown"}',
                hint = 'Take connector_no of connectors, or leave connector out.';
        end if;
    end if;
    return query
    select v.*
    from fleet.show_commands(array[
        fleet.queue_command(
            v_charge_point,
            'ReserveNow',
            jsonb_strip_nulls(jsonb_build_object(
                'connectorId', v_connector_id,
                'expiryDate', ocpp.format_timestamp(v_expires_at),
                'idTag', v_id_token,
                'parentIdTag', case when not v_is_driver then parent_id_token end
            )),
            -- A driver neither keeps a command nor says how long it is good.
            case when not v_is_driver then keep end,
            case when not v_is_driver then make_interval(secs => expires_in_s) end,
            case when v_is_driver then 'driver' else 'api' end
        )
    ]) as v;
end;
$$;
revoke all on function api.reserve_now(
    text, integer, text, timestamptz, text, text, boolean, integer
) from public;
grant execute on function api.reserve_now(
    text, integer, text, timestamptz, text, text, boolean, integer
) to staff, customer, platform;
comment on function api.reserve_now(
    text, integer, text, timestamptz, text, text, boolean, integer
) is
    E'Reserve a connector for a token until a moment.\n'
    'Staff send charge_point, an OCPP identity, and connector (0 or none: any), or evse_id and the '
    'number of a connector there. A driver sends evse_id and, with several tokens, id_token. '
    'Without expires_at it lasts for charging.reservation_minutes. Returns the command; the '
    'reservation itself stands in reservations.';

-- How long a reservation lasts that names no end.
create or replace function charging.get_reservation_length()
returns interval
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return make_interval(
        mins => access.get_setting('charging.reservation_minutes')::integer
    );
end;
$$;
revoke all on function charging.get_reservation_length() from public;
comment on function charging.get_reservation_length() is
    'How long a reservation lasts that names no end.';

-- The token and the connector of a driver's reservation, refused when it is too long, one too many,
-- or where the token may not charge.
-- Locks the membership: reservations of one driver wait for each other.
-- Errors:    PT400 reservation_time_invalid, PT409 reservation_limit, PT403 id_token_refused (its
--            detail has "status" and "reason"), and those of charging.choose_own_id_token and
--            charging.choose_connector.
create or replace function charging.check_own_reservation(
    p_evse core.evses,
    p_connector_no integer,
    p_id_token text,
    p_expires_at timestamptz,
    out id_token text,
    out ocpp16_connector_id integer
)
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id_token constant core.id_tokens := charging.choose_own_id_token(p_id_token);
    v_judgement constant record := charging.judge_id_token(
        p_evse.charge_point_id, v_id_token, 'authorize', now(), null
    );
begin
    if v_judgement.status <> 'Accepted' then
        raise exception using
            errcode = 'PT403',
            message = 'your token may not charge there',
            detail = jsonb_build_object(
                'error', 'id_token_refused',
                'status', v_judgement.status,
                'reason', v_judgement.reason
            )::text,
            hint = 'The reason says why.';
    end if;
    if p_expires_at > now() + charging.get_reservation_length() then
        raise exception using
            errcode = 'PT400',
            message = 'this is longer than a driver may reserve',
            detail = '{"error":"reservation_time_invalid"}',
            hint = 'Leave expires_at out to reserve for as long as you may.';
    end if;
    perform
    from core.memberships as m
    where m.tenant_id = claims.tenant_id() and m.user_id = claims.user_id()
    for no key update;
    if (
        select count(*)
        from core.reservations as r
        where
            r.tenant_id = claims.tenant_id()
            and r.user_id = claims.user_id()
            and r.state in ('requested', 'reserved', 'unknown')
            and r.expires_at > now()
    ) >= access.get_setting('charging.max_driver_reservations')::integer then
        raise exception using
            errcode = 'PT409',
            message = 'you have a reservation already',
            detail = '{"error":"reservation_limit"}',
            hint = 'Cancel it first.';
    end if;
    id_token := v_id_token.id_token;
    ocpp16_connector_id := (
        charging.choose_connector(p_evse, p_connector_no, v_id_token)
    ).ocpp16_connector_id;
end;
$$;
revoke all on function charging.check_own_reservation(core.evses, integer, text, timestamptz)
from public;
comment on function charging.check_own_reservation(core.evses, integer, text, timestamptz) is
    'The token and the connector of a driver''s reservation, refused when it may not be.';
