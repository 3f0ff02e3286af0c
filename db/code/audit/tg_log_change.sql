-- Write one row of core.audit_log for a change of a row.
--
-- Trigger arguments name columns: `key_hash` is masked, `-status` is left out (an update that
-- touches only such columns, or updated_at, writes nothing). Names that always hold secrets are
-- masked without being named.
-- An entry belongs to the tenant of the row. A row without one (a person, say) is the entry of the
-- tenant where the actor works, but nobody's when the platform acts: then it is not for the
-- tenant's admins where a platform admin happens to be a member.
-- Called by: triggers <table>__log_change, after insert or update or delete, for each row.
-- Writes:    core.audit_log.
-- Definer:   nobody else may write the log.
create or replace function audit.tg_log_change()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_secret constant text[] := array[
        'password', 'password_hash', 'key_hash', 'token_hash', 'secret', 'api_key', 'private_key',
        'access_token', 'refresh_token'
    ];
    v_row jsonb;
    v_old jsonb;
    v_new jsonb;
    v_key jsonb;
    v_column text;
begin
    if tg_op <> 'INSERT' then
        v_old := to_jsonb(old);
    end if;
    if tg_op <> 'DELETE' then
        v_new := to_jsonb(new);
    end if;
    v_row := coalesce(v_new, v_old);

    select jsonb_object_agg(a.attname, v_row -> a.attname::text)
    into v_key
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_attribute as a
        on a.attrelid = i.indrelid and a.attnum = any (i.indkey::smallint[])
    where i.indrelid = tg_relid and i.indisprimary;

    if tg_op = 'UPDATE' then
        v_old := v_old - 'updated_at';
        v_new := v_new - 'updated_at';
    end if;
    for v_column in
        select substr(arg.name, 2) from unnest(tg_argv) as arg (name) where arg.name like '-%'
    loop
        v_old := v_old - v_column;
        v_new := v_new - v_column;
    end loop;

    if tg_op = 'UPDATE' then
        select jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, v_new -> o.key)
        into v_old, v_new
        from jsonb_each(v_old) as o
        where o.value is distinct from v_new -> o.key;
        if v_old is null then
            return null;
        end if;
    end if;

    -- Masked after the comparison: that a secret changed is worth knowing, its value is not.
    for v_column in
        select k.name
        from jsonb_object_keys(coalesce(v_old, v_new)) as k (name)
        where k.name = any (v_secret) or k.name = any (tg_argv)
    loop
        if v_old -> v_column <> 'null' then
            v_old := jsonb_set(v_old, array[v_column], '"***"');
        end if;
        if v_new -> v_column <> 'null' then
            v_new := jsonb_set(v_new, array[v_column], '"***"');
        end if;
        if v_key ? v_column then
            v_key := jsonb_set(v_key, array[v_column], '"***"');
        end if;
    end loop;

    insert into core.audit_log (
        tenant_id, changed_at, user_id, actor, table_name, row_key, operation,
        old_values, new_values
    )
    values (
        case
            when tg_table_schema = 'core' and tg_table_name = 'tenants'
                then (v_row ->> 'id')::bigint
            when v_row ? 'tenant_id' then (v_row ->> 'tenant_id')::bigint
            when claims.role() is distinct from 'platform' then claims.tenant_id()
        end,
        now(),
        claims.user_id(),
        coalesce(claims.role(), session_user),
        format('%s.%s', tg_table_schema, tg_table_name),
        coalesce(v_key, '{}'),
        lower(tg_op),
        v_old,
        v_new
    );
    return null;
end;
$$;
revoke all on function audit.tg_log_change() from public;
comment on function audit.tg_log_change() is
    'Trigger: write who changed which row from what to what, secrets masked.';
