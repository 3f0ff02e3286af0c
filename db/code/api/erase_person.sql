-- Erase a person of the tenant, for good: access.erase_person.
--
-- Returns the rows deleted or overwritten, by table.
-- Errors:  PT400 reason_required; PT403 permission_missing; PT404 user_unknown, also for people of
--          other tenants; PT409 erasure_refused (its detail lists "obstacles"), person_is_oneself.
-- Definer: nobody may write all that knows a person.
-- Source:  GDPR, article 17; what is kept for paragraph 3 (b).
create or replace function api.erase_person(user_id uuid, reason text)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set statement_timeout = '60s'
as $$
declare
    v_tenant_id constant bigint := claims.tenant_id();
    v_obstacles jsonb;
begin
    perform access.require_permission('privacy.write');
    if length(btrim(erase_person.reason)) between 3 and 500 is not true then
        raise exception using
            errcode = 'PT400',
            message = 'a reason has 3 to 500 characters',
            detail = '{"error":"reason_required"}',
            hint = 'Say who asked for it, and how.';
    end if;
    if erase_person.user_id = claims.user_id() then
        raise exception using
            errcode = 'PT409',
            message = 'nobody erases themselves',
            detail = '{"error":"person_is_oneself"}',
            hint = 'Ask a colleague.';
    end if;
    perform access.lock_person(v_tenant_id, erase_person.user_id);
    -- Nothing is invoiced or paid meanwhile.
    perform
    from core.accounts as a
    inner join core.customers as c on c.tenant_id = a.tenant_id and c.id = a.customer_id
    where a.tenant_id = v_tenant_id and c.user_id = erase_person.user_id
    order by a.id
    for no key update of a;
    v_obstacles := access.list_erasure_obstacles(v_tenant_id, erase_person.user_id);
    if v_obstacles <> '[]' then
        raise exception using
            errcode = 'PT409',
            message = format(
                'the person has something open: %s',
                (
                    select string_agg(distinct replace(o.value ->> 'kind', '_', ' '), ', ')
                    from jsonb_array_elements(v_obstacles) as o
                )
            ),
            detail = json_build_object('error', 'erasure_refused', 'obstacles', v_obstacles),
            hint = 'Bill it, settle it or write it off first.';
    end if;
    return access.erase_person(v_tenant_id, erase_person.user_id, erase_person.reason);
end;
$$;
revoke all on function api.erase_person(uuid, text) from public;
grant execute on function api.erase_person(uuid, text) to staff, platform;
comment on function api.erase_person(uuid, text) is
    E'Erase a person of the tenant, for good.\n'
    'Name, e-mail, cards and what the audit log says of them are overwritten; invoices and the '
    'books stay, as the law demands. Refused while something is open. Takes the permission '
    'privacy.write.';
