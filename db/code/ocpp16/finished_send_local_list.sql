-- OCPP 1.6 §7.47, UpdateStatus: the list that a charge point accepted is what it has.
--
-- Any other outcome of an update that was sent leaves it uncertain what stands there: the next
-- update is a full one (§5.15 says so for Failed and VersionMismatch). NotSupported says that
-- there is no list. Updates that wait behind one that failed are cancelled: they build on it.
-- Called by: when the command is finished, and by a late answer, which says nothing any more when a
--            newer version was accepted since.
-- Writes:    core.local_lists, core.local_list_entries; ops.commands of the same batch.
create or replace function ocpp16.finished_send_local_list(
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
declare
    v_list constant core.local_lists := charging.lock_local_list(
        p_command.tenant_id, p_command.charge_point_id
    );
    v_version constant integer := ocpp.get_integer(p_payload, 'listVersion');
    v_status constant text := left(ocpp.get_text(p_result, 'status'), 50);
    v_has_none constant boolean := lower(v_status) is not distinct from 'notsupported';
begin
    if v_version <= v_list.version then
        return;
    end if;
    if p_command.state = 'accepted' then
        perform charging.install_local_list(p_command, p_payload);
        return;
    end if;
    -- One that was never sent has changed nothing.
    if p_command.state not in ('expired', 'cancelled') then
        update core.local_lists as l
        set
            is_certain = v_has_none,
            version = case when v_has_none then -1 else l.version end,
            status_reported = coalesce(v_status, p_command.error_code, l.status_reported)
        where
            l.tenant_id = p_command.tenant_id
            and l.charge_point_id = p_command.charge_point_id;
        if v_has_none then
            delete from core.local_list_entries as e
            where
                e.tenant_id = p_command.tenant_id
                and e.charge_point_id = p_command.charge_point_id;
        end if;
    end if;
    if p_command.batch_id is not null and p_command.error_code is distinct from 'Superseded' then
        perform charging.cancel_local_list_updates(
            p_command.tenant_id, p_command.charge_point_id, p_command.batch_id
        );
    end if;
end;
$$;
revoke all on function ocpp16.finished_send_local_list(ops.commands, jsonb, jsonb) from public;
comment on function ocpp16.finished_send_local_list(ops.commands, jsonb, jsonb) is
    'OCPP 1.6 SendLocalList.conf: the list that a charge point accepted is what it has.';
