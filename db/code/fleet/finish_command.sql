-- Give a command its final state, and let its action act on it.
--
-- p_command is the row as it shall be: state, and what goes with it (answered_at, error_code,
-- error_description, violations). The caller has locked the row. The result is stored masked, and
-- so are the violations and the words of an error, which quote it.
-- The payload with its secrets is given up, but for a command that is unknown: its answer may
-- still come; jobs.expire_commands ends that.
-- A function of the action that fails leaves the state as it is, is put by in
-- ops.failed_messages, and harms neither the caller nor other commands: together with
-- ocpp.handle_calls and the job runner this is where any error may be caught (DESIGN 28). What
-- may be gone at the next try (a lock, a deadlock, a shutdown) is the caller's.
-- Called by: ocpp.finish_command, fleet.lose_commands, jobs.expire_commands, api.cancel_command.
-- Writes:    ops.commands, ops.command_secrets, ops.failed_messages, and what finished_<action>
--            writes.
create or replace function fleet.finish_command(
    p_command ops.commands,
    p_result jsonb default null
)
returns ops.commands
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_command ops.commands;
    v_payload jsonb;
    v_hook text;
    v_sqlstate text;
    v_error text;
begin
    update ops.commands as q
    set state = p_command.state,
        answered_at = p_command.answered_at,
        finished_at = clock_timestamp(),
        result = fleet.mask_json(p_result),
        error_code = left(p_command.error_code, 100),
        error_description = left(ocpp.mask_payload(p_command.error_description), 1000),
        violations = fleet.mask_json(p_command.violations)
    where q.tenant_id = p_command.tenant_id and q.id = p_command.id
    returning * into v_command;

    select s.payload into v_payload
    from ops.command_secrets as s
    where s.tenant_id = v_command.tenant_id and s.command_id = v_command.id;
    if found and v_command.state <> 'unknown' then
        delete from ops.command_secrets as s
        where s.tenant_id = v_command.tenant_id and s.command_id = v_command.id;
    end if;

    v_hook := fleet.find_command_hook('finished', v_command.ocpp_version, v_command.action);
    if v_hook is null then
        return v_command;
    end if;
    begin
        execute format('select %s($1, $2, $3)', v_hook)
        using v_command, coalesce(v_payload, v_command.payload), p_result;
        -- A deferred constraint speaks here, or it would speak to the caller.
        set constraints all immediate;
    exception
        when
            transaction_rollback or lock_not_available or query_canceled
            or connection_exception or insufficient_resources or operator_intervention
            or system_error or data_corrupted or index_corrupted
        then
            raise;
        when others then
            get stacked diagnostics
                v_sqlstate = returned_sqlstate,
                v_error = message_text;
            v_error := ocpp.mask_payload(v_error);
            raise log 'fleet: % of command % failed: % %',
                v_hook, v_command.id, v_sqlstate, v_error;
            if
                fleet.is_within_volume(
                    v_command.tenant_id, v_command.charge_point_id, 'failed_messages'
                )
            then
                insert into ops.failed_messages (
                    tenant_id, charge_point_id, connection_id, message_id, action, payload,
                    sqlstate, error, received_at
                )
                values (
                    v_command.tenant_id, v_command.charge_point_id,
                    coalesce(v_command.connection_id, 0), v_command.message_id, v_command.action,
                    coalesce(ocpp.mask_payload(ocpp.compact_json(p_result)), 'null'),
                    v_sqlstate, v_error, clock_timestamp()
                );
            end if;
    end;
    return v_command;
end;
$$;
revoke all on function fleet.finish_command(ops.commands, jsonb) from public;
comment on function fleet.finish_command(ops.commands, jsonb) is
    'Give a command its final state and call the function of its action for that.';
