-- Refuse to give, take or make a role that may do more than the person who asks.
--
-- The audience platform is the platform's alone; the platform may everything.
-- Errors: PT403 role_beyond_own.
create or replace function access.require_role_within(
    p_audience text, p_permissions text[]
)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if claims.role() is distinct from 'platform' and (
        p_audience = 'platform'
        or exists (
            select
            from unnest(p_permissions) as p (key)
            where not claims.has_permission(p.key)
        )
    ) then
        raise exception using
            errcode = 'PT403',
            message = 'this role may do more than you may',
            detail = '{"error":"role_beyond_own"}',
            hint = 'Ask somebody who has every permission of that role.';
    end if;
end;
$$;
revoke all on function access.require_role_within(text, text[]) from public;
comment on function access.require_role_within(text, text[]) is
    'Refuse to give, take or make a role that may do more than the person who asks.';
