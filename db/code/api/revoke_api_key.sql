-- Revoke an API key, the own or with api_keys.write anybody's of the tenant. Repeatable.
--
-- Writes:  core.api_keys, core.login_sessions.
-- Errors:  PT404 api_key_unknown, also for a key that one may not see.
-- Definer: nobody may write keys.
create or replace function api.revoke_api_key(id bigint)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform
    from core.api_keys as k
    where
        k.id = revoke_api_key.id
        and (k.tenant_id = claims.tenant_id() or claims.role() = 'platform')
        and (k.user_id = claims.user_id() or claims.has_permission('api_keys.write'))
    for update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such api key',
            detail = '{"error":"api_key_unknown"}',
            hint = 'The relation api_keys lists them.';
    end if;

    update core.api_keys as k
    set revoked_at = now()
    where k.id = revoke_api_key.id and k.revoked_at is null;
    update core.login_sessions as ls
    set revoked_at = now(), revoke_reason = 'api_key_revoked'
    where ls.api_key_id = revoke_api_key.id and ls.revoked_at is null;
end;
$$;
revoke all on function api.revoke_api_key(bigint) from public;
grant execute on function api.revoke_api_key(bigint) to staff, platform;
comment on function api.revoke_api_key(bigint) is
    E'Revoke an API key.\nIts access tokens are refused from now on.';
