-- Make room for a version of a tariff from a moment on: the version that is valid then ends there,
-- one that starts right then is taken away. Returns where the next version starts, null for none.
--
-- Called by: api.put_tariff, with the row of the tariff locked.
-- Writes:    core.tariff_versions.
-- Errors:    PT409 tariff_version_used.
create or replace function pricing.make_room(p_tariff core.tariffs, p_from timestamptz)
returns timestamptz
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_version core.tariff_versions;
begin
    select v.* into v_version
    from core.tariff_versions as v
    where
        v.tenant_id = p_tariff.tenant_id
        and v.tariff_id = p_tariff.id
        and v.valid @> p_from;
    if found then
        -- From now on every session gets the new version. One that starts at this very moment keeps
        -- what it was offered.
        if
            p_from < now()
            and pricing.is_tariff_version_used(v_version.tenant_id, v_version.id, p_from)
        then
            raise exception using
                errcode = 'PT409',
                message = format(
                    'sessions that started after that moment used version %s of the tariff',
                    v_version.version_no
                ),
                detail = '{"error":"tariff_version_used"}',
                hint = 'Let the new version start later; rerate_transaction changes one session.';
        end if;
        if lower(v_version.valid) = p_from then
            delete from core.tariff_versions as v
            where v.tenant_id = v_version.tenant_id and v.id = v_version.id;
        else
            update core.tariff_versions as v
            set valid = tstzrange(lower(v.valid), p_from)
            where v.tenant_id = v_version.tenant_id and v.id = v_version.id;
        end if;
    end if;
    return (
        select min(lower(v.valid))
        from core.tariff_versions as v
        where
            v.tenant_id = p_tariff.tenant_id
            and v.tariff_id = p_tariff.id
            and lower(v.valid) > p_from
    );
end;
$$;
revoke all on function pricing.make_room(core.tariffs, timestamptz) from public;
comment on function pricing.make_room(core.tariffs, timestamptz) is
    'Make room for a version of a tariff from a moment on; returns where the next one starts.';
