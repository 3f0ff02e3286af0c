-- Hash a charge point's Basic authentication key as it is stored and looked up.
--
-- Called by: fleet.create_charge_point_key, ocpp.open_connection.
-- Keyed and fast on purpose: keys are random, so a slow hash would only make a reconnect
-- storm expensive; without the pepper a stolen table is of no use.
-- Errors:    55000 when `migrate` has not stored the pepper.
create or replace function fleet.hash_charge_point_key(p_key bytea)
returns bytea
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return extensions.hmac(
        p_key, convert_to(access.get_secret('charge_point_key_pepper'), 'UTF8'), 'sha256'
    );
end;
$$;
revoke all on function fleet.hash_charge_point_key(bytea) from public;
comment on function fleet.hash_charge_point_key(bytea) is
    'HMAC-SHA256 of a charge point''s key under the installation''s pepper.';
