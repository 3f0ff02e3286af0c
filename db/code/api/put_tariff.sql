-- Put an OCPI tariff: a new one, or a new version of the one with its id.
--
-- The version starts at starts_at; else at the document's start_date_time, which for a tariff that
-- has versions already counts only when it is still to come; else now. It ends at the document's
-- end_date_time or where the next version starts. The version before ends where it starts; one that
-- starts at the same moment is replaced. Putting what is valid then already makes none.
-- Writes:  core.tariffs (row locked), core.tariff_versions.
-- Errors:  PT403 permission_missing; PT400 tariff_invalid, tariff_id_required,
--          tariff_validity_empty, ocpi_version_invalid; PT409 tariff_version_used.
-- Definer: versions are written by functions only.
create or replace function api.put_tariff(
    document jsonb,
    starts_at timestamptz default null,
    name text default null,
    ocpi_version text default null
)
returns setof api.tariff_versions
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_tenant_id constant bigint := claims.tenant_id();
    v_tariff_id constant text := put_tariff.document ->> 'id';
    v_hash text;
    v_ocpi_version text;
    v_tariff core.tariffs;
    v_from timestamptz;
    v_to timestamptz;
    v_version_no integer;
    v_same bigint;
begin
    perform access.require_permission('tariffs.write');
    perform pricing.check_tariff(put_tariff.document);
    if v_tariff_id is null then
        raise exception using
            errcode = 'PT400',
            message = 'a tariff that is stored has an id',
            detail = '{"error":"tariff_id_required","path":"$.id","reason":"is missing"}',
            hint = 'Send one tariff, with the id that it keeps in all its versions.';
    end if;
    v_ocpi_version := pricing.judge_ocpi_version(put_tariff.document, put_tariff.ocpi_version);
    v_hash := pricing.hash_tariff(put_tariff.document);

    -- The row stays locked: versions of one tariff are put one after the other.
    insert into core.tariffs (tenant_id, tariff_id, name)
    values (v_tenant_id, v_tariff_id, btrim(coalesce(put_tariff.name, v_tariff_id)))
    on conflict (tenant_id, tariff_key) do nothing;
    v_tariff := pricing.lock_tariff(v_tariff_id);
    update core.tariffs as t
    set name = btrim(put_tariff.name)
    where
        t.tenant_id = v_tenant_id
        and t.id = v_tariff.id
        and t.name <> btrim(put_tariff.name);

    v_from := coalesce(
        put_tariff.starts_at,
        pricing.judge_tariff_start(v_tariff, put_tariff.document),
        now()
    );
    select v.id into v_same
    from core.tariff_versions as v
    where
        v.tenant_id = v_tenant_id
        and v.tariff_id = v_tariff.id
        and v.valid @> v_from
        and v.tariff_hash = v_hash
        and v.ocpi_version = v_ocpi_version;
    if v_same is null then
        v_to := pricing.make_room(v_tariff, v_from);
        v_to := least(v_to, pricing.parse_moment(put_tariff.document ->> 'end_date_time'));
        if v_to <= v_from or not isfinite(v_from) then
            raise exception using
                errcode = 'PT400',
                message = 'a version has a start, and an end after it or none',
                detail = case
                    when isfinite(v_from) then jsonb_build_object(
                        'error', 'tariff_validity_empty', 'path', '$.end_date_time',
                        'reason', 'is not later than the start of the version'
                    )
                    else '{"error":"tariff_validity_empty","path":"starts_at","reason":"is no moment"}'
                end,
                hint = 'Send a later end_date_time, or none, or an earlier starts_at.';
        end if;
        select coalesce(max(v.version_no), 0) + 1 into v_version_no
        from core.tariff_versions as v
        where v.tenant_id = v_tenant_id and v.tariff_id = v_tariff.id;
        insert into core.tariff_versions as v (
            tenant_id, tariff_id, version_no, ocpi_version, document, compiled, tariff_hash,
            currency, valid, created_by
        )
        values (
            v_tenant_id,
            v_tariff.id,
            v_version_no,
            v_ocpi_version,
            put_tariff.document,
            pricing.compile_tariff(put_tariff.document),
            v_hash,
            put_tariff.document ->> 'currency',
            tstzrange(v_from, v_to),
            claims.user_id()
        )
        returning v.id into v_same;
    end if;
    return query
    select v.* from api.tariff_versions as v where v.tenant_id = v_tenant_id and v.id = v_same;
end;
$$;
revoke all on function api.put_tariff(jsonb, timestamptz, text, text) from public;
grant execute on function api.put_tariff(jsonb, timestamptz, text, text) to staff, platform;
comment on function api.put_tariff(jsonb, timestamptz, text, text) is
    E'Put an OCPI tariff: a new one, or a new version of the one with its id.\n'
    'document is a tariff of OCPI 2.2.1 or 2.3.0 (ocpi_version says which where it cannot be '
    'seen). The version starts at starts_at, else at a start_date_time that is still to come, else '
    'now, and the version before ends there; one that would start at the same moment is replaced '
    'as long as no session used it. It ends at end_date_time or where the next planned version '
    'starts. A start in the past is possible only where no session would have to change. name is '
    'what people see. Putting what is valid then already makes no version. Needs tariffs.write.';
