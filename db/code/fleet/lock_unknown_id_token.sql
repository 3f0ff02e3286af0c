-- The inbox entry of an unknown token, locked, if the person who is asking may decide on it.
--
-- Called by: api.admit_id_token, api.ignore_id_token.
-- Errors:    PT404 inbox_entry_unknown (also for another tenant's), PT409
--            inbox_entry_decided.
create or replace function fleet.lock_unknown_id_token(p_id bigint)
returns core.unknown_id_tokens
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry core.unknown_id_tokens;
begin
    select u.* into v_entry
    from core.unknown_id_tokens as u
    where u.id = p_id and (claims.role() = 'platform' or u.tenant_id = claims.tenant_id())
    for update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such unknown id token',
            detail = '{"error":"inbox_entry_unknown"}',
            hint = 'Take the id from unknown_id_tokens.';
    end if;
    if v_entry.state = 'admitted' then
        raise exception using
            errcode = 'PT409',
            message = 'this id token has been admitted already',
            detail = '{"error":"inbox_entry_decided"}',
            hint = 'Look for it in id_tokens.';
    end if;
    return v_entry;
end;
$$;
revoke all on function fleet.lock_unknown_id_token(bigint) from public;
comment on function fleet.lock_unknown_id_token(bigint) is
    'Lock an inbox entry that the person who is asking may decide on.';
