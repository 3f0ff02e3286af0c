-- The session that runs on a connector, by its transaction id where one is named.
--
-- Called by: ocpp16.prepare_set_charging_profile: a TxProfile needs one (OCPP 1.6 §5.16.4).
-- Errors:    PT409 session_not_running.
create or replace function charging.find_running_session(
    p_charge_point core.charge_points,
    p_ocpp16_connector_id integer,
    p_transaction_id integer
)
returns core.sessions
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session core.sessions;
begin
    select s.* into v_session
    from core.sessions as s
    inner join core.connectors as c on c.tenant_id = s.tenant_id and c.id = s.connector_id
    where
        s.tenant_id = p_charge_point.tenant_id
        and s.charge_point_id = p_charge_point.id
        and s.state = 'active'
        and s.protocol = 'ocpp1.6'
        and c.ocpp16_connector_id = p_ocpp16_connector_id
        and (p_transaction_id is null or s.transaction_id = p_transaction_id::text)
    order by s.started_at desc
    limit 1;
    if not found then
        raise exception using
            errcode = 'PT409',
            message = 'no such session runs on the connector',
            detail = '{"error":"session_not_running"}',
            hint = 'A TxProfile is for a session that runs; TxDefaultProfile is for those to come.';
    end if;
    return v_session;
end;
$$;
revoke all on function charging.find_running_session(core.charge_points, integer, integer)
from public;
comment on function charging.find_running_session(core.charge_points, integer, integer) is
    'The session that runs on a connector.';
