-- Let a driver wait for the answer to one command before the next of its kind.
--
-- An impatient finger must not fill the queue that the operator needs as well.
-- Called by: charging.send_driver_start, charging.send_driver_stop.
-- Errors:    PT409 command_pending.
create or replace function charging.refuse_second_command(
    p_action text,
    p_charge_point core.charge_points
)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (
        select
        from ops.commands as c
        where
            c.tenant_id = p_charge_point.tenant_id
            and c.charge_point_id = p_charge_point.id
            and c.state in ('queued', 'sent')
            and c.action = p_action
            and c.requested_by = claims.user_id()
    ) then
        raise exception using
            errcode = 'PT409',
            message = 'your last command waits for its answer',
            detail = '{"error":"command_pending"}',
            hint = 'commands says what became of it; it takes a few seconds.';
    end if;
end;
$$;
revoke all on function charging.refuse_second_command(text, core.charge_points) from public;
comment on function charging.refuse_second_command(text, core.charge_points) is
    'Let a driver wait for the answer to one command before the next of its kind.';
