-- The connector of an EVSE where a token may begin a session now.
--
-- p_connector_no is its number within the EVSE (OCPP 2.0.1's connectorId), null for whichever is
-- free.
-- Called by: functions of api for drivers.
-- Errors:    those of charging.choose_free_connector.
create or replace function charging.choose_connector(
    p_evse core.evses,
    p_connector_no integer,
    p_id_token core.id_tokens
)
returns core.connectors
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return charging.choose_free_connector(
        array(
            select k
            from core.connectors as k
            where
                k.tenant_id = p_evse.tenant_id
                and k.evse_id = p_evse.id
                and k.connector_no = coalesce(p_connector_no, k.connector_no)
            order by k.connector_no
        ),
        p_id_token
    );
end;
$$;
revoke all on function charging.choose_connector(core.evses, integer, core.id_tokens) from public;
comment on function charging.choose_connector(core.evses, integer, core.id_tokens) is
    'The connector of an EVSE where a token may begin a session now.';
