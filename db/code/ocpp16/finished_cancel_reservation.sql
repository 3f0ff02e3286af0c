-- OCPP 1.6 §5.1, CancelReservation.conf: the reservation is over.
--
-- Accepted ends it. Rejected says that the charge point has no such reservation: it is over as
-- well, and status_reported keeps the word.
-- Called by: when the command is finished, and by a late answer.
-- Writes:    core.reservations.
create or replace function ocpp16.finished_cancel_reservation(
    p_command ops.commands,
    p_payload jsonb,
    p_result jsonb
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_command.state in ('accepted', 'rejected') then
        update core.reservations as r
        set
            state = 'cancelled',
            status_reported = case
                when p_command.state = 'rejected' then 'Rejected'
                else r.status_reported
            end
        where
            r.tenant_id = p_command.tenant_id
            and r.charge_point_id = p_command.charge_point_id
            and r.reservation_no = ocpp.get_integer(p_payload, 'reservationId')
            and r.state in ('requested', 'reserved', 'unknown');
    end if;
end;
$$;
revoke all on function ocpp16.finished_cancel_reservation(ops.commands, jsonb, jsonb) from public;
comment on function ocpp16.finished_cancel_reservation(ops.commands, jsonb, jsonb) is
    'OCPP 1.6 CancelReservation.conf: the reservation is over.';
