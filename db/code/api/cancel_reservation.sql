-- Cancel a reservation: at the charge point, or before it has heard of it.
--
-- Writes:  ops.commands, core.reservations.
-- Errors:  PT403 permission_missing, PT404 reservation_unknown (also for another's), PT409
--          reservation_closed, and those of fleet.queue_command.
-- Definer: commands are written by functions only.
create or replace function api.cancel_reservation(
    reservation_id bigint,
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
    v_reservation core.reservations;
    v_charge_point core.charge_points;
    v_command ops.commands;
begin
    if not v_is_driver then
        perform access.require_permission('commands.write');
    end if;
    select r.* into v_reservation
    from core.reservations as r
    where
        r.id = cancel_reservation.reservation_id
        and (claims.role() = 'platform' or r.tenant_id = claims.tenant_id())
        and (not v_is_driver or r.user_id = claims.user_id());
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such reservation',
            detail = '{"error":"reservation_unknown"}',
            hint = 'Take the id from reservations.';
    end if;
    if v_reservation.state not in ('requested', 'reserved', 'unknown') then
        raise exception using
            errcode = 'PT409',
            message = format('the reservation is %s', v_reservation.state),
            detail = '{"error":"reservation_closed"}',
            hint = 'Only one that is open can be cancelled.';
    end if;

    select q.* into v_command
    from ops.commands as q
    where
        q.tenant_id = v_reservation.tenant_id
        and q.id = v_reservation.command_id
        and q.state = 'queued'
    for update;
    if found then
        v_command.state := 'cancelled';
        v_command := fleet.finish_command(v_command);
    else
        select cp.* into v_charge_point
        from core.charge_points as cp
        where
            cp.tenant_id = v_reservation.tenant_id
            and cp.id = v_reservation.charge_point_id;
        v_command := fleet.queue_command(
            v_charge_point,
            'CancelReservation',
            jsonb_build_object('reservationId', v_reservation.reservation_no),
            -- A driver neither keeps a command nor says how long it is good.
            case when not v_is_driver then keep end,
            case when not v_is_driver then make_interval(secs => expires_in_s) end,
            case when v_is_driver then 'driver' else 'api' end
        );
    end if;
    return query
    select v.*
    from fleet.show_commands(array[v_command]) as v;
end;
$$;
revoke all on function api.cancel_reservation(bigint, boolean, integer) from public;
grant execute on function api.cancel_reservation(bigint, boolean, integer)
to staff, customer, platform;
comment on function api.cancel_reservation(bigint, boolean, integer) is
    E'Cancel a reservation; a driver cancels their own.\n'
    'Returns the command that tells the charge point, or the one that asked for the reservation, '
    'cancelled, when the charge point has not heard of it yet.';
