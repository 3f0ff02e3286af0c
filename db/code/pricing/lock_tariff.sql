-- Find a tariff of the person's tenant by its OCPI id, and lock its row: versions of one tariff are
-- written one after the other.
--
-- Called by: api.put_tariff, api.end_tariff.
-- Errors:    PT404 tariff_unknown.
create or replace function pricing.lock_tariff(p_tariff text)
returns core.tariffs
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tariff core.tariffs;
begin
    select t.* into v_tariff
    from core.tariffs as t
    where t.tenant_id = claims.tenant_id() and t.tariff_key = lower(p_tariff)
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('there is no tariff %s', left(p_tariff, 36)),
            detail = '{"error":"tariff_unknown"}',
            hint = 'Take tariff_id from tariffs.';
    end if;
    return v_tariff;
end;
$$;
revoke all on function pricing.lock_tariff(text) from public;
comment on function pricing.lock_tariff(text) is
    'Find a tariff of the person''s tenant by its OCPI id, and lock its row.';
