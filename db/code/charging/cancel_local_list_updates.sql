-- Cancel updates of a local list that wait: of one call, or all of the charge point.
--
-- Called by: ocpp16.finished_send_local_list, for what builds on an update that failed, and
--            api.send_local_list, whose full list takes the place of what waits.
-- Writes:    ops.commands.
-- The list's row is locked by then, while whoever ends or sends a command locks the command first:
-- what is locked is passed over, or the two would wait for each other. It is ended or sent just
-- now, and an update that is sent is one that the next full list replaces.
create or replace function charging.cancel_local_list_updates(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_batch_id uuid
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_command ops.commands;
begin
    -- A loop: each is finished with what its kind has to do then.
    for v_command in
        select q.*
        from ops.commands as q
        where
            q.tenant_id = p_tenant_id
            and q.charge_point_id = p_charge_point_id
            and q.state = 'queued'
            and q.action = 'SendLocalList'
            and (p_batch_id is null or q.batch_id = p_batch_id)
        order by q.id
        for update skip locked
    loop
        v_command.state := 'cancelled';
        v_command.error_code := 'Superseded';
        perform fleet.finish_command(v_command);
    end loop;
end;
$$;
revoke all on function charging.cancel_local_list_updates(bigint, bigint, uuid) from public;
comment on function charging.cancel_local_list_updates(bigint, bigint, uuid) is
    'Cancel updates of a local list that wait.';
