-- The tariff at an EVSE: that of the connector named, or the one that all of them have.
--
-- Called by: api.preview_price.
-- Errors:    PT404 connector_unknown, tariff_missing; PT400 connector_required.
create or replace function pricing.choose_previewed_tariff(
    p_evse core.evses,
    p_connector_no integer,
    p_id_token core.id_tokens,
    p_at timestamptz,
    out tariff_version_id bigint,
    out place text,
    out audience text,
    out time_zone text
)
returns record
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_connector_ids bigint[] := array(
        select k.id
        from core.connectors as k
        where
            k.tenant_id = p_evse.tenant_id
            and k.evse_id = p_evse.id
            and k.connector_no = coalesce(p_connector_no, k.connector_no)
        order by k.connector_no
    );
    v_versions bigint;
begin
    if v_connector_ids = '{}' then
        if p_connector_no is not null then
            raise exception using
                errcode = 'PT404',
                message = 'the EVSE has no such connector',
                detail = '{"error":"connector_unknown"}',
                hint = 'connector is the number of a connector within the EVSE.';
        end if;
        v_connector_ids := array[null];
    end if;
    select
        count(distinct coalesce(c.tariff_version_id, 0)),
        (array_agg(c.tariff_version_id order by k.no))[1],
        (array_agg(c.place order by k.no))[1],
        (array_agg(c.audience order by k.no))[1],
        min(c.time_zone)
    into v_versions, tariff_version_id, place, audience, time_zone
    from unnest(v_connector_ids) with ordinality as k (id, no)
    cross join lateral pricing.choose_tariff(
        p_evse.tenant_id, p_evse.charge_point_id, p_evse.id, k.id, p_id_token.id,
        p_id_token.user_id, p_at
    ) as c;
    if v_versions > 1 then
        raise exception using
            errcode = 'PT400',
            message = 'the connectors of this EVSE differ in price',
            detail = '{"error":"connector_required"}',
            hint = 'Send connector, the number of one of them.';
    elsif tariff_version_id is null then
        raise exception using
            errcode = 'PT404',
            message = 'no tariff applies there at that time',
            detail = '{"error":"tariff_missing"}',
            hint = 'The operator has to assign one.';
    end if;
end;
$$;
revoke all on function pricing.choose_previewed_tariff(
    core.evses, integer, core.id_tokens, timestamptz
) from public;
comment on function pricing.choose_previewed_tariff(
    core.evses, integer, core.id_tokens, timestamptz
) is 'The tariff at an EVSE: that of the connector named, or the one that all of them have.';
