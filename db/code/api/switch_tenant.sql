-- Continue in another tenant that the person belongs to.
--
-- A token of an outside issuer must not become a sign-in of ours: that would outlive what its
-- issuer takes back. Such a person chooses with the claim tenant_id.
-- Writes:  core.login_sessions (the present sign-in ends), core.refresh_tokens, core.memberships.
-- Errors:  PT404 tenant_unknown, also for a tenant of others; PT403 person_required,
--          outside_token.
-- Definer: the memberships in other tenants are out of the person's sight.
create or replace function api.switch_tenant(tenant text)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_sid constant uuid := access.require_person();
    v_tenant_id bigint;
    v_tokens json;
begin
    if not exists (
        select
        from core.login_sessions as ls
        where
            ls.id = v_sid
            and ls.user_id = claims.user_id()
            and ls.revoked_at is null
            and ls.expires_at > now()
    ) then
        raise exception using
            errcode = 'PT403',
            message = 'a token of an outside issuer cannot switch',
            detail = '{"error":"outside_token"}',
            hint = 'Ask the issuer for a token with the claim tenant_id.';
    end if;
    select m.tenant_id
    into v_tenant_id
    from core.memberships as m
    inner join core.tenants as t on t.id = m.tenant_id
    where
        m.user_id = claims.user_id()
        and m.is_active
        and t.is_active
        and switch_tenant.tenant in (t.slug, t.id::text)
    -- A slug may look like another tenant's id.
    order by t.slug = switch_tenant.tenant desc
    limit 1;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'you belong to no such tenant',
            detail = '{"error":"tenant_unknown"}',
            hint = 'The function me lists your tenants.';
    end if;

    v_tokens := access.open_sign_in(claims.user_id(), v_tenant_id);
    update core.login_sessions as ls
    set revoked_at = now(), revoke_reason = 'tenant_switched'
    where ls.id = v_sid and ls.user_id = claims.user_id() and ls.revoked_at is null;
    return v_tokens;
end;
$$;
revoke all on function api.switch_tenant(text) from public;
grant execute on function api.switch_tenant(text) to staff, customer, platform;
comment on function api.switch_tenant(text) is
    E'Continue in another tenant that you belong to, named by slug or id.\n'
    'Returns new tokens as login does; the old ones are refused from now on.';
