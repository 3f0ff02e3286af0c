-- Everything that is known about a person in a tenant: {"exported_at", "tenant", "data": {"core.x":
-- {"about", "rows": [..]}}}. ops.personal_data says where it is; hidden columns are left out.
--
-- Called by: api.export_my_data, api.export_person.
create or replace function access.export_person(p_tenant_id bigint, p_user_id uuid)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_place ops.personal_data;
    v_rows jsonb;
    v_data jsonb := '{}';
begin
    for v_place in
        select p.* from ops.personal_data as p where p.is_exported order by p.position
    loop
        execute format(
            'select jsonb_agg(to_jsonb(r) - $3) from %s as r where %s',
            v_place.table_name, v_place.found_by
        )
        into v_rows using p_tenant_id, p_user_id, v_place.hidden;
        if v_rows is not null then
            v_data := v_data || jsonb_build_object(
                v_place.table_name, jsonb_build_object('about', v_place.note, 'rows', v_rows)
            );
        end if;
    end loop;
    return jsonb_build_object(
        'exported_at', now(),
        'tenant', (select t.name from core.tenants as t where t.id = p_tenant_id),
        'data', v_data
    );
end;
$$;
revoke all on function access.export_person(bigint, uuid) from public;
comment on function access.export_person(bigint, uuid) is
    'Everything that is known about a person in a tenant.';
