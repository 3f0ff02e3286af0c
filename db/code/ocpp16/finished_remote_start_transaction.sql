-- OCPP 1.6 §5.11, RemoteStartTransaction: a refused one has started nothing.
--
-- Called by: fleet.finish_command.
-- A session that began while the answer was under way was tied to the command; with a refusal it
-- was somebody's at the charger.
-- Writes:    core.sessions.
create or replace function ocpp16.finished_remote_start_transaction(
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
    if p_command.state in ('rejected', 'error') then
        update core.sessions as s
        set command_id = null
        where s.tenant_id = p_command.tenant_id and s.command_id = p_command.id;
    end if;
end;
$$;
revoke all on function ocpp16.finished_remote_start_transaction(
    ops.commands, jsonb, jsonb
) from public;
comment on function ocpp16.finished_remote_start_transaction(ops.commands, jsonb, jsonb) is
    'OCPP 1.6 RemoteStartTransaction: release the session of a command that was refused.';
