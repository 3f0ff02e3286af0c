-- Take a command back that has not been sent.
--
-- Needs the permission of its action; a driver takes back their own.
-- Writes:  ops.commands (row locked), and what finished_<action> writes.
-- Errors:  PT404 command_unknown, PT403 permission_missing, PT409 command_not_queued.
-- Definer: commands are written by functions only.
create or replace function api.cancel_command(command_id bigint)
returns setof api.commands
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_role constant text := claims.role();
    v_command ops.commands;
begin
    -- Of a platform admin the id alone is known; ids are one series for all tenants.
    select q.* into v_command
    from ops.commands as q
    where
        q.id = command_id
        and q.tenant_id = any(
            array(
                select t.id
                from core.tenants as t
                where t.id = claims.tenant_id() or v_role = 'platform'
            )
        )
        and (v_role <> 'customer' or q.requested_by = claims.user_id())
    for update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such command',
            detail = '{"error":"command_unknown"}';
    end if;
    if v_role <> 'customer' then
        perform access.require_permission(a.permission)
        from ops.command_actions as a
        where a.ocpp_version = v_command.ocpp_version and a.action = v_command.action;
    end if;
    if v_command.state <> 'queued' then
        raise exception using
            errcode = 'PT409',
            message = format('the command is %s', v_command.state),
            detail = '{"error":"command_not_queued"}',
            hint = 'Only a command that has not been sent can be cancelled.';
    end if;
    v_command.state := 'cancelled';
    v_command := fleet.finish_command(v_command);
    return query
    select v.*
    from fleet.show_commands(array[v_command]) as v;
end;
$$;
revoke all on function api.cancel_command(bigint) from public;
grant execute on function api.cancel_command(bigint) to staff, customer, platform;
comment on function api.cancel_command(bigint) is
    E'Take a command back that is still queued.\n'
    'Returns it, cancelled. A driver can take back their own.';
