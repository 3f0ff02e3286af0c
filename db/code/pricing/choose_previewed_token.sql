-- The token that a price is asked for; a null row for none.
--
-- A driver without any token asks as the person they are: a customer group may name them.
-- Called by: api.preview_price.
-- Errors:    PT404 id_token_unknown, PT400 id_token_required.
create or replace function pricing.choose_previewed_token(p_id_token text)
returns core.id_tokens
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id_token core.id_tokens;
begin
    if claims.role() = 'customer' then
        if
            p_id_token is not null
            or exists (
                select
                from core.id_tokens as t
                where
                    t.tenant_id = claims.tenant_id()
                    and t.user_id = claims.user_id()
                    and not t.is_blocked
                    and coalesce(t.valid_from <= now(), true)
                    and coalesce(t.expires_at > now(), true)
            )
        then
            return charging.choose_own_id_token(p_id_token);
        end if;
        v_id_token.user_id := claims.user_id();
        return v_id_token;
    end if;
    select t.* into v_id_token
    from core.id_tokens as t
    where t.tenant_id = claims.tenant_id() and t.id_token_key = lower(p_id_token);
    if not found and p_id_token is not null then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such token',
            detail = '{"error":"id_token_unknown"}',
            hint = 'Send one of id_tokens, or none: who is not known pays as everyone.';
    end if;
    return v_id_token;
end;
$$;
revoke all on function pricing.choose_previewed_token(text) from public;
comment on function pricing.choose_previewed_token(text) is
    'The token that a price is asked for; a null row for none.';
