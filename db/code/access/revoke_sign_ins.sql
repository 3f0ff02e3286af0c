-- End sign-ins of a person: their access and refresh tokens are refused from now on.
--
-- p_tenant_id null means every tenant; p_except keeps one. Sign-ins of API keys end only where a
-- tenant is named: keys outlive passwords.
-- Writes: core.login_sessions.
create or replace function access.revoke_sign_ins(
    p_user_id uuid, p_reason text, p_tenant_id bigint default null, p_except uuid default null
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    update core.login_sessions as ls
    set revoked_at = now(), revoke_reason = p_reason
    where
        ls.user_id = p_user_id
        and ls.revoked_at is null
        and case
            when p_tenant_id is null then ls.api_key_id is null else ls.tenant_id = p_tenant_id
        end
        and ls.id is distinct from p_except;
$$;
revoke all on function access.revoke_sign_ins(uuid, text, bigint, uuid) from public;
comment on function access.revoke_sign_ins(uuid, text, bigint, uuid) is
    'End sign-ins of a person: their tokens are refused from now on.';
