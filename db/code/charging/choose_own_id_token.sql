-- The token that a driver charges with: the one that is named, or the only usable one they have.
--
-- Called by: functions of api for drivers.
-- Errors:    PT404 id_token_unknown (also for somebody else's), PT400 id_token_required.
create or replace function charging.choose_own_id_token(p_id_token text)
returns core.id_tokens
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id_token core.id_tokens;
    v_ids bigint[];
begin
    if p_id_token is null then
        v_ids := array(
            select t.id
            from core.id_tokens as t
            where
                t.tenant_id = claims.tenant_id()
                and t.user_id = claims.user_id()
                and not t.is_blocked
                and coalesce(t.valid_from <= now(), true)
                and coalesce(t.expires_at > now(), true)
            limit 2
        );
        if cardinality(v_ids) <> 1 then
            raise exception using
                errcode = 'PT400',
                message = case cardinality(v_ids)
                    when 0 then 'you have no token to charge with'
                    else 'you have several tokens'
                end,
                detail = '{"error":"id_token_required"}',
                hint = 'Send id_token, one of id_tokens.';
        end if;
    end if;
    select t.* into v_id_token
    from core.id_tokens as t
    where
        t.tenant_id = claims.tenant_id()
        and t.user_id = claims.user_id()
        and (t.id = v_ids[1] or t.id_token_key = lower(p_id_token));
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'you have no such token',
            detail = '{"error":"id_token_unknown"}',
            hint = 'Send one of id_tokens.';
    end if;
    return v_id_token;
end;
$$;
revoke all on function charging.choose_own_id_token(text) from public;
comment on function charging.choose_own_id_token(text) is
    'The token that a driver charges with: the one named, or their only usable one.';
