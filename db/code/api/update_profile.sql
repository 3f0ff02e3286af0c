-- Change the own name and language; what is left out stays.
--
-- Who acts in a tenant has accepted it, with a token of an outside issuer, too.
-- Writes:  core.users, core.memberships (accepted_at).
-- Errors:  PT400 full_name_invalid, language_invalid.
-- Definer: a person belongs to several tenants, so nobody may write people.
create or replace function api.update_profile(
    full_name text default null, language text default null
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform access.check_full_name(update_profile.full_name);
    if update_profile.language !~ '^[a-z]{2}(-[A-Z]{2})?$' then
        raise exception using
            errcode = 'PT400',
            message = 'this is no language',
            detail = '{"error":"language_invalid"}',
            hint = 'Send a code such as en or de-AT.';
    end if;
    update core.users as u
    set
        full_name = coalesce(btrim(update_profile.full_name), u.full_name),
        language = coalesce(update_profile.language, u.language)
    where u.id = claims.user_id();
    update core.memberships as m
    set accepted_at = now()
    where
        m.tenant_id = claims.tenant_id()
        and m.user_id = claims.user_id()
        and m.accepted_at is null;
end;
$$;
revoke all on function api.update_profile(text, text) from public;
grant execute on function api.update_profile(text, text) to staff, customer, platform;
comment on function api.update_profile(text, text) is
    'Change your name and language; what is left out stays.';
