-- Refuse what only a person may do: an API key must not make itself more lasting than it is.
--
-- Returns the sign-in of the request; null for a token of an outside issuer, which has none.
-- Called by: api.switch_tenant, api.change_password, api.create_api_key.
-- Errors:    PT403 person_required.
create or replace function access.require_person()
returns uuid
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_sid uuid;
begin
    if claims.user_id() is not null then
        v_sid := nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sid';
    end if;
    if exists (
        select from core.login_sessions as ls where ls.id = v_sid and ls.api_key_id is not null
    ) then
        raise exception using
            errcode = 'PT403',
            message = 'an api key may not do this',
            detail = '{"error":"person_required"}',
            hint = 'Sign in with e-mail and password.';
    end if;
    return v_sid;
end;
$$;
revoke all on function access.require_person() from public;
comment on function access.require_person() is 'Refuse what only a person may do.';
