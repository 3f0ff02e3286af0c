-- The function that a version has for a step in the life of one kind of command, or null.
--
-- ocpp16.prepare_reserve_now(core.charge_points, jsonb) returns jsonb
--     before it is queued: may complete the payload, or refuse. The command has no id yet.
-- ocpp16.queued_reserve_now(ops.commands, jsonb)
--     after the insert, in the same transaction: writes what belongs to the command.
-- ocpp16.finished_reserve_now(ops.commands, jsonb, jsonb)
--     once it has its final state, with the payload and the result (null without one); again when
--     a late answer moves it on from unknown.
-- All are optional and found by name, so that api.send_command and the friendly functions have
-- the same effects. Payloads are whole here, secrets included.
-- Called by: fleet.queue_command, fleet.finish_command.
create or replace function fleet.find_command_hook(
    p_step text,
    p_ocpp_version text,
    p_action text
)
returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select to_regprocedure(
        'ocpp' || replace(p_ocpp_version, '.', '') || '.' || p_step || '_'
        || lower(regexp_replace(p_action, '(?<=.)([A-Z])', '_\1', 'g'))
        || case p_step
            when 'prepare' then '(core.charge_points, jsonb)'
            when 'queued' then '(ops.commands, jsonb)'
            else '(ops.commands, jsonb, jsonb)'
        end
    )::oid::regproc::text
$$;
revoke all on function fleet.find_command_hook(text, text, text) from public;
comment on function fleet.find_command_hook(text, text, text) is
    'The function for a step (prepare, queued, finished) of one kind of command, null for none.';
