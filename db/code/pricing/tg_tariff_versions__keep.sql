-- What a version of a tariff says never changes: only the moment of its end may move, and a person
-- who is deleted leaves no name. A version that a session was offered or priced with stays.
--
-- Called by: triggers of core.tariff_versions before update and delete, for each row, and truncate.
-- Errors:    PT403 tariff_version_fixed; PT409 tariff_version_used.
-- Definer:   it looks for sessions in all of the tenant's.
create or replace function pricing.tg_tariff_versions__keep()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'DELETE' then
        if pricing.is_tariff_version_used(old.tenant_id, old.id) then
            raise exception using
                errcode = 'PT409',
                message = format('version %s of the tariff was used', old.version_no),
                detail = '{"error":"tariff_version_used"}',
                hint = 'Put a new version that starts later.';
        end if;
        return old;
    end if;
    if
        tg_op = 'UPDATE'
        and lower(new.valid) = lower(old.valid)
        and (new.created_by is null or new.created_by = old.created_by)
        and row(
            new.tenant_id, new.id, new.tariff_id, new.version_no, new.ocpi_version,
            -- As text: a jsonb number equals one with other decimals.
            new.document::text, new.compiled::text, new.tariff_hash, new.currency, new.created_at
        ) is not distinct from row(
            old.tenant_id, old.id, old.tariff_id, old.version_no, old.ocpi_version,
            old.document::text, old.compiled::text, old.tariff_hash, old.currency, old.created_at
        )
    then
        return new;
    end if;
    raise exception using
        errcode = 'PT403',
        message = format('a version of a tariff never changes: no %s', lower(tg_op)),
        detail = '{"error":"tariff_version_fixed"}',
        hint = 'Put a new version with put_tariff.';
end;
$$;
revoke all on function pricing.tg_tariff_versions__keep() from public;
comment on function pricing.tg_tariff_versions__keep() is
    'Trigger: what a version of a tariff says never changes, and one that was used stays.';

-- Whether a session was offered a version, or a rating is made with it; from p_from on where given:
-- sessions that started then or later.
create or replace function pricing.is_tariff_version_used(
    p_tenant_id bigint,
    p_tariff_version_id bigint,
    p_from timestamptz default '-infinity'
)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select
        from core.session_tariffs as st
        inner join core.sessions as s on s.tenant_id = st.tenant_id and s.id = st.session_id
        where
            st.tenant_id = p_tenant_id
            and st.tariff_version_id = p_tariff_version_id
            and s.started_at >= p_from
    )
    or exists (
        select
        from core.ratings as r
        where
            r.tenant_id = p_tenant_id
            and r.tariff_version_id = p_tariff_version_id
            and r.started_at >= p_from
    );
end;
$$;
revoke all on function pricing.is_tariff_version_used(bigint, bigint, timestamptz) from public;
comment on function pricing.is_tariff_version_used(bigint, bigint, timestamptz) is
    'Whether a session was offered a version of a tariff or priced with it, from a moment on.';
