-- OCPP 1.6 §5.13, ReserveNow: the reservation as an object, from the moment it is asked for.
--
-- It is the driver's whose token it is, whoever asks. The command is worth nothing once it is over.
-- Called by: fleet.queue_command.
-- Writes:    core.reservations, ops.commands.
-- Errors:    23505 reservations_open_connector_key: the connector is reserved.
create or replace function ocpp16.queued_reserve_now(p_command ops.commands, p_payload jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into core.reservations (
        tenant_id, charge_point_id, reservation_no, ocpp16_connector_id, id_token, id_token_id,
        parent_id_token, user_id, expires_at, command_id
    )
    select
        p_command.tenant_id,
        p_command.charge_point_id,
        ocpp.get_integer(p_payload, 'reservationId'),
        ocpp.get_integer(p_payload, 'connectorId'),
        p_payload ->> 'idTag',
        t.id,
        p_payload ->> 'parentIdTag',
        t.user_id,
        ocpp.parse_timestamp(p_payload ->> 'expiryDate'),
        p_command.id
    from (select lower(p_payload ->> 'idTag') as id_token_key) as k
    left join core.id_tokens as t
        on t.tenant_id = p_command.tenant_id and t.id_token_key = k.id_token_key;
    update ops.commands as q
    set expires_at = ocpp.parse_timestamp(p_payload ->> 'expiryDate')
    where
        q.tenant_id = p_command.tenant_id
        and q.id = p_command.id
        and q.expires_at > ocpp.parse_timestamp(p_payload ->> 'expiryDate');
end;
$$;
revoke all on function ocpp16.queued_reserve_now(ops.commands, jsonb) from public;
comment on function ocpp16.queued_reserve_now(ops.commands, jsonb) is
    'OCPP 1.6 ReserveNow: the reservation as an object, from the moment it is asked for.';
