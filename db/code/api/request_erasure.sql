-- Ask to be erased. Repeatable: the request that waits is the same.
--
-- Returns the number of the request.
-- Writes:  core.erasures.
-- Errors:  PT403 person_required.
-- Definer: nobody else writes erasures.
-- Source:  GDPR, article 17.
create or replace function api.request_erasure()
returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id bigint;
begin
    perform access.require_person();
    insert into core.erasures (tenant_id, user_id, requested_by)
    values (claims.tenant_id(), claims.user_id(), claims.user_id())
    on conflict (tenant_id, user_id) where state = 'requested' do nothing
    returning id into v_id;
    return coalesce(
        v_id,
        (
            select e.id
            from core.erasures as e
            where
                e.tenant_id = claims.tenant_id()
                and e.user_id = claims.user_id()
                and e.state = 'requested'
        )
    );
end;
$$;
revoke all on function api.request_erasure() from public;
grant execute on function api.request_erasure() to staff, customer, platform;
comment on function api.request_erasure() is
    E'Ask to be erased; returns the number of the request.\n'
    'Somebody of the tenant does it (erase_person) once nothing is open any more: erasures shows '
    'how it stands.';
