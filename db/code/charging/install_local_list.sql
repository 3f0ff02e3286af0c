-- Carry an update of a local list that was accepted over to what is known of the list.
--
-- A full list is certain; a differential update is as certain as what it changed. Neither is where
-- the answer comes late and a newer update was sent since: that one may stand there as well. An
-- entry without a status takes its token away (OCPP 1.6 §7.1).
-- Called by: ocpp16.finished_send_local_list, with the list's row locked.
-- Writes:    core.local_lists, core.local_list_entries.
create or replace function charging.install_local_list(p_command ops.commands, p_payload jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_full constant boolean := p_payload ->> 'updateType' = 'Full';
    v_entries constant jsonb := coalesce(p_payload -> 'localAuthorizationList', '[]');
begin
    delete from core.local_list_entries as e
    where
        e.tenant_id = p_command.tenant_id
        and e.charge_point_id = p_command.charge_point_id
        and (
            v_is_full
            or e.id_token_key in (
                select lower(n.entry ->> 'idTag') from jsonb_array_elements(v_entries) as n (entry)
            )
        );
    insert into core.local_list_entries (
        tenant_id, charge_point_id, id_token_key, id_token, status, expires_at, parent_id_token
    )
    select
        p_command.tenant_id,
        p_command.charge_point_id,
        lower(n.entry ->> 'idTag'),
        n.entry ->> 'idTag',
        n.entry #>> '{idTagInfo,status}',
        ocpp.parse_timestamp(n.entry #>> '{idTagInfo,expiryDate}'),
        n.entry #>> '{idTagInfo,parentIdTag}'
    from jsonb_array_elements(v_entries) as n (entry)
    where n.entry #> '{idTagInfo,status}' is not null;
    update core.local_lists as l
    set
        version = ocpp.get_integer(p_payload, 'listVersion'),
        is_certain = (v_is_full or l.is_certain)
            and not charging.has_newer_local_list(p_command),
        status_reported = 'Accepted',
        updated_at = coalesce(p_command.answered_at, now())
    where
        l.tenant_id = p_command.tenant_id
        and l.charge_point_id = p_command.charge_point_id;
end;
$$;
revoke all on function charging.install_local_list(ops.commands, jsonb) from public;
comment on function charging.install_local_list(ops.commands, jsonb) is
    'Carry an accepted update of a local list over to what is known of the list.';

-- Whether an update of the local list was sent after a command, whatever became of it.
--
-- Commands of a charge point are sent in the order of their ids.
-- Called by: charging.install_local_list, ocpp16.finished_get_local_list_version.
create or replace function charging.has_newer_local_list(p_command ops.commands)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select
        from ops.commands as q
        where
            q.tenant_id = p_command.tenant_id
            and q.charge_point_id = p_command.charge_point_id
            and q.id > p_command.id
            and q.action = 'SendLocalList'
            and q.sent_at is not null
    );
end;
$$;
revoke all on function charging.has_newer_local_list(ops.commands) from public;
comment on function charging.has_newer_local_list(ops.commands) is
    'Whether an update of the local list was sent after a command.';
