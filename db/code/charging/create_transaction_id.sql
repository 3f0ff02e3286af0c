-- A transaction id for OCPP 1.6: positive, 31 bits, unpredictable, new for the charge point.
--
-- Called by: charging.start_session, charging.create_orphan_session.
-- The unique key of core.sessions has the last word.
create or replace function charging.create_transaction_id(
    p_tenant_id bigint,
    p_charge_point_id bigint
)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_number integer;
begin
    -- A loop, for one draw in two thousand millions may be taken or zero.
    loop
        v_number := ('x' || left(gen_random_uuid()::text, 8))::bit(32)::integer & 2147483647;
        exit when v_number > 0 and not exists (
            select
            from core.sessions as s
            where
                s.tenant_id = p_tenant_id
                and s.charge_point_id = p_charge_point_id
                and s.transaction_id = v_number::text
        );
    end loop;
    return v_number::text;
end;
$$;
revoke all on function charging.create_transaction_id(bigint, bigint) from public;
comment on function charging.create_transaction_id(bigint, bigint) is
    'An unpredictable positive 31-bit transaction id, new for the charge point.';
