-- Commands in flight on connections that ended: unknown, for their frames may have arrived.
--
-- Called by: fleet.begin_connection, fleet.end_connections.
-- Writes:    ops.commands (rows locked), and what finished_<action> writes.
create or replace function fleet.lose_commands(p_connection_ids bigint[])
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_command ops.commands;
begin
    -- A loop, as the functions behind it are per command.
    for v_command in
        select q.*
        from ops.connections as c
        inner join ops.commands as q
            on q.tenant_id = c.tenant_id and q.charge_point_id = c.charge_point_id
        where c.id = any(p_connection_ids) and q.state = 'sent' and q.connection_id = c.id
        order by q.tenant_id, q.charge_point_id
        for update of q
    loop
        v_command.state := 'unknown';
        v_command.error_code := 'ConnectionLost';
        perform fleet.finish_command(v_command);
    end loop;
end;
$$;
revoke all on function fleet.lose_commands(bigint[]) from public;
comment on function fleet.lose_commands(bigint[]) is
    'Make the commands in flight on connections that ended unknown.';
