-- Take a one-time token: marks it used, voids the person's others and returns it.
--
-- Called by: api.verify_email, api.reset_password.
-- Writes:    core.one_time_tokens.
-- Locks:     the person's row first, as api.invite_user does.
-- Errors:    PT400 one_time_token_invalid, for an unknown, used or expired one alike.
create or replace function access.use_token(p_token text, p_purpose text)
returns core.one_time_tokens
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_token core.one_time_tokens;
begin
    perform
    from core.users as u
    where u.id = (
        select ot.user_id
        from core.one_time_tokens as ot
        where ot.token_hash = access.hash_token(p_token)
    )
    for no key update;

    update core.one_time_tokens as ot
    set used_at = now()
    where
        ot.token_hash = access.hash_token(p_token)
        and ot.purpose = p_purpose
        and ot.used_at is null
        and ot.expires_at > now()
    returning ot.* into v_token;
    if v_token.user_id is null then
        raise exception using
            errcode = 'PT400',
            message = 'this token is unknown, used or expired',
            detail = '{"error":"one_time_token_invalid"}',
            hint = 'Ask for a new e-mail and follow the newest link.';
    end if;
    update core.one_time_tokens as ot
    set used_at = now()
    where ot.user_id = v_token.user_id and ot.used_at is null;
    return v_token;
end;
$$;
revoke all on function access.use_token(text, text) from public;
comment on function access.use_token(text, text) is
    'Take a one-time token: marks it used, voids the person''s others and returns it.';
