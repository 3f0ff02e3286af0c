-- The row of a charge point's local list, made when it is missing, and locked: two updates of one
-- list wait for each other.
--
-- Called by: api.send_local_list and the hooks of SendLocalList and GetLocalListVersion.
create or replace function charging.lock_local_list(p_tenant_id bigint, p_charge_point_id bigint)
returns core.local_lists
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_list core.local_lists;
begin
    insert into core.local_lists (tenant_id, charge_point_id)
    values (p_tenant_id, p_charge_point_id)
    on conflict (tenant_id, charge_point_id) do nothing;
    select l.* into v_list
    from core.local_lists as l
    where l.tenant_id = p_tenant_id and l.charge_point_id = p_charge_point_id
    for no key update;
    return v_list;
end;
$$;
revoke all on function charging.lock_local_list(bigint, bigint) from public;
comment on function charging.lock_local_list(bigint, bigint) is
    'The row of a charge point''s local list, locked.';
