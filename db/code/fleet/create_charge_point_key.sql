-- Give a charge point a new random key; it is returned once and stored as a hash.
--
-- Called by: api.create_charge_point_key, api.admit_charge_point, the demo seed.
-- Writes:    core.charge_point_keys.
-- The keys it has stay valid: the connection that first uses the new one retires them, so
-- that a charger that loses power between receiving and storing its key can still come back.
-- 20 letters and digits: OCPP 1.6 security whitepaper A00.FR.205 asks for 16 bytes or more
-- and AuthorizationKey holds at most 20 bytes (40 hexadecimal digits).
create or replace function fleet.create_charge_point_key(
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
    v_key constant text := fleet.create_authorization_key('text');
begin
    insert into core.charge_point_keys (tenant_id, charge_point_id, key_hash)
    values (
        p_tenant_id, p_charge_point_id,
        fleet.hash_charge_point_key(convert_to(v_key, 'UTF8'))
    );
    return v_key;
end;
$$;
revoke all on function fleet.create_charge_point_key(bigint, bigint) from public;
comment on function fleet.create_charge_point_key(bigint, bigint) is
    'Create a key of 20 letters and digits for a charge point; shown once, stored hashed.';
