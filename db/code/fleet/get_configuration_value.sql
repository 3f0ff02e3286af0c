-- What a charge point last said of a configuration key, whatever the key's case; null when that is
-- not known.
--
-- Called by: hooks of commands, which keep the limits that a charge point names.
create or replace function fleet.get_configuration_value(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_key text
)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select k.value
        from core.configuration_keys as k
        where
            k.tenant_id = p_tenant_id
            and k.charge_point_id = p_charge_point_id
            and lower(k.key) = lower(p_key)
            and not k.is_unknown
    );
end;
$$;
revoke all on function fleet.get_configuration_value(bigint, bigint, text) from public;
comment on function fleet.get_configuration_value(bigint, bigint, text) is
    'What a charge point last said of a configuration key, null when that is not known.';

-- The same for a limit: what is no whole number from p_least on is as good as not known, for a
-- limit of 0 would forbid what the charge point has said that it can.
create or replace function fleet.get_configuration_limit(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_key text,
    p_least integer
)
returns integer
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit constant numeric := ocpp.parse_numeric(
        fleet.get_configuration_value(p_tenant_id, p_charge_point_id, p_key)
    );
begin
    if v_limit between p_least and 1000000000 and v_limit = trunc(v_limit) then
        return v_limit::integer;
    end if;
    return null;
end;
$$;
revoke all on function fleet.get_configuration_limit(bigint, bigint, text, integer) from public;
comment on function fleet.get_configuration_limit(bigint, bigint, text, integer) is
    'A limit that a charge point names in its configuration, null when that is not known.';
