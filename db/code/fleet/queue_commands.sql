-- Queue several commands of one kind for one charge point, in order: all of them or none.
--
-- p_is_member says that the charge point is one of many: one that cannot take the commands gets a
-- row in state expired that says why, instead of failing the rest, as in fleet.send_commands.
-- The caller has checked who may do this.
-- Called by: api functions whose work takes several commands, or other ones for each charge point.
-- Writes:    as fleet.queue_command.
-- Errors:    those of fleet.queue_command.
create or replace function fleet.queue_commands(
    p_charge_point core.charge_points,
    p_action text,
    p_payloads jsonb[],
    p_keep boolean,
    p_expires_in interval,
    p_batch_id uuid,
    p_is_member boolean
)
returns setof ops.commands
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payload jsonb;
    v_command ops.commands;
    v_commands ops.commands[] := '{}';
    v_detail text;
begin
    -- Loops: the order of the commands is that of their ids.
    if not p_is_member then
        foreach v_payload in array p_payloads loop
            return next fleet.queue_command(
                p_charge_point, p_action, v_payload, p_keep, p_expires_in,
                p_batch_id => p_batch_id
            );
        end loop;
        return;
    end if;

    begin
        foreach v_payload in array p_payloads loop
            v_command := fleet.queue_command(
                p_charge_point, p_action, v_payload, p_keep, p_expires_in,
                p_batch_id => p_batch_id, p_raise_offline => false
            );
            v_commands := v_commands || v_command;
            exit when v_command.state = 'expired';
        end loop;
    exception
        when sqlstate 'PT404' or sqlstate 'PT409' then
            get stacked diagnostics v_detail = pg_exception_detail;
            v_commands := array[
                fleet.record_refused_command(
                    p_charge_point, p_action, v_payload, p_batch_id,
                    v_detail::jsonb ->> 'error'
                )
            ];
    end;
    foreach v_command in array v_commands loop
        return next v_command;
    end loop;
end;
$$;
revoke all on function fleet.queue_commands(
    core.charge_points, text, jsonb[], boolean, interval, uuid, boolean
) from public;
comment on function fleet.queue_commands(
    core.charge_points, text, jsonb[], boolean, interval, uuid, boolean
) is 'Queue several commands of one kind for one charge point, in order.';
