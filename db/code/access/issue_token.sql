-- Sign a person in without a password: for `python -m db token`, run by the owner of the database.
--
-- p_tenant is a slug or null. Returns what api.login returns.
-- Errors: PT404 user_unknown, tenant_unknown; PT401 user_inactive.
create or replace function access.issue_token(p_email text, p_tenant text default null)
returns json
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_user_id uuid;
    v_tenant_id bigint;
begin
    select u.id into v_user_id from core.users as u where lower(u.email) = lower(btrim(p_email));
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'nobody has this e-mail address',
            detail = '{"error":"user_unknown"}';
    end if;
    if p_tenant is not null then
        select t.id into v_tenant_id from core.tenants as t where t.slug = p_tenant;
        if not found then
            raise exception using
                errcode = 'PT404',
                message = 'there is no such tenant',
                detail = '{"error":"tenant_unknown"}';
        end if;
    end if;
    return access.open_sign_in(v_user_id, v_tenant_id);
end;
$$;
revoke all on function access.issue_token(text, text) from public;
comment on function access.issue_token(text, text) is
    'Sign a person in without a password: for the owner of the database.';
