-- Discard passwords that were chosen for an address before anybody proved to own it.
--
-- Whoever signed a stranger's address up must gain nothing when somebody else vouches for it.
-- Does nothing for a person whose address is verified.
-- Called by: api.invite_user, api.set_user_role, access.get_supabase_claims.
-- Writes:    core.users (row locked), core.credentials, core.one_time_tokens.
create or replace function access.discard_unverified(p_user_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform
    from core.users as u
    where u.id = p_user_id and u.email_verified_at is null
    for no key update;
    if not found then
        return;
    end if;
    delete from core.credentials as c where c.user_id = p_user_id;
    delete from core.one_time_tokens as ot
    where ot.user_id = p_user_id and ot.password_hash is not null and ot.used_at is null;
    update core.users as u set is_provisional = false where u.id = p_user_id and u.is_provisional;
end;
$$;
revoke all on function access.discard_unverified(uuid) from public;
comment on function access.discard_unverified(uuid) is
    'Discard passwords that were chosen for an address before anybody proved to own it.';
