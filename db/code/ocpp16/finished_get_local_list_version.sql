-- OCPP 1.6 §5.10, GetLocalListVersion.conf: whether the list is what we think it is.
--
-- -1 says that there is no list and 0 that it is empty, which is certain; another version than
-- ours says that somebody else wrote it, so that the next update is a full one. A version above
-- 2,000,000,000 is none: versions only grow, and there would soon be no next one.
-- Called by: when the command is finished, and by a late answer, which says nothing any more when
--            an update was sent since.
-- Writes:    core.local_lists, core.local_list_entries.
create or replace function ocpp16.finished_get_local_list_version(
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
    v_version constant integer := ocpp.get_integer(p_result, 'listVersion');
    v_list core.local_lists;
begin
    if p_command.state <> 'accepted' or v_version is null or v_version < -1 then
        return;
    end if;
    v_list := charging.lock_local_list(p_command.tenant_id, p_command.charge_point_id);
    if charging.has_newer_local_list(p_command) then
        return;
    end if;
    if v_version <= 0 then
        delete from core.local_list_entries as e
        where
            e.tenant_id = p_command.tenant_id
            and e.charge_point_id = p_command.charge_point_id;
    end if;
    update core.local_lists as l
    set
        version = case when v_version <= 2000000000 then v_version end,
        is_certain = v_version <= 0
            or v_list.is_certain and v_version is not distinct from v_list.version,
        checked_at = coalesce(p_command.answered_at, now())
    where
        l.tenant_id = p_command.tenant_id
        and l.charge_point_id = p_command.charge_point_id;
end;
$$;
revoke all on function ocpp16.finished_get_local_list_version(ops.commands, jsonb, jsonb)
from public;
comment on function ocpp16.finished_get_local_list_version(ops.commands, jsonb, jsonb) is
    'OCPP 1.6 GetLocalListVersion.conf: whether the list is what we think it is.';
