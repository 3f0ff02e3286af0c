-- Retire the keys of a charge point that are older than one.
--
-- A key that still waits to be sent is taken back with its command: sent later, it would replace
-- a newer one at the charger and be refused here, and the charger would be locked out.
-- p_before_id: the key that stays, null when none of them does.
-- Called by: fleet.note_charge_point_key_use, api.create_charge_point_key.
-- Writes:    ops.commands (rows locked), core.charge_point_keys.
create or replace function fleet.retire_charge_point_keys(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_before_id bigint
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
    -- Commands are locked before keys, as where one is finished.
    for v_command in
        select q.*
        from ops.commands as q
        where
            q.tenant_id = p_tenant_id
            and q.charge_point_id = p_charge_point_id
            and q.state = 'queued'
            and q.id in (
                select k.command_id
                from core.charge_point_keys as k
                where
                    k.tenant_id = p_tenant_id
                    and k.charge_point_id = p_charge_point_id
                    and k.retired_at is null
                    and (p_before_id is null or k.id < p_before_id)
            )
        order by q.id
        for update
    loop
        v_command.state := 'cancelled';
        v_command.error_description := 'another key took its place before it was sent';
        perform fleet.finish_command(v_command);
    end loop;
    update core.charge_point_keys as k
    set retired_at = now()
    where
        k.tenant_id = p_tenant_id
        and k.charge_point_id = p_charge_point_id
        and k.retired_at is null
        and (p_before_id is null or k.id < p_before_id);
end;
$$;
revoke all on function fleet.retire_charge_point_keys(bigint, bigint, bigint) from public;
comment on function fleet.retire_charge_point_keys(bigint, bigint, bigint) is
    'Retire the older keys of a charge point, and take back those that wait to be sent.';
