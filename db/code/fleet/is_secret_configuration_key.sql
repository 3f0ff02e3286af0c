-- Whether the value of a configuration key is a secret: exactly those that the log masks.
--
-- Called by: fleet.record_configuration.
create or replace function fleet.is_secret_configuration_key(p_key text)
returns boolean
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return strpos(
        ocpp.mask_payload(
            jsonb_build_object('key', replace(p_key, '*', ''), 'value', 'x')::text
        ),
        '***'
    ) > 0;
end;
$$;
revoke all on function fleet.is_secret_configuration_key(text) from public;
comment on function fleet.is_secret_configuration_key(text) is
    'Whether the value of a configuration key is a secret.';
