-- An entry of a local list in the words of OCPP 1.6 §7.1, AuthorizationData, without nulls:
-- {"idTag": ..., "idTagInfo": {"status": ..., "expiryDate": ..., "parentIdTag": ...}}.
--
-- Called by: charging.list_local_list_entries, charging.list_installed_entries,
--            charging.read_local_list_entries.
create or replace function charging.make_local_list_entry(
    p_id_token text,
    p_status text,
    p_expires_at timestamptz,
    p_parent_id_token text
)
returns jsonb
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return jsonb_build_object(
        'idTag', p_id_token,
        'idTagInfo', jsonb_strip_nulls(jsonb_build_object(
            'status', p_status,
            'expiryDate', ocpp.format_timestamp(p_expires_at),
            'parentIdTag', p_parent_id_token
        ))
    );
end;
$$;
revoke all on function charging.make_local_list_entry(text, text, timestamptz, text) from public;
comment on function charging.make_local_list_entry(text, text, timestamptz, text) is
    'An entry of a local list in the words of OCPP 1.6.';
