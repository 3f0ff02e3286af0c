-- Take a one-time token: marks it used and returns whose it is.
--
-- Writes: core.one_time_tokens (row locked).
-- Errors: PT400 one_time_token_invalid, for an unknown, used or expired one alike.
create or replace function access.use_token(p_token text, p_purpose text)
returns uuid
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_user_id uuid;
begin
    update core.one_time_tokens as ot
    set used_at = now()
    where
        ot.token_hash = access.hash_token(p_token)
        and ot.purpose = p_purpose
        and ot.used_at is null
        and ot.expires_at > now()
    returning ot.user_id into v_user_id;
    if v_user_id is null then
        raise exception using
            errcode = 'PT400',
            message = 'this token is unknown, used or expired',
            detail = '{"error":"one_time_token_invalid"}',
            hint = 'Ask for a new e-mail and follow the newest link.';
    end if;
    return v_user_id;
end;
$$;
revoke all on function access.use_token(text, text) from public;
comment on function access.use_token(text, text) is
    'Take a one-time token: marks it used and returns whose it is.';
