-- Set a person's password: sign-ins but the one named end, tokens from e-mails are void.
--
-- Called by: api.change_password, api.reset_password.
-- Writes:    core.credentials, core.login_sessions, core.one_time_tokens.
create or replace function access.set_password(
    p_user_id uuid, p_password text, p_except uuid default null
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into core.credentials as c (user_id, password_hash)
    values (p_user_id, access.hash_password(p_password))
    on conflict (user_id) do update set
        password_hash = excluded.password_hash,
        changed_at = now();
    perform access.revoke_sign_ins(p_user_id, 'password_changed', p_except => p_except);
    update core.one_time_tokens as ot
    set used_at = now()
    where ot.user_id = p_user_id and ot.used_at is null;
end;
$$;
revoke all on function access.set_password(uuid, text, uuid) from public;
comment on function access.set_password(uuid, text, uuid) is
    'Set a person''s password: sign-ins but the one named end.';
