-- OCPP 1.6 §7.40, ReservationStatus: what became of a reservation that was asked for.
--
-- Accepted reserves; Faulted, Occupied, Rejected and Unavailable do not, nor does an error. An
-- answer that never came leaves it open. One that was used, cancelled or has expired stays so.
-- Called by: when the command is finished, and by a late answer.
-- Writes:    core.reservations.
create or replace function ocpp16.finished_reserve_now(
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
declare
    v_status constant text := left(ocpp.get_text(p_result, 'status'), 50);
begin
    update core.reservations as r
    set
        state = case
            when p_command.state = 'accepted' then 'reserved'
            when p_command.state = 'unknown' then 'unknown'
            when p_command.state in ('expired', 'cancelled') then 'cancelled'
            else 'rejected'
        end,
        status_reported = coalesce(v_status, p_command.error_code)
    where
        r.tenant_id = p_command.tenant_id
        and r.command_id = p_command.id
        and r.state in ('requested', 'unknown');
end;
$$;
revoke all on function ocpp16.finished_reserve_now(ops.commands, jsonb, jsonb) from public;
comment on function ocpp16.finished_reserve_now(ops.commands, jsonb, jsonb) is
    'OCPP 1.6 ReserveNow.conf: what became of a reservation that was asked for.';
