-- Count a refused handshake of a known charge point, in one row a minute for each reason.
--
-- The lock makes attempts that arrive at once meet in the same row, so that a stranger adds at
-- most one row a minute and reason however often they knock.
-- Called by: ocpp.open_connection.
-- Writes:    ops.connections.
create or replace function fleet.record_refusal(
    p_connection ops.connections
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pg_advisory_xact_lock(
        hashtextextended('fleet.record_refusal', p_connection.charge_point_id)
    );
    update ops.connections as c
    set attempts = c.attempts + 1,
        closed_at = clock_timestamp(),
        remote_address = p_connection.remote_address,
        user_agent = p_connection.user_agent
    where c.id = (
        select last.id
        from ops.connections as last
        where
            last.tenant_id = p_connection.tenant_id
            and last.charge_point_id = p_connection.charge_point_id
            and last.outcome = 'refused'
            and last.refuse_reason is not distinct from p_connection.refuse_reason
            and last.opened_at > clock_timestamp() - interval '1 minute'
        order by last.opened_at desc
        limit 1
    );
    if found then
        return;
    end if;
    insert into ops.connections (
        tenant_id, charge_point_id, bridge_id, outcome, refuse_reason, remote_address,
        user_agent, is_tls, tls_version, opened_at, closed_at
    )
    values (
        p_connection.tenant_id, p_connection.charge_point_id, p_connection.bridge_id, 'refused',
        p_connection.refuse_reason, p_connection.remote_address, p_connection.user_agent,
        p_connection.is_tls, p_connection.tls_version, clock_timestamp(), clock_timestamp()
    );
end;
$$;
revoke all on function fleet.record_refusal(ops.connections) from public;
comment on function fleet.record_refusal(ops.connections) is
    'Count a refused handshake of a known charge point, in one row a minute for each reason.';
