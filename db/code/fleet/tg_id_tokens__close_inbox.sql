-- Take a token that is registered now out of the tenant's inbox of unknown ones.
--
-- Called by: trigger id_tokens__close_inbox, after insert or update of id_token, for each row.
-- Writes:    core.unknown_id_tokens.
-- Definer:   people may not write the inbox.
create or replace function fleet.tg_id_tokens__close_inbox()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update core.unknown_id_tokens as u
    set state = 'admitted', decided_at = now(), decided_by = claims.user_id()
    where u.tenant_id = new.tenant_id and u.id_token_key = lower(new.id_token)
        and u.state <> 'admitted';
    return null;
end;
$$;
revoke all on function fleet.tg_id_tokens__close_inbox() from public;
comment on function fleet.tg_id_tokens__close_inbox() is
    'Trigger: take a token that is registered now out of the inbox.';
