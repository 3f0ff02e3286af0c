-- The document of a tariff, in either version of OCPI.
--
-- Errors:  PT404 tariff_unknown; PT400 ocpi_version_invalid; PT409 tariff_not_expressible.
-- Definer: reads private functions, and rows of the person's own tenant only.
create or replace function api.tariff(
    tariff text,
    ocpi_version text default null,
    version_no integer default null
)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_version core.tariff_versions;
begin
    select v.* into v_version
    from core.tariffs as t
    inner join core.tariff_versions as v on v.tenant_id = t.tenant_id and v.tariff_id = t.id
    where
        t.tenant_id = claims.tenant_id()
        and t.tariff_key = lower(tariff.tariff)
        and (tariff.version_no is null or v.version_no = tariff.version_no)
    -- What is valid now, else what starts next, else what ended last.
    order by
        v.valid @> now() desc,
        lower(v.valid) > now() desc,
        case when lower(v.valid) > now() then lower(v.valid) end,
        v.version_no desc
    limit 1;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('there is no such version of a tariff %s', left(tariff.tariff, 36)),
            detail = '{"error":"tariff_unknown"}',
            hint = 'Take tariff_id and version_no from tariff_versions.';
    end if;
    return pricing.convert_tariff(
        v_version.document,
        v_version.ocpi_version,
        coalesce(tariff.ocpi_version, v_version.ocpi_version)
    );
end;
$$;
revoke all on function api.tariff(text, text, integer) from public;
grant execute on function api.tariff(text, text, integer) to staff, platform;
comment on function api.tariff(text, text, integer) is
    E'The OCPI document of a tariff, as it was put or in another version of OCPI.\n'
    'tariff is its OCPI id; ocpi_version is 2.2.1 or 2.3.0, left out that in which it was put; '
    'version_no left out means what is valid now, else what starts next, else what ended last. '
    'Prices with tax included cannot be said in 2.2.1.';
