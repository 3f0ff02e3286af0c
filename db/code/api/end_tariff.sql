-- End a tariff: from then on no session gets it.
--
-- The version that is valid then ends there, planned ones that would start later are taken away.
-- A last version that would have ended before lasts until then.
-- Writes:  core.tariff_versions, with the row of core.tariffs locked.
-- Errors:  PT403 permission_missing; PT404 tariff_unknown; PT400 tariff_validity_empty; PT409
--          tariff_version_used.
-- Definer: versions are written by functions only.
create or replace function api.end_tariff(tariff text, ends_at timestamptz default now())
returns setof api.tariffs
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_ends_at constant timestamptz := coalesce(end_tariff.ends_at, now());
    v_tariff core.tariffs;
begin
    perform access.require_permission('tariffs.write');
    v_tariff := pricing.lock_tariff(end_tariff.tariff);
    if not isfinite(v_ends_at) then
        raise exception using
            errcode = 'PT400',
            message = 'a tariff ends at a moment',
            detail = '{"error":"tariff_validity_empty","path":"ends_at","reason":"is no moment"}',
            hint = 'Name the moment, or leave ends_at out for now.';
    end if;
    perform pricing.make_room(v_tariff, v_ends_at);
    delete from core.tariff_versions as v
    where
        v.tenant_id = v_tariff.tenant_id
        and v.tariff_id = v_tariff.id
        and lower(v.valid) > v_ends_at;
    update core.tariff_versions as v
    set valid = tstzrange(lower(v.valid), v_ends_at)
    where
        v.tenant_id = v_tariff.tenant_id
        and v.id = (
            select l.id
            from core.tariff_versions as l
            where l.tenant_id = v_tariff.tenant_id and l.tariff_id = v_tariff.id
            order by lower(l.valid) desc
            limit 1
        )
        and upper(v.valid) is distinct from v_ends_at;
    return query
    select t.* from api.tariffs as t
    where t.tenant_id = v_tariff.tenant_id and t.id = v_tariff.id;
end;
$$;
revoke all on function api.end_tariff(text, timestamptz) from public;
grant execute on function api.end_tariff(text, timestamptz) to staff, platform;
comment on function api.end_tariff(text, timestamptz) is
    E'End a tariff: from a moment on, now when it is left out, no session gets it.\n'
    'tariff is its OCPI id. The version that is valid then ends there, planned ones that would '
    'start later are withdrawn; one that would have ended before lasts until then. Sessions that '
    'have the tariff keep it. Refused where sessions after that moment used it. Needs '
    'tariffs.write.';
