-- Erase what is known about a person in a tenant: ops.personal_data says what is deleted, what is
-- overwritten and what the law keeps. What the audit log says about them is overwritten as well.
--
-- What a person is in all tenants (name, e-mail, password) goes with the last tenant that erases.
-- Returns the rows deleted or overwritten, by table.
-- Called by: api.erase_person, which has checked that nothing is open.
-- Writes:    core.erasures (before anything else), the tables of ops.personal_data,
--            core.audit_log.
create or replace function access.erase_person(
    p_tenant_id bigint,
    p_user_id uuid,
    p_reason text
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_last constant boolean := not exists (
        select
        from core.memberships as m
        where
            m.user_id = p_user_id
            and m.tenant_id <> p_tenant_id
            and not exists (
                select
                from core.erasures as e
                where
                    e.tenant_id = m.tenant_id and e.user_id = p_user_id and e.state = 'done'
            )
    );
    v_place ops.personal_data;
    v_count bigint;
    v_counts jsonb := '{}';
begin
    insert into core.erasures (tenant_id, user_id, requested_by, written_in)
    values (p_tenant_id, p_user_id, claims.user_id(), pg_current_xact_id())
    on conflict (tenant_id, user_id) where state = 'requested'
    do update set written_in = excluded.written_in;

    -- A company stays: the person only looked after it.
    update core.customers as c
    set user_id = null, contact_name = null
    where c.tenant_id = p_tenant_id and c.user_id = p_user_id and c.kind = 'company';

    -- What the audit says, before the rows that lead there are gone, and once more of what this
    -- erasure itself wrote.
    v_count := access.erase_audit(p_tenant_id, p_user_id, v_is_last);
    for v_place in
        select p.*
        from ops.personal_data as p
        where p.on_erasure <> 'keep' and (v_is_last or not p.is_shared)
        order by p.position
    loop
        v_counts := v_counts || jsonb_build_object(
            v_place.table_name, access.erase_rows(v_place, p_tenant_id, p_user_id)
        );
    end loop;
    v_count := v_count + access.erase_audit(p_tenant_id, p_user_id, v_is_last);
    v_counts := v_counts || jsonb_build_object('core.audit_log', v_count);
    update core.erasures as e
    set
        state = 'done',
        reason = p_reason,
        erased_at = now(),
        erased_by = claims.user_id(),
        counts = v_counts
    where e.tenant_id = p_tenant_id and e.user_id = p_user_id and e.state = 'requested';
    return v_counts;
end;
$$;
revoke all on function access.erase_person(bigint, uuid, text) from public;
comment on function access.erase_person(bigint, uuid, text) is
    'Erase what is known about a person in a tenant, in the audit log too.';

-- Delete or overwrite the rows of one table that are about a person; how many it were.
--
-- Called by: access.erase_person.
create or replace function access.erase_rows(
    p_place ops.personal_data,
    p_tenant_id bigint,
    p_user_id uuid
)
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count bigint;
begin
    execute case p_place.on_erasure
        when 'delete'
            then format('delete from %s as r where %s', p_place.table_name, p_place.found_by)
        else format(
            'update %s as r set %s where %s',
            p_place.table_name,
            (
                select string_agg(format('%I = %s', c.key, c.value), ', ')
                from jsonb_each_text(p_place.cleared) as c
            ),
            p_place.found_by
        )
    end using p_tenant_id, p_user_id;
    get diagnostics v_count = row_count;
    return v_count;
end;
$$;
revoke all on function access.erase_rows(ops.personal_data, bigint, uuid) from public;
comment on function access.erase_rows(ops.personal_data, bigint, uuid) is
    'Delete or overwrite the rows of one table that are about a person; how many it were.';

-- Overwrite what the audit log says about a person; how many entries it were.
--
-- Found by the keys of the rows that are there, and by what is written in entries of rows that are
-- gone. Of tables that are deleted from every value is overwritten but for numbers that lead on,
-- of others the columns that are cleared or follow from those.
-- Called by: access.erase_person.
create or replace function access.erase_audit(
    p_tenant_id bigint,
    p_user_id uuid,
    p_is_last boolean
)
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_customers constant text[] := array(
        select c.id::text
        from core.customers as c
        where c.tenant_id = p_tenant_id and c.user_id = p_user_id
    );
    v_place ops.personal_data;
    v_keys jsonb[];
    v_columns text[];
    v_count bigint;
    v_total bigint := 0;
begin
    for v_place in
        select p.*
        from ops.personal_data as p
        where p.on_erasure <> 'keep' and (p_is_last or not p.is_shared)
    loop
        select array_agg(a.attname::text) into v_columns
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_attribute as a
            on a.attrelid = i.indrelid and a.attnum = any (i.indkey::smallint[])
        where i.indrelid = v_place.table_name::regclass and i.indisprimary;
        execute format(
            'select array_agg((select jsonb_object_agg(k.name, to_jsonb(r) -> k.name) '
            'from unnest($3) as k (name))) from %s as r where %s',
            v_place.table_name, v_place.found_by
        )
        into v_keys using p_tenant_id, p_user_id, v_columns;

        update core.audit_log as l
        set
            old_values = access.mask_values(l.old_values, v_place),
            new_values = access.mask_values(l.new_values, v_place),
            row_key = access.mask_values(l.row_key, v_place)
        where
            l.table_name = v_place.table_name
            and (l.tenant_id = p_tenant_id or v_place.is_shared)
            and (
                l.row_key = any (v_keys)
                or coalesce(l.new_values, l.old_values) ->> 'user_id' = p_user_id::text
                or l.row_key ->> 'customer_id' = any (v_customers)
            )
            and (
                l.old_values is distinct from access.mask_values(l.old_values, v_place)
                or l.new_values is distinct from access.mask_values(l.new_values, v_place)
                or l.row_key is distinct from access.mask_values(l.row_key, v_place)
            );
        get diagnostics v_count = row_count;
        v_total := v_total + v_count;
    end loop;
    return v_total;
end;
$$;
revoke all on function access.erase_audit(bigint, uuid, boolean) from public;
comment on function access.erase_audit(bigint, uuid, boolean) is
    'Overwrite what the audit log says about a person; how many entries it were.';

-- The values of an audit entry with what is personal in them overwritten.
--
-- Called by: access.erase_audit.
create or replace function access.mask_values(p_values jsonb, p_place ops.personal_data)
returns jsonb
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case
        when p_values is null or p_values = '{}' then p_values
        else (
            select jsonb_object_agg(
                v.key,
                case
                    when v.value = 'null' then v.value
                    -- What became of a row is no secret, only whose it was.
                    when
                        p_place.on_erasure = 'clear'
                        and (p_place.cleared ? v.key or v.key = any(p_place.masked))
                        and v.key not in ('state', 'is_active', 'is_blocked', 'ends_at', 'erased_at')
                        then '"***"'
                    when
                        p_place.on_erasure = 'delete'
                        and v.key not in ('tenant_id', 'id', 'user_id', 'customer_id', 'kind')
                        then '"***"'
                    else v.value
                end
            )
            from jsonb_each(p_values) as v
        )
    end;
$$;
revoke all on function access.mask_values(jsonb, ops.personal_data) from public;
comment on function access.mask_values(jsonb, ops.personal_data) is
    'The values of an audit entry with what is personal in them overwritten.';
