-- OCPP 1.6 §5.15, SendLocalList: take note of the version, which is given once.
--
-- Called by: fleet.queue_command.
-- Writes:    core.local_lists.
create or replace function ocpp16.queued_send_local_list(p_command ops.commands, p_payload jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    update core.local_lists as l
    set sent_version = greatest(l.sent_version, ocpp.get_integer(p_payload, 'listVersion'))
    where
        l.tenant_id = p_command.tenant_id
        and l.charge_point_id = p_command.charge_point_id;
end;
$$;
revoke all on function ocpp16.queued_send_local_list(ops.commands, jsonb) from public;
comment on function ocpp16.queued_send_local_list(ops.commands, jsonb) is
    'OCPP 1.6 SendLocalList: take note of the version.';
