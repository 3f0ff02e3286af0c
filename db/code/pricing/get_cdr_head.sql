-- Who charged where, in the terms of OCPI: what a CDR says beside periods and costs.
--
-- Kept with each rating, since a CDR tells how things were (OCPI 2.2.1 mod_cdrs): a street that is
-- renamed changes no receipt. What is not known is left out: a site without coordinates, say.
-- {"session_id"?, "cdr_token": CdrToken, "auth_method", "cdr_location": CdrLocation}.
-- The token of somebody who registered it with us belongs to our party, one with a contract id to
-- the party that the id names.
-- Called by: pricing.rate_sessions, pricing.rate_reservations.
create or replace function pricing.get_cdr_head(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_evse_id bigint,
    p_connector_id bigint,
    p_id_token text,
    p_id_token_id bigint,
    p_auth_method text,
    p_session_id bigint
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select jsonb_strip_nulls(jsonb_build_object(
            'session_id', p_session_id::text,
            'cdr_token', jsonb_build_object(
                'country_code', coalesce(split_part(k.contract_id, '-', 1), t.country_code),
                'party_id', coalesce(split_part(k.contract_id, '-', 2), t.party_id),
                'uid', p_id_token,
                'type', case
                    when k.type in ('ISO14443', 'ISO15693') then 'RFID'
                    when k.type = 'eMAID' then 'EMAID'
                    when k.type = 'Central' then 'APP_USER'
                    when k.type = 'NoAuthorization' then 'AD_HOC_USER'
                    else 'OTHER'
                end,
                'contract_id', coalesce(k.contract_id, p_id_token)
            ),
            'auth_method', p_auth_method,
            'cdr_location', jsonb_build_object(
                'id', coalesce(s.id::text, format('charge-point-%s', cp.id)),
                'name', coalesce(s.name, cp.name),
                'address', left(s.address, 45),
                'city', left(s.city, 45),
                'postal_code', left(s.postal_code, 10),
                'country', fleet.get_alpha3_code(coalesce(s.country_code, t.country_code)),
                'coordinates', case
                    when s.latitude is not null
                        then jsonb_build_object(
                            'latitude', s.latitude::text, 'longitude', s.longitude::text
                        )
                end,
                'evse_uid', e.id::text,
                'evse_id', e.evse_id,
                'connector_id', c.connector_no::text,
                'connector_standard', c.connector_type,
                'connector_format', c.format,
                'connector_power_type', c.power_type
            )
        ))
        from core.tenants as t
        inner join core.charge_points as cp
            on cp.tenant_id = t.id and cp.id = p_charge_point_id
        left join core.sites as s on s.tenant_id = cp.tenant_id and s.id = cp.site_id
        left join core.evses as e on e.tenant_id = t.id and e.id = p_evse_id
        left join core.connectors as c on c.tenant_id = t.id and c.id = p_connector_id
        left join core.id_tokens as k on k.tenant_id = t.id and k.id = p_id_token_id
        where t.id = p_tenant_id
    );
end;
$$;
revoke all on function pricing.get_cdr_head(
    bigint, bigint, bigint, bigint, text, bigint, text, bigint
) from public;
comment on function pricing.get_cdr_head(
    bigint, bigint, bigint, bigint, text, bigint, text, bigint
) is 'Who charged where, in the terms of OCPI: what a CDR says beside periods and costs.';
