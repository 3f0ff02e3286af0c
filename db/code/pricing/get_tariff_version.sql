-- The version of a tariff, by the tariff's OCPI id, that is valid at a moment.
--
-- Called by: pricing.set_operator_tariff, api.rerate_transaction.
-- Errors:    PT404 tariff_unknown (also for another tenant's), PT409 tariff_not_valid.
create or replace function pricing.get_tariff_version(
    p_tenant_id bigint,
    p_tariff text,
    p_at timestamptz
)
returns core.tariff_versions
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tariff core.tariffs;
    v_version core.tariff_versions;
begin
    select t.* into v_tariff
    from core.tariffs as t
    where t.tenant_id = p_tenant_id and t.tariff_key = lower(p_tariff);
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such tariff',
            detail = '{"error":"tariff_unknown"}',
            hint = 'See tariffs for those that exist.';
    end if;
    select v.* into v_version
    from core.tariff_versions as v
    where
        v.tenant_id = p_tenant_id and v.tariff_id = v_tariff.id and v.valid @> p_at;
    if not found then
        raise exception using
            errcode = 'PT409',
            message = format('the tariff %s was not valid at that time', v_tariff.tariff_id),
            detail = '{"error":"tariff_not_valid"}',
            hint = 'See tariff_versions for the times of its versions.';
    end if;
    return v_version;
end;
$$;
revoke all on function pricing.get_tariff_version(bigint, text, timestamptz) from public;
comment on function pricing.get_tariff_version(bigint, text, timestamptz) is
    'The version of a tariff that is valid at a moment.';
