-- Generated from db/code by `make supabase`. Change the source, not this file.

set role voltaro_owner;

-- A body may mention what a later file defines; names are qualified and need no path.
set check_function_bodies = off;
set search_path = pg_catalog, pg_temp;

-- db/code/access/check_full_name.sql ----------------------------------------

-- Refuse a name that is too long or holds control characters; an empty one is fine.
--
-- Errors: PT400 full_name_invalid.
create or replace function access.check_full_name(p_full_name text)
returns void
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if length(p_full_name) > 200 or p_full_name ~ '[[:cntrl:]]' then
        raise exception using
            errcode = 'PT400',
            message = 'the name is too long or holds control characters',
            detail = '{"error":"full_name_invalid"}',
            hint = 'Take at most 200 characters.';
    end if;
end;
$$;
revoke all on function access.check_full_name(text) from public;
comment on function access.check_full_name(text) is
    'Refuse a name that is too long or holds control characters.';

-- db/code/access/check_password.sql ----------------------------------------

-- Refuse a password that may not be chosen: 10 to 72 bytes (bcrypt reads no more), not the e-mail.
--
-- Errors: PT400 password_too_short, password_too_long, password_is_email.
create or replace function access.check_password(p_password text, p_email text)
returns void
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if coalesce(octet_length(p_password), 0) < 10 then
        raise exception using
            errcode = 'PT400',
            message = 'the password is too short',
            detail = '{"error":"password_too_short"}',
            hint = 'Take at least 10 characters.';
    end if;
    if octet_length(p_password) > 72 then
        raise exception using
            errcode = 'PT400',
            message = 'the password is too long',
            detail = '{"error":"password_too_long"}',
            hint = 'Take at most 72 bytes: letters outside ASCII count for two or more.';
    end if;
    if lower(btrim(p_password)) = lower(p_email) then
        raise exception using
            errcode = 'PT400',
            message = 'the password is the e-mail address',
            detail = '{"error":"password_is_email"}',
            hint = 'Take something that nobody can guess.';
    end if;
end;
$$;
revoke all on function access.check_password(text, text) from public;
comment on function access.check_password(text, text) is
    'Refuse a password that may not be chosen.';

-- db/code/access/check_permissions.sql ----------------------------------------

-- Refuse permissions that do not exist.
--
-- Called by: api.create_role, api.update_role.
-- Errors:    PT400 permission_unknown.
create or replace function access.check_permissions(p_permissions text[])
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_unknown text;
begin
    select coalesce(p.key, 'null')
    into v_unknown
    from unnest(p_permissions) as p (key)
    where not exists (select from core.permissions as known where known.key = p.key)
    limit 1;
    if found then
        raise exception using
            errcode = 'PT400',
            message = format('there is no permission %s', left(v_unknown, 100)),
            detail = '{"error":"permission_unknown"}',
            hint = 'The relation permissions lists them.';
    end if;
end;
$$;
revoke all on function access.check_permissions(text[]) from public;
comment on function access.check_permissions(text[]) is
    'Refuse permissions that do not exist.';

-- db/code/access/check_role_text.sql ----------------------------------------

-- Refuse a role's name or description that does not fit; null is fine.
--
-- Errors: PT400 role_name_invalid, description_too_long.
create or replace function access.check_role_text(p_name text, p_description text)
returns void
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_name !~ '^[a-z][a-z0-9_]{0,62}$' then
        raise exception using
            errcode = 'PT400',
            message = 'this is no name for a role',
            detail = '{"error":"role_name_invalid"}',
            hint = 'Take small letters, digits and _, a letter first, at most 63.';
    end if;
    if length(p_description) > 500 then
        raise exception using
            errcode = 'PT400',
            message = 'the description is too long',
            detail = '{"error":"description_too_long"}',
            hint = 'Take at most 500 characters.';
    end if;
end;
$$;
revoke all on function access.check_role_text(text, text) from public;
comment on function access.check_role_text(text, text) is
    'Refuse a role''s name or description that does not fit.';

-- db/code/access/check_time_zone.sql ----------------------------------------

-- Refuse a time zone that is no name of the IANA database: PostgreSQL would take POSIX forms
-- such as Foo+5 for zones, with the sign the other way round.
--
-- Called by: access.tg_tenants__check, fleet.tg_sites__check.
-- Errors:    PT400 time_zone_invalid.
create or replace function access.check_time_zone(p_time_zone text)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if
        p_time_zone ~ '^(posix|right)/'
        or p_time_zone in ('Factory', 'localtime', 'posixrules')
        or not exists (select from pg_timezone_names as z where z.name = p_time_zone)
    then
        raise exception using
            errcode = 'PT400',
            message = format('%s is not the name of a time zone', left(p_time_zone, 50)),
            detail = '{"error":"time_zone_invalid"}',
            hint = 'Use a name of the IANA database, such as Europe/Berlin.';
    end if;
end;
$$;
revoke all on function access.check_time_zone(text) from public;
comment on function access.check_time_zone(text) is
    'Refuse a time zone that is no name of the IANA database.';

-- db/code/access/clean_email.sql ----------------------------------------

-- Bring an e-mail address into the form that is stored: trimmed and in lower case.
--
-- Errors: PT400 email_invalid.
create or replace function access.clean_email(p_email text)
returns text
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_email constant text := lower(btrim(p_email));
begin
    if
        v_email is null
        or length(v_email) not between 3 and 254
        or v_email !~ '^[^@\s[:cntrl:]]+@[^@\s[:cntrl:]]+$'
    then
        raise exception using
            errcode = 'PT400',
            message = 'this is no e-mail address',
            detail = '{"error":"email_invalid"}',
            hint = 'An e-mail address looks like name@example.org.';
    end if;
    return v_email;
end;
$$;
revoke all on function access.clean_email(text) from public;
comment on function access.clean_email(text) is
    'Bring an e-mail address into the form that is stored.';

-- db/code/access/create_built_in_roles.sql ----------------------------------------

-- Give a tenant the roles that every tenant has. Repeatable: adds what is missing.
--
-- platform_admin acts across tenants whatever its permissions; only a platform admin can give it.
-- Called by: access.tg_tenants__create_roles.
-- Writes:    core.roles, core.role_permissions.
-- Definer:   whoever may create a tenant may not write roles.
create or replace function access.create_built_in_roles(p_tenant_id bigint)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into core.roles (tenant_id, name, audience, is_built_in, description)
    values
        (p_tenant_id, 'platform_admin', 'platform', true, 'Runs the platform: every tenant.'),
        (p_tenant_id, 'admin', 'staff', true, 'May do everything within the tenant.'),
        (p_tenant_id, 'operator', 'staff', true, 'Runs the fleet, its tokens and sessions.'),
        (p_tenant_id, 'support', 'staff', true, 'Looks into what happened, changes nothing.'),
        (p_tenant_id, 'customer', 'customer', true, 'A driver: own tokens and sessions.')
    on conflict (tenant_id, name) do nothing;

    insert into core.role_permissions (tenant_id, role_id, permission)
    select r.tenant_id, r.id, p.key
    from core.roles as r
    inner join core.permissions as p
        on
            r.name = 'admin'
            or r.name = 'operator' and p.key in (
                'users.read', 'sites.write', 'charge_points.write', 'charge_point_keys.write',
                'onboarding.write', 'id_tokens.write', 'sessions.write', 'messages.read'
            )
            or r.name = 'support' and p.key in ('users.read', 'messages.read')
    where r.tenant_id = p_tenant_id and r.is_built_in
    on conflict (tenant_id, role_id, permission) do nothing;
end;
$$;
revoke all on function access.create_built_in_roles(bigint) from public;
comment on function access.create_built_in_roles(bigint) is
    'Give a tenant the roles that every tenant has.';

-- db/code/access/create_sign_in_tokens.sql ----------------------------------------

-- Make the tokens of a sign-in: an access token and, unless an API key signed in, a refresh token.
--
-- Returns {access_token, refresh_token, token_type, expires_at, tenant, role}; expires_at is the
-- access token's. Null when the person, the membership or the tenant is switched off.
-- Called by: api.login, api.refresh, api.switch_tenant, api.token_for_key, access.issue_token.
-- Writes:    core.refresh_tokens, core.login_sessions.
create or replace function access.create_sign_in_tokens(p_login_session_id uuid)
returns json
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_person record;
    v_refresh_token text;
    v_refresh_until constant timestamptz := now() + make_interval(
        days => access.get_setting('access.refresh_token_days')::integer
    );
    v_access_until timestamptz := date_trunc('second', now()) + make_interval(
        mins => access.get_setting('access.access_token_minutes')::integer
    );
    v_access_token text;
begin
    select ls.tenant_id, ls.user_id, ls.api_key_id, ls.expires_at, r.audience, r.name, t.slug
    into v_person
    from core.login_sessions as ls
    inner join core.memberships as m on m.tenant_id = ls.tenant_id and m.user_id = ls.user_id
    inner join core.roles as r on r.tenant_id = m.tenant_id and r.id = m.role_id
    inner join core.users as u on u.id = m.user_id
    inner join core.tenants as t on t.id = m.tenant_id
    where ls.id = p_login_session_id and m.is_active and u.is_active and t.is_active;
    if not found then
        return null;
    end if;

    if v_person.api_key_id is null then
        v_refresh_token := access.create_token();
        insert into core.refresh_tokens (token_hash, login_session_id, expires_at)
        values (access.hash_token(v_refresh_token), p_login_session_id, v_refresh_until);
        update core.login_sessions as ls
        set expires_at = v_refresh_until, last_used_at = now()
        where ls.id = p_login_session_id;
    else
        v_access_until := least(v_access_until, v_person.expires_at);
    end if;

    v_access_token := access.sign_jwt(
        jsonb_build_object(
            'role', v_person.audience,
            'sub', v_person.user_id,
            'tenant_id', v_person.tenant_id,
            'sid', p_login_session_id,
            'jti', gen_random_uuid(),
            'iss', 'voltaro',
            'aud', 'voltaro-api',
            'iat', floor(extract(epoch from now())),
            'exp', floor(extract(epoch from v_access_until))
        )
    );
    return json_strip_nulls(
        json_build_object(
            'access_token', v_access_token,
            'refresh_token', v_refresh_token,
            'token_type', 'bearer',
            'expires_at',
            to_char(v_access_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
            'tenant', v_person.slug,
            'role', v_person.name
        )
    );
end;
$$;
revoke all on function access.create_sign_in_tokens(uuid) from public;
comment on function access.create_sign_in_tokens(uuid) is 'Make the tokens of a sign-in.';

-- db/code/access/create_token.sql ----------------------------------------

-- Make an unguessable token: 256 random bits as 43 characters.
create or replace function access.create_token()
returns text
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select access.encode_base64url(extensions.gen_random_bytes(32));
$$;
revoke all on function access.create_token() from public;
comment on function access.create_token() is
    'Make an unguessable token: 256 random bits as 43 characters.';

-- db/code/access/discard_unverified.sql ----------------------------------------

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

-- db/code/access/encode_base64url.sql ----------------------------------------

-- Encode bytes as base64url without padding (RFC 7515 §2).
create or replace function access.encode_base64url(p_data bytea)
returns text
language sql
immutable
strict
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select translate(encode(p_data, 'base64'), E'+/=\n', '-_');
$$;
revoke all on function access.encode_base64url(bytea) from public;
comment on function access.encode_base64url(bytea) is
    'Encode bytes as base64url without padding (RFC 7515 section 2).';

-- db/code/access/expire_people.sql ----------------------------------------

-- Delete sign-ups that nobody verified, and what is left of e-mails that are of no more use.
--
-- Somebody who was invited, is known to an outside issuer or has a token or session stays.
-- The token of an e-mail is removed from its row once it was used or has expired; an e-mail that
-- could not be sent for as long as a sign-up may wait is deleted.
-- At most p_limit rows of each kind. Returns how many it were in all.
-- Called by: jobs.expire_records.
-- Writes:    core.users and what hangs on it, ops.outbox.
create or replace function access.expire_people(p_limit integer)
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_expired_at constant timestamptz := now() - make_interval(
        days => access.get_setting('access.unverified_user_days')::integer
    );
    v_count bigint;
    v_total bigint := 0;
begin
    delete from core.users as u
    where
        u.id = any (
            array(
                select p.id
                from core.users as p
                where
                    p.is_provisional
                    and p.email_verified_at is null
                    and p.created_at < v_expired_at
                    and not exists (select from core.identities as i where i.user_id = p.id)
                    and not exists (
                        select
                        from core.memberships as m
                        inner join core.id_tokens as it
                            on it.tenant_id = m.tenant_id and it.user_id = m.user_id
                        where m.user_id = p.id
                    )
                    and not exists (
                        select
                        from core.memberships as m
                        inner join core.sessions as s
                            on s.tenant_id = m.tenant_id and s.user_id = m.user_id
                        where m.user_id = p.id
                    )
                limit p_limit
                for update of p skip locked
            )
        );
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;

    update ops.outbox as o
    set payload = o.payload - 'token', next_attempt_at = null
    where
        o.id = any (
            array(
                select e.id
                from ops.outbox as e
                left join core.one_time_tokens as ot
                    on ot.token_hash = access.hash_token(e.payload ->> 'token')
                where
                    e.payload ? 'token'
                    and (ot.token_hash is null or ot.used_at is not null or ot.expires_at < now())
                limit p_limit
                for update of e skip locked
            )
        );
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;

    delete from ops.outbox as o
    where
        o.id = any (
            array(
                select e.id
                from ops.outbox as e
                where
                    e.kind = 'email'
                    and (
                        e.delivered_at is null and e.created_at < v_expired_at
                        -- Of access.send_nothing: it counted within its hour.
                        or e.payload = '{}' and e.created_at < now() - interval '2 hours'
                    )
                limit p_limit
                for update skip locked
            )
        );
    get diagnostics v_count = row_count;
    return v_total + v_count;
end;
$$;
revoke all on function access.expire_people(integer) from public;
comment on function access.expire_people(integer) is
    'Delete sign-ups that nobody verified, and what is left of e-mails that are of no more use.';

-- db/code/access/get_role.sql ----------------------------------------

-- Find a role of a tenant by name, if the person who asks may give and take it.
--
-- Errors: PT404 role_unknown; PT403 role_beyond_own.
create or replace function access.get_role(p_tenant_id bigint, p_name text)
returns core.roles
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_role core.roles;
begin
    select r.* into v_role from core.roles as r where r.tenant_id = p_tenant_id and r.name = p_name;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'the tenant has no such role',
            detail = '{"error":"role_unknown"}',
            hint = 'The relation roles lists them.';
    end if;
    perform access.require_role_within(
        v_role.audience,
        array(
            select rp.permission
            from core.role_permissions as rp
            where rp.tenant_id = p_tenant_id and rp.role_id = v_role.id
        )
    );
    return v_role;
end;
$$;
revoke all on function access.get_role(bigint, text) from public;
comment on function access.get_role(bigint, text) is
    'Find a role of a tenant by name, if the person who asks may give and take it.';

-- db/code/access/get_secret.sql ----------------------------------------

-- Read a key that functions sign and hash with.
--
-- Called by: definer functions only; nobody but the owner may execute it.
-- Errors:    55000 when `migrate` has not stored it.
create or replace function access.get_secret(p_name text)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_value text;
begin
    select s.value into v_value from ops.secrets as s where s.name = p_name;
    if v_value is null then
        raise exception using
            errcode = '55000',
            message = format('secret %s is not stored', p_name),
            hint = 'Run python -m db migrate: it stores the secrets.';
    end if;
    return v_value;
end;
$$;
revoke all on function access.get_secret(text) from public;
comment on function access.get_secret(text) is 'Read a key that functions sign and hash with.';

-- db/code/access/get_setting.sql ----------------------------------------

-- Read a setting of the installation: a number comes as `get_setting('x')::integer`.
--
-- Called by: definer functions of every schema.
-- Errors:    55000 when there is no such setting.
create or replace function access.get_setting(p_name text)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_value jsonb;
begin
    select s.value into v_value from ops.settings as s where s.name = p_name;
    if not found then
        raise exception using
            errcode = '55000',
            message = format('there is no setting %s', p_name);
    end if;
    return v_value;
end;
$$;
revoke all on function access.get_setting(text) from public;
comment on function access.get_setting(text) is 'Read a setting of the installation.';

-- db/code/access/get_target_tenant.sql ----------------------------------------

-- Which tenant a function acts in: the caller's, or for the platform the one named.
--
-- Errors: PT404 tenant_unknown, also for a tenant of others.
create or replace function access.get_target_tenant(p_tenant_id bigint)
returns bigint
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tenant_id bigint;
begin
    select t.id
    into v_tenant_id
    from core.tenants as t
    where
        t.id = coalesce(p_tenant_id, claims.tenant_id())
        and (t.id = claims.tenant_id() or claims.role() = 'platform');
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such tenant',
            detail = '{"error":"tenant_unknown"}',
            hint = 'Leave tenant_id out to mean your own tenant.';
    end if;
    return v_tenant_id;
end;
$$;
revoke all on function access.get_target_tenant(bigint) from public;
comment on function access.get_target_tenant(bigint) is
    'Which tenant a function acts in: the caller''s, or for the platform the one named.';

-- db/code/access/hash_password.sql ----------------------------------------

-- Hash a password with bcrypt at the cost of the installation.
create or replace function access.hash_password(p_password text)
returns text
language sql
volatile
strict
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select extensions.crypt(
        p_password,
        extensions.gen_salt('bf', access.get_setting('access.bcrypt_cost')::integer)
    );
$$;
revoke all on function access.hash_password(text) from public;
comment on function access.hash_password(text) is
    'Hash a password with bcrypt at the cost of the installation.';

-- db/code/access/hash_token.sql ----------------------------------------

-- Hash a token for storing and looking up: it is random, so a plain SHA-256 suffices.
create or replace function access.hash_token(p_token text)
returns bytea
language sql
immutable
strict
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select sha256(convert_to(p_token, 'UTF8'));
$$;
revoke all on function access.hash_token(text) from public;
comment on function access.hash_token(text) is 'Hash a token for storing and looking up.';

-- db/code/access/issue_token.sql ----------------------------------------

-- Sign a person in without a password: for `python -m db token`, run by the owner of the database.
--
-- p_tenant is a slug or null. Returns what api.login returns.
-- Errors: PT404 user_unknown, tenant_unknown; PT401 user_inactive.
create or replace function access.issue_token(p_email text, p_tenant text default null)
returns json
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_user_id uuid;
    v_tenant_id bigint;
begin
    select u.id into v_user_id from core.users as u where lower(u.email) = lower(btrim(p_email));
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'nobody has this e-mail address',
            detail = '{"error":"user_unknown"}';
    end if;
    if p_tenant is not null then
        select t.id into v_tenant_id from core.tenants as t where t.slug = p_tenant;
        if not found then
            raise exception using
                errcode = 'PT404',
                message = 'there is no such tenant',
                detail = '{"error":"tenant_unknown"}';
        end if;
    end if;
    return access.open_sign_in(v_user_id, v_tenant_id);
end;
$$;
revoke all on function access.issue_token(text, text) from public;
comment on function access.issue_token(text, text) is
    'Sign a person in without a password: for the owner of the database.';

-- db/code/access/lock_member.sql ----------------------------------------

-- Find and lock a member of a tenant whom the person who asks may manage.
--
-- Nobody manages somebody whose role may do more than their own.
-- Locks:  core.memberships (row).
-- Errors: PT403 permission_missing, role_beyond_own; PT404 user_unknown, also for members of
--         other tenants.
create or replace function access.lock_member(p_tenant_id bigint, p_user_id uuid)
returns core.memberships
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_member core.memberships;
begin
    perform access.require_permission('users.write');
    select m.*
    into v_member
    from core.memberships as m
    where m.tenant_id = p_tenant_id and m.user_id = p_user_id
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'the tenant has no such person',
            detail = '{"error":"user_unknown"}',
            hint = 'The relation users lists them.';
    end if;
    perform access.get_role(p_tenant_id, r.name)
    from core.roles as r
    where r.tenant_id = p_tenant_id and r.id = v_member.role_id;
    return v_member;
end;
$$;
revoke all on function access.lock_member(bigint, uuid) from public;
comment on function access.lock_member(bigint, uuid) is
    'Find and lock a member of a tenant whom the person who asks may manage.';

-- db/code/access/lock_role.sql ----------------------------------------

-- Find and lock a role that the person who asks may change: of their tenant, not built in, and
-- doing no more than they may.
--
-- Locks:  core.roles (row).
-- Errors: PT403 permission_missing, role_beyond_own; PT404 role_unknown, also for roles of other
--         tenants; PT409 role_built_in.
create or replace function access.lock_role(p_role_id bigint)
returns core.roles
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_role core.roles;
begin
    perform access.require_permission('roles.write');
    select r.*
    into v_role
    from core.roles as r
    where
        r.id = p_role_id
        and (r.tenant_id = claims.tenant_id() or claims.role() = 'platform')
    for update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'the tenant has no such role',
            detail = '{"error":"role_unknown"}',
            hint = 'The relation roles lists them.';
    end if;
    if v_role.is_built_in then
        raise exception using
            errcode = 'PT409',
            message = 'a built-in role stays as it is',
            detail = '{"error":"role_built_in"}',
            hint = 'Make a role of your own with create_role.';
    end if;
    perform access.get_role(v_role.tenant_id, v_role.name);
    return v_role;
end;
$$;
revoke all on function access.lock_role(bigint) from public;
comment on function access.lock_role(bigint) is
    'Find and lock a role that the person who asks may change.';

-- db/code/access/open_sign_in.sql ----------------------------------------

-- Open a sign-in of a person, in the tenant named or else in the one joined first.
--
-- The first sign-in accepts a membership; without a name the accepted ones come first.
-- Returns what access.create_sign_in_tokens returns.
-- Called by: api.login, api.switch_tenant, access.issue_token.
-- Writes:    core.login_sessions, core.refresh_tokens, core.memberships (accepted_at).
-- Errors:    PT401 user_inactive.
create or replace function access.open_sign_in(p_user_id uuid, p_tenant_id bigint default null)
returns json
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_login_session_id uuid;
begin
    insert into core.login_sessions (tenant_id, user_id, expires_at)
    select
        m.tenant_id,
        m.user_id,
        now() + make_interval(days => access.get_setting('access.refresh_token_days')::integer)
    from core.memberships as m
    inner join core.users as u on u.id = m.user_id
    inner join core.tenants as t on t.id = m.tenant_id
    where
        m.user_id = p_user_id
        and m.tenant_id = coalesce(p_tenant_id, m.tenant_id)
        and m.is_active
        and u.is_active
        and t.is_active
    order by m.accepted_at is null, m.created_at, m.tenant_id
    limit 1
    returning login_sessions.id into v_login_session_id;

    if v_login_session_id is null then
        raise exception using
            errcode = 'PT401',
            message = 'this account is switched off here',
            detail = '{"error":"user_inactive"}',
            hint = 'Ask an administrator of the tenant.';
    end if;
    update core.memberships as m
    set accepted_at = now()
    from core.login_sessions as ls
    where
        ls.id = v_login_session_id
        and m.tenant_id = ls.tenant_id
        and m.user_id = ls.user_id
        and m.accepted_at is null;
    return access.create_sign_in_tokens(v_login_session_id);
end;
$$;
revoke all on function access.open_sign_in(uuid, bigint) from public;
comment on function access.open_sign_in(uuid, bigint) is
    'Open a sign-in of a person, in the tenant named or else in the one joined first.';

-- db/code/access/refuse_attempt.sql ----------------------------------------

-- Answer an attempt to guess a password that has to wait: 429 with Retry-After.
create or replace function access.refuse_attempt(p_wait_s integer)
returns json
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return access.refuse_request(
        429,
        'too many failed attempts',
        '{"error":"too_many_attempts"}',
        format('Try again in %s seconds.', p_wait_s),
        format('[{"Retry-After": "%s"}]', p_wait_s)
    );
end;
$$;
revoke all on function access.refuse_attempt(integer) from public;
comment on function access.refuse_attempt(integer) is
    'Answer an attempt to guess a password that has to wait: 429 with Retry-After.';

-- db/code/access/refuse_request.sql ----------------------------------------

-- Answer a request with an error without undoing what it wrote.
--
-- A raise would roll back the counter of failed sign-ins or the revocation that goes with the
-- refusal. The body is what PostgREST makes of a raise with these fields.
-- p_detail is JSON with the stable key; p_headers is a JSON array as response.headers takes it.
create or replace function access.refuse_request(
    p_status integer, p_message text, p_detail text, p_hint text, p_headers text default null
)
returns json
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform set_config('response.status', p_status::text, true);
    if p_headers is not null then
        perform set_config('response.headers', p_headers, true);
    end if;
    return json_build_object(
        'code', 'PT' || p_status, 'details', p_detail, 'hint', p_hint, 'message', p_message
    );
end;
$$;
revoke all on function access.refuse_request(integer, text, text, text, text) from public;
comment on function access.refuse_request(integer, text, text, text, text) is
    'Answer a request with an error without undoing what it wrote.';

-- db/code/access/require_permission.sql ----------------------------------------

-- Refuse what the person who is asking may not do in their tenant.
--
-- Called by: api functions that act as the owner.
-- Errors:    PT403 permission_missing.
create or replace function access.require_permission(p_permission text)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if not claims.has_permission(p_permission) then
        raise exception using
            errcode = 'PT403',
            message = format('your role lacks the permission %s', p_permission),
            detail = '{"error":"permission_missing"}',
            hint = 'An administrator of your tenant can give it to your role.';
    end if;
end;
$$;
revoke all on function access.require_permission(text) from public;
comment on function access.require_permission(text) is
    'Refuse with 403 when the person of the JWT lacks a permission.';

-- Say so when somebody of a tenant writes to a table without the permission for it.
--
-- The restrictive policies beside this trigger are what protects the rows: they let an update or
-- delete find nothing, which a client could not tell from success.
-- Called by: triggers <table>__require_permission, before insert, update or delete, for each
--            statement; the argument is the permission.
-- Errors:    PT403 permission_missing.
create or replace function access.tg_require_permission()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Functions that act as the owner check for themselves. Staff have no right on this schema,
    -- so the sentence stands here once more.
    if current_user = 'staff' and not claims.has_permission(tg_argv[0]) then
        raise exception using
            errcode = 'PT403',
            message = format('your role lacks the permission %s', tg_argv[0]),
            detail = '{"error":"permission_missing"}',
            hint = 'An administrator of your tenant can give it to your role.';
    end if;
    return null;
end;
$$;
revoke all on function access.tg_require_permission() from public;
comment on function access.tg_require_permission() is
    'Trigger: refuse with 403 when somebody of a tenant lacks the permission to write.';

-- db/code/access/require_person.sql ----------------------------------------

-- Refuse what only a person may do: an API key must not make itself more lasting than it is.
--
-- Returns the sign-in of the request; null for a token of an outside issuer, which has none.
-- Called by: api.switch_tenant, api.change_password, api.create_api_key.
-- Errors:    PT403 person_required.
create or replace function access.require_person()
returns uuid
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_sid uuid;
begin
    if claims.user_id() is not null then
        v_sid := nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sid';
    end if;
    if exists (
        select from core.login_sessions as ls where ls.id = v_sid and ls.api_key_id is not null
    ) then
        raise exception using
            errcode = 'PT403',
            message = 'an api key may not do this',
            detail = '{"error":"person_required"}',
            hint = 'Sign in with e-mail and password.';
    end if;
    return v_sid;
end;
$$;
revoke all on function access.require_person() from public;
comment on function access.require_person() is 'Refuse what only a person may do.';

-- db/code/access/require_role_within.sql ----------------------------------------

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

-- db/code/access/revoke_sign_ins.sql ----------------------------------------

-- End sign-ins of a person: their access and refresh tokens are refused from now on.
--
-- p_tenant_id null means every tenant; p_except keeps one. Sign-ins of API keys end only where a
-- tenant is named: keys outlive passwords.
-- Writes: core.login_sessions.
create or replace function access.revoke_sign_ins(
    p_user_id uuid, p_reason text, p_tenant_id bigint default null, p_except uuid default null
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    update core.login_sessions as ls
    set revoked_at = now(), revoke_reason = p_reason
    where
        ls.user_id = p_user_id
        and ls.revoked_at is null
        and case
            when p_tenant_id is null then ls.api_key_id is null else ls.tenant_id = p_tenant_id
        end
        and ls.id is distinct from p_except;
$$;
revoke all on function access.revoke_sign_ins(uuid, text, bigint, uuid) from public;
comment on function access.revoke_sign_ins(uuid, text, bigint, uuid) is
    'End sign-ins of a person: their tokens are refused from now on.';

-- db/code/access/send_nothing.sql ----------------------------------------

-- Do the work of access.send_token for an address that nobody has, so that the time tells nothing.
--
-- Writes rows of the same weight, with the same limit, that no e-mail comes of and that
-- access.expire_people deletes soon.
-- Called by: api.request_password_reset.
-- Writes:    ops.outbox.
create or replace function access.send_nothing(p_email text, p_template text)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_stem constant text := format(
        'email/%s/%s/%s/',
        p_template,
        encode(access.hash_token(p_email), 'hex'),
        to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24')
    );
    v_key text;
begin
    select v_stem || n.number
    into v_key
    from generate_series(1, 3) as n (number)
    where not exists (
        select from ops.outbox as o where o.idempotency_key = v_stem || n.number
    )
    order by n.number
    limit 1;
    if not found then
        return;
    end if;

    insert into ops.outbox (kind, idempotency_key, payload)
    values ('email', v_key, jsonb_build_object('padding', access.create_token()))
    on conflict (idempotency_key) do nothing;
    -- In place of the row in core.one_time_tokens.
    update ops.outbox as o
    set payload = '{}', delivered_at = now(), next_attempt_at = null
    where o.idempotency_key = v_key;
end;
$$;
revoke all on function access.send_nothing(text, text) from public;
comment on function access.send_nothing(text, text) is
    'Do the work of access.send_token for an address that nobody has.';

-- db/code/access/send_token.sql ----------------------------------------

-- Send a person an e-mail, with a one-time token in it when a purpose is named.
--
-- At most three e-mails of a template an hour go to one person: returns false when that is used
-- up, and nothing was written. p_password_hash becomes the person's with the use of the token.
-- Called by: api.request_password_reset, api.sign_up, api.invite_user.
-- Writes:    core.one_time_tokens, ops.outbox (kind email).
-- Locks:     the person's row, so that the count holds.
create or replace function access.send_token(
    p_user_id uuid,
    p_template text,
    p_purpose text,
    p_valid_for interval,
    p_tenant_id bigint default null,
    p_password_hash text default null
)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_user core.users;
    v_token text;
    v_key text;
begin
    select u.* into v_user from core.users as u where u.id = p_user_id for no key update;

    -- The key of a template, a person and the n-th e-mail of the hour can exist once.
    select format('email/%s/%s/%s/%s', p_template, p_user_id, to_char(
        now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24'), n.number)
    into v_key
    from generate_series(1, 3) as n (number)
    where not exists (
        select
        from ops.outbox as o
        where o.idempotency_key = format(
            'email/%s/%s/%s/%s', p_template, p_user_id, to_char(
                now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24'), n.number)
    )
    order by n.number
    limit 1;
    if not found then
        return false;
    end if;

    if p_purpose is not null then
        v_token := access.create_token();
        insert into core.one_time_tokens (
            token_hash, user_id, purpose, expires_at, password_hash
        )
        values (
            access.hash_token(v_token), p_user_id, p_purpose, now() + p_valid_for, p_password_hash
        );
    end if;
    insert into ops.outbox (tenant_id, kind, idempotency_key, payload)
    values (
        p_tenant_id,
        'email',
        v_key,
        jsonb_strip_nulls(
            jsonb_build_object(
                'template', p_template,
                'to', v_user.email,
                'full_name', v_user.full_name,
                'language', v_user.language,
                'token', v_token,
                'expires_at', case when v_token is not null then now() + p_valid_for end
            )
        )
    );
    return true;
end;
$$;
revoke all on function access.send_token(uuid, text, text, interval, bigint, text) from public;
comment on function access.send_token(uuid, text, text, interval, bigint, text) is
    'Send a person an e-mail, with a one-time token in it when a purpose is named.';

-- db/code/access/set_password.sql ----------------------------------------

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

-- db/code/access/set_role_permissions.sql ----------------------------------------

-- Give a role exactly the permissions named.
--
-- Called by: api.create_role, api.update_role, which have checked who asks and that the
--            permissions exist.
-- Writes:    core.role_permissions.
-- Errors:    PT400 permissions_of_customer.
create or replace function access.set_role_permissions(p_role core.roles, p_permissions text[])
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_role.audience = 'customer' and cardinality(p_permissions) > 0 then
        raise exception using
            errcode = 'PT400',
            message = 'a role for customers has no permissions',
            detail = '{"error":"permissions_of_customer"}',
            hint = 'Take the audience staff for people who work for the tenant.';
    end if;

    delete from core.role_permissions as rp
    where
        rp.tenant_id = p_role.tenant_id
        and rp.role_id = p_role.id
        and rp.permission <> all (p_permissions);
    insert into core.role_permissions (tenant_id, role_id, permission)
    select distinct p_role.tenant_id, p_role.id, p.key
    from unnest(p_permissions) as p (key)
    on conflict (tenant_id, role_id, permission) do nothing;
end;
$$;
revoke all on function access.set_role_permissions(core.roles, text[]) from public;
comment on function access.set_role_permissions(core.roles, text[]) is
    'Give a role exactly the permissions named.';

-- db/code/access/sign_jwt.sql ----------------------------------------

-- Sign claims as a JWT with our key (HS256, RFC 7515 appendix A.1).
create or replace function access.sign_jwt(p_claims jsonb)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_signed constant text :=
        access.encode_base64url('{"alg":"HS256","typ":"JWT"}'::bytea)
        || '.' || access.encode_base64url(convert_to(p_claims::text, 'UTF8'));
begin
    return v_signed || '.' || access.encode_base64url(
        extensions.hmac(
            convert_to(v_signed, 'UTF8'),
            convert_to(access.get_secret('jwt_secret'), 'UTF8'),
            'sha256'
        )
    );
end;
$$;
revoke all on function access.sign_jwt(jsonb) from public;
comment on function access.sign_jwt(jsonb) is 'Sign claims as a JWT with our key (HS256).';

-- db/code/access/supabase_token_hook.sql ----------------------------------------

-- Give a token of Supabase Auth our role and tenant: its "custom access token" hook.
--
-- Supabase Auth sends {"user_id", "claims", "authentication_method"} before it signs a token and
-- takes back {"claims"}, or {"error": {"http_code", "message"}} to sign none. A person with
-- several memberships chooses with `tenant_id` in their user metadata.
-- Called by: Supabase Auth as supabase_auth_admin, whose table auth.users is; elsewhere nobody.
-- Writes:    what access.get_supabase_claims writes.
create or replace function access.supabase_token_hook(p_event jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_claims jsonb := p_event -> 'claims';
    v_confirmed_email text;
    v_chosen_tenant text := v_claims #>> '{user_metadata,tenant_id}';
    v_ours jsonb;
begin
    -- The e-mail in the claims may be one that nobody has proved to own.
    select u.email
    into v_confirmed_email
    from auth.users as u
    where u.id = (p_event ->> 'user_id')::uuid and u.email_confirmed_at is not null;

    v_ours := access.get_supabase_claims(
        v_claims ->> 'iss',
        coalesce(v_claims #>> '{aud,0}', v_claims ->> 'aud'),
        p_event ->> 'user_id',
        v_confirmed_email,
        case when v_chosen_tenant ~ '^[1-9][0-9]{0,17}$' then v_chosen_tenant::bigint end
    );
    if v_ours is null then
        return jsonb_build_object(
            'error',
            jsonb_build_object(
                'http_code', 403,
                'message', 'this person is not registered here, or has been deactivated'
            )
        );
    end if;
    return jsonb_build_object('claims', v_claims || v_ours);
end;
$$;
revoke all on function access.supabase_token_hook(jsonb) from public;
comment on function access.supabase_token_hook(jsonb) is
    'Give a token of Supabase Auth our role and tenant.';

-- Find out who a subject of Supabase Auth is to us, and as what; null is nobody.
--
-- The first token of a person joins subject and person by the e-mail that Supabase confirmed;
-- from then on the e-mail does not matter. An issuer that an administrator has switched off
-- stays off. At that first token a password chosen before anybody verified the address is
-- discarded.
-- Definer: Supabase's role may not read our tables; it is the authority on who signed in.
-- Writes:    core.identity_providers, core.identities (at the first token), core.users,
--            core.credentials, core.one_time_tokens, core.memberships (accepted_at).
create or replace function access.get_supabase_claims(
    p_issuer text, p_audience text, p_subject text, p_email text, p_tenant_id bigint
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_user_id uuid;
    v_claims jsonb;
begin
    insert into core.identity_providers as p (issuer, audience, requires_jti)
    values (p_issuer, p_audience, false)
    on conflict (issuer) do nothing;

    select i.user_id
    into v_user_id
    from core.identities as i
    where i.issuer = p_issuer and i.subject = p_subject;

    if v_user_id is null then
        insert into core.identities (issuer, subject, user_id)
        select p_issuer, p_subject, u.id
        from core.users as u
        where lower(u.email) = lower(p_email) and u.is_active
        on conflict (issuer, subject) do nothing
        returning identities.user_id into v_user_id;
        perform access.discard_unverified(v_user_id);
        update core.users as u
        set email_verified_at = now()
        where u.id = v_user_id and u.email_verified_at is null;
    end if;

    select jsonb_build_object('role', r.audience, 'tenant_id', m.tenant_id)
    into v_claims
    from core.memberships as m
    inner join core.roles as r on r.tenant_id = m.tenant_id and r.id = m.role_id
    inner join core.users as u on u.id = m.user_id
    inner join core.tenants as t on t.id = m.tenant_id
    where
        m.user_id = v_user_id
        and m.is_active
        and u.is_active
        and t.is_active
        and exists (
            select
            from core.identity_providers as p
            where p.issuer = p_issuer and p.audience = p_audience and p.is_active
        )
    order by m.tenant_id is distinct from p_tenant_id, m.created_at, m.tenant_id
    limit 1;
    update core.memberships as m
    set accepted_at = now()
    where
        m.user_id = v_user_id
        and m.tenant_id = (v_claims ->> 'tenant_id')::bigint
        and m.accepted_at is null;
    return v_claims;
end;
$$;
revoke all on function access.get_supabase_claims(text, text, text, text, bigint) from public;
comment on function access.get_supabase_claims(text, text, text, text, bigint) is
    'Who a subject of Supabase Auth is to us, and as what.';

do $$
begin
    if exists (select from pg_catalog.pg_roles as r where r.rolname = 'supabase_auth_admin') then
        grant usage on schema access to supabase_auth_admin;
        grant execute on function access.supabase_token_hook(jsonb) to supabase_auth_admin;
        grant execute on function access.get_supabase_claims(text, text, text, text, bigint)
        to supabase_auth_admin;
    end if;
end;
$$;

-- db/code/access/tg_keep_a_platform_admin.sql ----------------------------------------

-- The platform keeps an active admin in an active tenant, or nobody could open it again.
--
-- Called by: triggers memberships__keep_a_platform_admin (after update or delete),
--            tenants__keep_a_platform_admin and users__keep_a_platform_admin (after one is
--            switched off), for each row. A deleted person or tenant loses its memberships.
-- Locks:     one for all, so that two who go at the same time see each other.
-- Errors:    PT409 last_platform_admin.
-- Definer:   it has to see every membership.
create or replace function access.tg_keep_a_platform_admin()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row constant jsonb := to_jsonb(old);
begin
    -- Nothing to keep where none of those who are concerned was an admin of the platform.
    if tg_table_name = 'memberships' then
        if not old.is_active or not exists (
            select
            from core.roles as r
            where
                r.tenant_id = old.tenant_id
                and r.id = old.role_id
                and r.audience = 'platform'
        ) then
            return null;
        end if;
    elsif not exists (
        select
        from core.memberships as m
        inner join core.roles as r on r.tenant_id = m.tenant_id and r.id = m.role_id
        where
            m.is_active
            and r.audience = 'platform'
            and case tg_table_name
                when 'tenants' then m.tenant_id::text else m.user_id::text
            end = v_row ->> 'id'
    ) then
        return null;
    end if;

    perform pg_advisory_xact_lock(hashtextextended('access.keep_a_platform_admin', 0));
    if not exists (
        select
        from core.memberships as m
        inner join core.roles as r on r.tenant_id = m.tenant_id and r.id = m.role_id
        inner join core.users as u on u.id = m.user_id
        inner join core.tenants as t on t.id = m.tenant_id
        where r.audience = 'platform' and m.is_active and u.is_active and t.is_active
    ) then
        raise exception using
            errcode = 'PT409',
            message = 'the platform keeps at least one active admin in an active tenant',
            detail = '{"error":"last_platform_admin"}',
            hint = 'Make somebody else a platform admin first.';
    end if;
    return null;
end;
$$;
revoke all on function access.tg_keep_a_platform_admin() from public;
comment on function access.tg_keep_a_platform_admin() is
    'Trigger: the platform keeps an active admin in an active tenant.';

-- db/code/access/tg_memberships__keep_an_admin.sql ----------------------------------------

-- A tenant that has an active admin keeps one.
--
-- Called by: trigger memberships__keep_an_admin, after update or delete, for each row.
-- Locks:     the tenant's row, so that two admins cannot demote each other at the same time.
-- Errors:    PT409 last_admin.
-- Definer:   it has to see every membership of the tenant.
create or replace function access.tg_memberships__keep_an_admin()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_admin_role_id bigint;
begin
    select r.id
    into v_admin_role_id
    from core.roles as r
    where r.tenant_id = old.tenant_id and r.name = 'admin' and r.is_built_in;

    if v_admin_role_id is null or old.role_id <> v_admin_role_id or not old.is_active then
        return null;
    end if;
    if tg_op = 'UPDATE' then
        if new.tenant_id = old.tenant_id and new.role_id = v_admin_role_id and new.is_active then
            return null;
        end if;
    end if;

    perform from core.tenants as t where t.id = old.tenant_id for no key update;
    if not exists (
        select
        from core.memberships as m
        inner join core.users as u on u.id = m.user_id
        where
            m.tenant_id = old.tenant_id
            and m.role_id = v_admin_role_id
            and m.is_active
            and u.is_active
    ) then
        raise exception using
            errcode = 'PT409',
            message = 'a tenant keeps at least one active admin',
            detail = '{"error":"last_admin"}',
            hint = 'Make somebody else an admin first.';
    end if;
    return null;
end;
$$;
revoke all on function access.tg_memberships__keep_an_admin() from public;
comment on function access.tg_memberships__keep_an_admin() is
    'Trigger: a tenant that has an active admin keeps one.';

-- db/code/access/tg_tenants__check.sql ----------------------------------------

-- Refuse a tenant in a time zone that does not exist.
--
-- Called by: trigger tenants__check, before insert or update of time_zone, for each row.
-- Errors:    PT400 time_zone_invalid.
-- Definer:   people hold no right on schema access.
create or replace function access.tg_tenants__check()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if new.time_zone is not null then
        perform access.check_time_zone(new.time_zone);
    end if;
    return new;
end;
$$;
revoke all on function access.tg_tenants__check() from public;
comment on function access.tg_tenants__check() is
    'Trigger: refuse a time zone that does not exist.';

-- db/code/access/tg_tenants__create_roles.sql ----------------------------------------

-- A new tenant gets its built-in roles.
--
-- Called by: trigger tenants__create_roles, after insert, for each row.
-- Definer:   whoever may create a tenant may not write roles.
create or replace function access.tg_tenants__create_roles()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform access.create_built_in_roles(new.id);
    return null;
end;
$$;
revoke all on function access.tg_tenants__create_roles() from public;
comment on function access.tg_tenants__create_roles() is
    'Trigger: a new tenant gets its built-in roles.';

-- db/code/access/try_password.sql ----------------------------------------

-- Try a password for an e-mail address, counting failures.
--
-- user_id is null when it does not match. wait_s is set, and nothing was tried, while attempts on
-- this address have to wait: after the free failures each one doubles the wait, from 4 seconds
-- up to the longest lock; a day without failures forgets them. Known and unknown addresses are
-- treated alike, in the count and in the time it takes. The count is by address only: what
-- PostgREST could say of the client's network address is a header that anybody can write.
-- With p_user_id the count is that person's own, apart from what strangers do to the address.
-- Called by: api.login, api.change_password. The caller must not raise after a failure: that would
--            undo the count.
-- Locks:     the row of the count: attempts run one after the other, so that a burst is counted
--            exactly. One that waits for longer than lock_timeout gets wait_s = 1, so that a few
--            addresses cannot hold every connection of the API.
-- Writes:    ops.login_attempts.
create or replace function access.try_password(
    p_email text,
    p_password text,
    p_user_id uuid default null,
    out user_id uuid,
    out wait_s integer
)
returns record
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set lock_timeout = '500ms'
as $$
declare
    v_email constant text := lower(btrim(p_email));
    v_subject constant bytea := access.hash_token(
        coalesce('password ' || p_user_id, 'login ' || v_email)
    );
    v_attempts ops.login_attempts;
    v_password_hash text;
    v_free constant integer := access.get_setting('access.login_failures_free')::integer;
    v_failures integer;
    v_now timestamptz;
    v_wait interval;
begin
    begin
        -- Again when a right password has deleted the row while this one waited for it.
        loop
            insert into ops.login_attempts (subject_hash)
            values (v_subject)
            on conflict (subject_hash) do nothing;
            select la.*
            into v_attempts
            from ops.login_attempts as la
            where la.subject_hash = v_subject
            for update;
            exit when found;
        end loop;
    exception
        when lock_not_available then
            wait_s := 1;
            return;
    end;

    -- Not now(): the wait for the lock is part of the transaction.
    v_now := clock_timestamp();
    if v_attempts.locked_until > v_now then
        wait_s := ceil(extract(epoch from v_attempts.locked_until - v_now));
        return;
    end if;

    select u.id, c.password_hash
    into user_id, v_password_hash
    from core.users as u
    inner join core.credentials as c on c.user_id = u.id
    where lower(u.email) = v_email;

    -- Nobody's hash, at the same cost, matches nothing but takes as long.
    v_password_hash := coalesce(
        v_password_hash,
        format(
            '$2a$%s$%s',
            lpad(access.get_setting('access.bcrypt_cost') #>> '{}', 2, '0'),
            repeat('.', 53)
        )
    );
    -- bcrypt ignores what follows byte 72: a longer password was never chosen.
    if
        extensions.crypt(p_password, v_password_hash) is distinct from v_password_hash
        or octet_length(p_password) > 72
    then
        user_id := null;
    end if;

    if user_id is not null then
        delete from ops.login_attempts as la where la.subject_hash = v_subject;
        return;
    end if;

    v_failures := 1 + case
        when v_attempts.last_failed_at > v_now - interval '1 day'
            then v_attempts.failures
        else 0
    end;
    v_wait := least(
        make_interval(secs => power(2, least(v_failures - v_free, 20) + 2)),
        make_interval(mins => access.get_setting('access.login_lock_minutes_max')::integer)
    );
    update ops.login_attempts as la
    set
        failures = v_failures,
        last_failed_at = v_now,
        locked_until = case when v_failures >= v_free then v_now + v_wait end
    where la.subject_hash = v_subject;
end;
$$;
revoke all on function access.try_password(text, text, uuid) from public;
comment on function access.try_password(text, text, uuid) is
    'Try a password for an e-mail address, counting failures.';

-- db/code/access/use_token.sql ----------------------------------------

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

-- db/code/api/activate_user.sql ----------------------------------------

-- Switch a member of a tenant on again.
--
-- Writes:  core.memberships (row locked).
-- Errors:  PT403 permission_missing, role_beyond_own; PT404 user_unknown, tenant_unknown.
-- Definer: nobody may write memberships.
create or replace function api.activate_user(user_id uuid, tenant_id bigint default null)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_member constant core.memberships := access.lock_member(
        access.get_target_tenant(activate_user.tenant_id), activate_user.user_id
    );
begin
    update core.memberships as m
    set is_active = true
    where m.tenant_id = v_member.tenant_id and m.user_id = v_member.user_id and not m.is_active;
end;
$$;
revoke all on function api.activate_user(uuid, bigint) from public;
grant execute on function api.activate_user(uuid, bigint) to staff, platform;
comment on function api.activate_user(uuid, bigint) is
    E'Switch a member of your tenant on again.\nNeeds users.write.';

-- db/code/api/admit_charge_point.sql ----------------------------------------

-- Make an unknown charger a charge point, with a key that is shown this once.
--
-- Writes:  core.charge_points, core.charge_point_keys; the triggers of charge_points write the
--          directory of identities and take the charger out of every inbox.
-- Errors:  PT403 permission_missing, PT404 inbox_entry_unknown, PT404
--          tenant_unknown, PT400 tenant_required, PT409 charge_point_identity_taken, PT409
--          inbox_entry_decided.
-- Definer: keys are written by functions only, and onboarding.write alone suffices.
create or replace function api.admit_charge_point(
    unknown_charge_point_id bigint,
    site_id bigint default null,
    name text default null,
    tenant_id bigint default null
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_platform boolean := claims.role() = 'platform';
    v_entry core.unknown_charge_points;
    v_tenant_id bigint;
    v_charge_point_id bigint;
begin
    perform access.require_permission('onboarding.write');

    v_entry := fleet.lock_unknown_charge_point(unknown_charge_point_id);
    v_tenant_id := coalesce(admit_charge_point.tenant_id, v_entry.tenant_id);
    if v_tenant_id is null then
        raise exception using
            errcode = 'PT400',
            message = 'the charger named no tenant: say which one it is for',
            detail = '{"error":"tenant_required"}',
            hint = 'Send tenant_id.';
    end if;
    if not exists (select from core.tenants as t where t.id = v_tenant_id)
        or not v_is_platform and v_tenant_id <> claims.tenant_id()
    then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such tenant',
            detail = '{"error":"tenant_unknown"}',
            hint = 'Leave tenant_id out to use your own.';
    end if;

    insert into core.charge_points as c (tenant_id, identity, site_id, name)
    values (v_tenant_id, v_entry.identity, admit_charge_point.site_id, admit_charge_point.name)
    returning c.id into v_charge_point_id;

    return jsonb_build_object(
        'charge_point_id', v_charge_point_id,
        'identity', v_entry.identity,
        'key', fleet.create_charge_point_key(v_tenant_id, v_charge_point_id)
    );
end;
$$;
revoke all on function api.admit_charge_point(bigint, bigint, text, bigint) from public;
grant execute on function api.admit_charge_point(bigint, bigint, text, bigint) to staff, platform;
comment on function api.admit_charge_point(bigint, bigint, text, bigint) is
    E'Admit an unknown charger: it becomes a charge point with a key of its own.\n'
    'Returns {"charge_point_id", "identity", "key"}; the key is shown this once. tenant_id is for '
    'platform admins, who also admit chargers that named no tenant.';

-- db/code/api/admit_id_token.sql ----------------------------------------

-- Register a token that was shown at a charger.
--
-- Writes:  core.id_tokens, whose trigger takes the token out of the inbox.
-- Errors:  PT403 permission_missing, PT404 inbox_entry_unknown, PT409
--          inbox_entry_decided, PT400 contract_id_invalid, PT400
--          contract_id_check_digit_wrong; the keys of id_tokens for a person or group that is
--          not the tenant's.
-- Definer: onboarding.write alone suffices.
create or replace function api.admit_id_token(
    unknown_id_token_id bigint,
    user_id uuid default null,
    id_token_group_id bigint default null,
    contract_id text default null,
    label text default '',
    expires_at timestamptz default null
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry core.unknown_id_tokens;
    v_id_token_id bigint;
begin
    perform access.require_permission('onboarding.write');

    v_entry := fleet.lock_unknown_id_token(unknown_id_token_id);
    insert into core.id_tokens as t (
        tenant_id, id_token, user_id, id_token_group_id, contract_id, label, expires_at
    )
    values (
        v_entry.tenant_id, v_entry.id_token, admit_id_token.user_id,
        admit_id_token.id_token_group_id, admit_id_token.contract_id,
        coalesce(admit_id_token.label, ''), admit_id_token.expires_at
    )
    returning t.id into v_id_token_id;
    return jsonb_build_object('id_token_id', v_id_token_id, 'id_token', v_entry.id_token);
end;
$$;
revoke all on function api.admit_id_token(
    bigint, uuid, bigint, text, text, timestamptz
) from public;
grant execute on function api.admit_id_token(
    bigint, uuid, bigint, text, text, timestamptz
) to staff, platform;
comment on function api.admit_id_token(bigint, uuid, bigint, text, text, timestamptz) is
    E'Register an unknown id token, for a person and a group if you name them.\n'
    'Returns {"id_token_id", "id_token"}.';

-- db/code/api/api_keys.sql ----------------------------------------

-- API keys, never the keys themselves. Written by functions: create_api_key, revoke_api_key.
create or replace view api.api_keys
with (security_invoker = true)
as
select
    k.tenant_id,
    k.id,
    k.user_id,
    k.name,
    k.prefix,
    k.created_at,
    k.expires_at,
    k.revoked_at,
    k.last_used_at
from core.api_keys as k;

grant select (
    tenant_id, id, user_id, name, prefix, created_at, expires_at, revoked_at, last_used_at
) on api.api_keys to staff, platform;

comment on view api.api_keys is
    E'API keys: yours, or with api_keys.write all of your tenant.\n'
    'create_api_key and revoke_api_key change them.';
comment on column api.api_keys.tenant_id is 'The tenant.';
comment on column api.api_keys.id is 'The key''s number.';
comment on column api.api_keys.user_id is 'The person that the key acts as.';
comment on column api.api_keys.name is 'What the key is for.';
comment on column api.api_keys.prefix is 'How the key begins, to recognise it.';
comment on column api.api_keys.created_at is 'When it was made.';
comment on column api.api_keys.expires_at is 'When it stops working; null: never.';
comment on column api.api_keys.revoked_at is 'When it was revoked; null: it was not.';
comment on column api.api_keys.last_used_at is 'When a token was last made with it.';

-- db/code/api/audit_log.sql ----------------------------------------

-- Who changed what: read with audit.read.
create or replace view api.audit_log
with (security_invoker = true)
as
select
    a.tenant_id,
    a.id,
    a.changed_at,
    a.user_id,
    (select u.email from core.users as u where u.id = a.user_id) as user_email,
    a.actor,
    a.table_name,
    a.row_key,
    a.operation,
    a.old_values,
    a.new_values
from core.audit_log as a;

grant select (
    tenant_id, id, changed_at, user_id, user_email, actor, table_name, row_key, operation,
    old_values, new_values
) on api.audit_log to staff, platform;

comment on view api.audit_log is
    E'Who changed which row, when, and from what to what.\n'
    'Needs audit.read. Nothing in it can be changed. Ask for a range of changed_at.';
comment on column api.audit_log.tenant_id is 'The tenant of the row that changed.';
comment on column api.audit_log.id is 'The entry.';
comment on column api.audit_log.changed_at is 'When it changed.';
comment on column api.audit_log.user_id is 'Who changed it; null when no person did.';
comment on column api.audit_log.user_email is
    'E-mail of who changed it, as it is now and if you may see it.';
comment on column api.audit_log.actor is
    'As what they acted: the audience of a person, or the login of a program.';
comment on column api.audit_log.table_name is 'The table, such as core.sites.';
comment on column api.audit_log.row_key is 'Primary key of the row.';
comment on column api.audit_log.operation is 'insert, update or delete.';
comment on column api.audit_log.old_values is
    'The row before (of an update: the columns that changed); secrets are ***.';
comment on column api.audit_log.new_values is
    'The row after (of an update: the columns that changed); secrets are ***.';

-- db/code/api/authorizations.sql ----------------------------------------

-- Decisions about shown id tokens, read-only.
create or replace view api.authorizations
with (security_invoker = true) as
select
    a.tenant_id,
    a.id,
    a.charge_point_id,
    a.id_token,
    a.id_token_id,
    a.user_id,
    a.source,
    a.status,
    a.reason,
    a.decided_at
from core.authorizations as a;

grant select (
    tenant_id, id, charge_point_id, id_token, id_token_id, user_id, source, status, reason,
    decided_at
) on api.authorizations to staff, platform;

comment on view api.authorizations is
    'An answer to a shown token, with the reason that the charger is not told.';
comment on column api.authorizations.tenant_id is 'The tenant that owns the row.';
comment on column api.authorizations.id is 'Number of the decision.';
comment on column api.authorizations.charge_point_id is 'Where the token was shown.';
comment on column api.authorizations.id_token is 'The token as it was shown.';
comment on column api.authorizations.id_token_id is 'The registered token, if it is one.';
comment on column api.authorizations.user_id is 'The person whose token it is.';
comment on column api.authorizations.source is 'At what: authorize, start or stop.';
comment on column api.authorizations.status is
    'What the charger was told: Accepted, Blocked, Expired, Invalid or ConcurrentTx.';
comment on column api.authorizations.reason is
    'Why: accepted, id_token_malformed, id_token_unknown, id_token_blocked, user_inactive, '
    'id_token_not_yet_valid, id_token_expired, no_right_here or too_many_transactions.';
comment on column api.authorizations.decided_at is 'When it was decided.';

-- db/code/api/change_password.sql ----------------------------------------

-- Change the own password; all other sign-ins end.
--
-- A wrong old password counts as a failed sign-in does, but apart from those: strangers who fail
-- with the address do not keep its owner from here. It is answered, not raised, for the count's
-- sake.
-- Writes:  core.credentials, core.login_sessions, core.one_time_tokens, ops.login_attempts.
-- Errors:  PT400 of access.check_password; PT403 wrong_password, person_required;
--          PT429 too_many_attempts.
-- Definer: nobody may read or write credentials.
create or replace function api.change_password(old_password text, new_password text)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_sid constant uuid := access.require_person();
    v_user_id constant uuid := claims.user_id();
    v_email text;
    v_try record;
begin
    select u.email into v_email from core.users as u where u.id = v_user_id;
    perform access.check_password(new_password, v_email);

    select t.user_id, t.wait_s
    into v_try
    from access.try_password(v_email, coalesce(old_password, ''), v_user_id) as t;
    if v_try.wait_s is not null then
        return access.refuse_attempt(v_try.wait_s);
    end if;
    if v_try.user_id is distinct from v_user_id then
        return access.refuse_request(
            403,
            'the old password is wrong',
            '{"error":"wrong_password"}',
            'Without the old password, ask for a password reset.'
        );
    end if;

    perform access.set_password(v_user_id, new_password, v_sid);
    return '{"changed": true}';
end;
$$;
revoke all on function api.change_password(text, text) from public;
grant execute on function api.change_password(text, text) to staff, customer, platform;
comment on function api.change_password(text, text) is
    E'Change your password.\nAll your other sign-ins end. A password has 10 to 72 bytes.';

-- db/code/api/charge_point_keys.sql ----------------------------------------

-- Keys of charge points without their hashes, read-only.
create or replace view api.charge_point_keys
with (security_invoker = true) as
select
    k.tenant_id,
    k.id,
    k.charge_point_id,
    k.is_human_chosen,
    k.created_at,
    k.first_used_at,
    k.last_used_at,
    k.retired_at
from core.charge_point_keys as k;

grant select (
    tenant_id, id, charge_point_id, is_human_chosen, created_at, first_used_at, last_used_at,
    retired_at
) on api.charge_point_keys to staff, platform;

comment on view api.charge_point_keys is
    E'A key of a charge point: when it was made, used and retired; the key itself is shown '
    'once.\n'
    'A new one comes from create_charge_point_key.';
comment on column api.charge_point_keys.tenant_id is 'The tenant that owns the row.';
comment on column api.charge_point_keys.id is 'Number of the key.';
comment on column api.charge_point_keys.charge_point_id is 'The charge point it belongs to.';
comment on column api.charge_point_keys.is_human_chosen is
    'True when a person chose it, which asks for a slower check.';
comment on column api.charge_point_keys.created_at is 'When it was made.';
comment on column api.charge_point_keys.first_used_at is
    'When the charge point first connected with it.';
comment on column api.charge_point_keys.last_used_at is
    'When the charge point last connected with it.';
comment on column api.charge_point_keys.retired_at is
    'Since when it is no longer valid: a newer key has connected.';

-- db/code/api/connection_log.sql ----------------------------------------

-- Connections of charge points, read-only.
create or replace view api.connection_log
with (security_invoker = true) as
select
    c.tenant_id,
    c.id,
    c.charge_point_id,
    c.outcome,
    c.refuse_reason,
    c.attempts,
    c.subprotocol,
    c.remote_address,
    c.user_agent,
    c.is_tls,
    c.security_profile,
    c.flags,
    c.opened_at,
    c.closed_at,
    c.close_code,
    c.close_reason
from ops.connections as c;

grant select (
    tenant_id, id, charge_point_id, outcome, refuse_reason, attempts, subprotocol, remote_address,
    user_agent, is_tls, security_profile, flags, opened_at, closed_at, close_code, close_reason
) on api.connection_log to staff, platform;

comment on view api.connection_log is
    E'Connections of charge points, and their refused attempts.\n'
    'Attempts that were refused within the same minute are counted in one row.';
comment on column api.connection_log.tenant_id is 'The tenant that owns the row.';
comment on column api.connection_log.id is
    'Number of the connection: a later one of the same charge point has a higher number.';
comment on column api.connection_log.charge_point_id is 'The charge point.';
comment on column api.connection_log.outcome is 'accepted or refused.';
comment on column api.connection_log.refuse_reason is
    'Why it was refused: no_credentials, wrong_user_name, wrong_key, needs_tls, '
    'needs_client_certificate, disabled or no_common_subprotocol.';
comment on column api.connection_log.attempts is 'How many refused attempts the row counts.';
comment on column api.connection_log.subprotocol is
    'The OCPP version spoken, such as ocpp1.6; null when refused.';
comment on column api.connection_log.remote_address is 'Where it came from.';
comment on column api.connection_log.user_agent is 'What the charger''s software calls itself.';
comment on column api.connection_log.is_tls is 'Whether it was encrypted.';
comment on column api.connection_log.security_profile is
    'OCPP security profile that was asked of it.';
comment on column api.connection_log.flags is
    'What was tolerated: assumed_subprotocol, hex_key, no_key.';
comment on column api.connection_log.opened_at is 'When it was opened, or first refused.';
comment on column api.connection_log.closed_at is
    'When it ended, or was last refused; null while it is open.';
comment on column api.connection_log.close_code is 'WebSocket close code (RFC 6455 §7.4).';
comment on column api.connection_log.close_reason is 'Why it ended.';

-- db/code/api/connector_status_changes.sql ----------------------------------------

-- History of connector states, read-only.
create or replace view api.connector_status_changes
with (security_invoker = true) as
select
    h.tenant_id,
    h.id,
    h.charge_point_id,
    h.ocpp16_connector_id,
    h.status,
    h.error_code,
    h.info,
    h.vendor_id,
    h.vendor_error_code,
    h.reported_at,
    h.received_at
from core.connector_status_changes as h;

grant select (
    tenant_id, id, charge_point_id, ocpp16_connector_id, status, error_code, info, vendor_id,
    vendor_error_code, reported_at, received_at
) on api.connector_status_changes to staff, platform;

comment on view api.connector_status_changes is
    E'A change of a connector''s state.\nAsk for a range of received_at: it is kept by the month.';
comment on column api.connector_status_changes.tenant_id is 'The tenant that owns the row.';
comment on column api.connector_status_changes.id is 'Number of the change.';
comment on column api.connector_status_changes.charge_point_id is 'The charge point.';
comment on column api.connector_status_changes.ocpp16_connector_id is
    'Number of the connector in OCPP 1.6; 0 is the charge point itself.';
comment on column api.connector_status_changes.status is
    'The new state as reported: Available, Preparing, Charging, SuspendedEV, SuspendedEVSE, '
    'Finishing, Reserved, Unavailable, Faulted, or whatever the charger said.';
comment on column api.connector_status_changes.error_code is
    'Error code as reported; NoError is none.';
comment on column api.connector_status_changes.info is 'Free text of the charger.';
comment on column api.connector_status_changes.vendor_id is 'Vendor of vendor_error_code.';
comment on column api.connector_status_changes.vendor_error_code is 'The vendor''s error code.';
comment on column api.connector_status_changes.reported_at is
    'Since when: the charger''s time, or that of receipt where the charger''s cannot be true.';
comment on column api.connector_status_changes.received_at is 'When it was heard.';

-- db/code/api/create_api_key.sql ----------------------------------------

-- Make an API key of the person who asks, in their tenant.
--
-- Writes:  core.api_keys.
-- Errors:  PT400 name_invalid, expires_at_past, expires_at_far;
--          PT403 permission_missing, person_required.
-- Definer: nobody may write keys, or read their hashes.
create or replace function api.create_api_key(name text, expires_at timestamptz default null)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name constant text := btrim(create_api_key.name);
    v_key constant text := 'vk_' || access.create_token();
    v_row core.api_keys;
begin
    perform access.require_permission('api_keys.write');
    perform access.require_person();
    if v_name is null or length(v_name) not between 1 and 100 then
        raise exception using
            errcode = 'PT400',
            message = 'a name has 1 to 100 characters',
            detail = '{"error":"name_invalid"}',
            hint = 'Name the program that will use the key.';
    end if;
    if create_api_key.expires_at <= now() then
        raise exception using
            errcode = 'PT400',
            message = 'the key would be expired already',
            detail = '{"error":"expires_at_past"}',
            hint = 'Leave expires_at out for a key that does not expire.';
    end if;
    if create_api_key.expires_at > now() + interval '10 years' then
        raise exception using
            errcode = 'PT400',
            message = 'a key expires within 10 years',
            detail = '{"error":"expires_at_far"}',
            hint = 'Leave expires_at out for a key that does not expire.';
    end if;

    insert into core.api_keys as k (tenant_id, user_id, name, prefix, key_hash, expires_at)
    values (
        claims.tenant_id(),
        claims.user_id(),
        v_name,
        substr(v_key, 1, 11),
        access.hash_token(v_key),
        create_api_key.expires_at
    )
    returning k.* into v_row;
    return json_build_object(
        'id', v_row.id, 'name', v_row.name, 'key', v_key, 'prefix', v_row.prefix,
        'expires_at', v_row.expires_at
    );
end;
$$;
revoke all on function api.create_api_key(text, timestamptz) from public;
grant execute on function api.create_api_key(text, timestamptz) to staff, platform;
comment on function api.create_api_key(text, timestamptz) is
    E'Make an API key that acts as you, in your tenant.\n'
    'The key is shown this once; a program exchanges it with token_for_key.';

-- db/code/api/create_charge_point_key.sql ----------------------------------------

-- Give a charge point a new key, shown this once.
--
-- revoke_others retires the keys it has at once, for one that was stolen; without it they stay
-- valid until the charge point has connected with the new one (fleet.create_charge_point_key).
-- Writes:  core.charge_point_keys.
-- Errors:  PT403 permission_missing, PT404 charge_point_unknown (also for another tenant's).
-- Definer: keys are written by functions only.
create or replace function api.create_charge_point_key(
    charge_point_id bigint,
    revoke_others boolean default false
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tenant_id bigint;
begin
    perform access.require_permission('charge_point_keys.write');

    select c.tenant_id into v_tenant_id
    from core.charge_points as c
    where c.id = create_charge_point_key.charge_point_id
        and (claims.role() = 'platform' or c.tenant_id = claims.tenant_id());
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such charge point',
            detail = '{"error":"charge_point_unknown"}',
            hint = 'Take the id from charge_points.';
    end if;

    if create_charge_point_key.revoke_others then
        update core.charge_point_keys as k
        set retired_at = now()
        where
            k.tenant_id = v_tenant_id
            and k.charge_point_id = create_charge_point_key.charge_point_id
            and k.retired_at is null;
    end if;
    return jsonb_build_object(
        'key', fleet.create_charge_point_key(v_tenant_id, create_charge_point_key.charge_point_id)
    );
end;
$$;
revoke all on function api.create_charge_point_key(bigint, boolean) from public;
grant execute on function api.create_charge_point_key(bigint, boolean) to staff, platform;
comment on function api.create_charge_point_key(bigint, boolean) is
    E'Give a charge point a new key.\n'
    'Returns {"key"}, shown this once. The old keys stay valid until the charge point has '
    'connected with the new one; with revoke_others they are refused from now on, which is for a '
    'stolen key. A connection that is open stays open: disable the charge point to end it.';

-- db/code/api/create_role.sql ----------------------------------------

-- Define a role in a tenant.
--
-- Writes:  core.roles, core.role_permissions.
-- Errors:  PT400 role_name_invalid, description_too_long, audience_invalid, permission_unknown,
--          permissions_of_customer; PT403 permission_missing, role_beyond_own;
--          PT404 tenant_unknown; 23505 when the name is taken.
-- Definer: nobody may write roles.
create or replace function api.create_role(
    name text,
    audience text default 'staff',
    permissions text[] default '{}',
    description text default '',
    tenant_id bigint default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tenant_id constant bigint := access.get_target_tenant(create_role.tenant_id);
    v_permissions constant text[] := coalesce(create_role.permissions, '{}');
    v_role core.roles;
begin
    perform access.require_permission('roles.write');
    perform access.check_role_text(coalesce(create_role.name, ''), create_role.description);
    if create_role.audience is null or create_role.audience not in ('staff', 'customer', 'platform')
    then
        raise exception using
            errcode = 'PT400',
            message = 'there is no such audience',
            detail = '{"error":"audience_invalid"}',
            hint = 'Take staff or customer.';
    end if;
    perform access.check_permissions(v_permissions);
    perform access.require_role_within(create_role.audience, v_permissions);

    insert into core.roles as r (tenant_id, name, audience, description)
    values (
        v_tenant_id, create_role.name, create_role.audience, coalesce(create_role.description, '')
    )
    returning r.* into v_role;
    perform access.set_role_permissions(v_role, v_permissions);
    return json_build_object('id', v_role.id, 'name', v_role.name, 'tenant_id', v_tenant_id);
end;
$$;
revoke all on function api.create_role(text, text, text[], text, bigint) from public;
grant execute on function api.create_role(text, text, text[], text, bigint) to staff, platform;
comment on function api.create_role(text, text, text[], text, bigint) is
    E'Define a role in your tenant.\n'
    'Needs roles.write and every permission that the role gets. audience is staff, or customer '
    'for drivers.';

-- db/code/api/deactivate_user.sql ----------------------------------------

-- Switch a member of a tenant off: their tokens and API keys there are refused from now on.
--
-- Writes:  core.memberships (row locked), core.login_sessions.
-- Errors:  PT403 permission_missing, role_beyond_own; PT404 user_unknown, tenant_unknown;
--          PT409 last_admin, last_platform_admin.
-- Definer: nobody may write memberships.
create or replace function api.deactivate_user(user_id uuid, tenant_id bigint default null)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_member constant core.memberships := access.lock_member(
        access.get_target_tenant(deactivate_user.tenant_id), deactivate_user.user_id
    );
begin
    update core.memberships as m
    set is_active = false
    where m.tenant_id = v_member.tenant_id and m.user_id = v_member.user_id and m.is_active;
    perform access.revoke_sign_ins(v_member.user_id, 'user_deactivated', v_member.tenant_id);
end;
$$;
revoke all on function api.deactivate_user(uuid, bigint) from public;
grant execute on function api.deactivate_user(uuid, bigint) to staff, platform;
comment on function api.deactivate_user(uuid, bigint) is
    E'Switch a member of your tenant off.\n'
    'Needs users.write. Their tokens and API keys are refused from now on.';

-- db/code/api/delete_role.sql ----------------------------------------

-- Delete a role that the tenant defined and nobody has.
--
-- Writes:  core.roles, core.role_permissions.
-- Errors:  PT403 permission_missing, role_beyond_own; PT404 role_unknown; PT409 role_built_in;
--          23503 when somebody has the role.
-- Definer: nobody may write roles.
create or replace function api.delete_role(id bigint)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_role constant core.roles := access.lock_role(delete_role.id);
begin
    delete from core.roles as r where r.tenant_id = v_role.tenant_id and r.id = v_role.id;
end;
$$;
revoke all on function api.delete_role(bigint) from public;
grant execute on function api.delete_role(bigint) to staff, platform;
comment on function api.delete_role(bigint) is
    E'Delete a role that your tenant defined and nobody has.\nNeeds roles.write.';

-- db/code/api/health.sql ----------------------------------------

-- Whether the API and its database answer; open to anonymous callers, and so without details.
--
-- Called by: monitoring, load balancers.
create or replace function api.health()
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return jsonb_build_object(
        'status', 'ok',
        'time', to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    );
end;
$$;
revoke all on function api.health() from public;
grant execute on function api.health() to anon, staff, customer, platform;
comment on function api.health() is
    E'Whether the API and its database answer.\nReturns status "ok" and the server''s time.';

-- db/code/api/identities.sql ----------------------------------------

-- Which person a subject of an outside issuer is: the platform's.
create or replace view api.identities
with (security_invoker = true)
as
select
    i.issuer,
    i.subject,
    i.user_id,
    i.created_at
from core.identities as i;

grant select (issuer, subject, user_id, created_at) on api.identities to platform;
grant insert (issuer, subject, user_id) on api.identities to platform;
grant delete on api.identities to platform;

comment on view api.identities is
    'Which person a subject of an outside issuer is (platform admins).';
comment on column api.identities.issuer is 'The issuer.';
comment on column api.identities.subject is 'The claim sub of its tokens.';
comment on column api.identities.user_id is 'The person it is.';
comment on column api.identities.created_at is 'When the two were linked.';

-- db/code/api/identity_providers.sql ----------------------------------------

-- Outside issuers whose tokens are accepted: the platform's.
create or replace view api.identity_providers
with (security_invoker = true)
as
select
    p.issuer,
    p.audience,
    p.requires_jti,
    p.is_active,
    p.created_at
from core.identity_providers as p;

grant select (issuer, audience, requires_jti, is_active, created_at)
on api.identity_providers to platform;
grant insert (issuer, audience, requires_jti, is_active) on api.identity_providers to platform;
grant update (audience, requires_jti, is_active) on api.identity_providers to platform;
grant delete on api.identity_providers to platform;

comment on view api.identity_providers is
    E'Outside OpenID Connect issuers whose tokens are accepted (platform admins).\n'
    'Their public keys belong into the JWKS that PostgREST reads.';
comment on column api.identity_providers.issuer is 'The claim iss of its tokens.';
comment on column api.identity_providers.audience is 'What the claim aud of its tokens must name.';
comment on column api.identity_providers.requires_jti is 'Refuse its tokens without a claim jti.';
comment on column api.identity_providers.is_active is 'Whether its tokens are accepted now.';
comment on column api.identity_providers.created_at is 'When it was registered.';

-- db/code/api/ignore_charge_point.sql ----------------------------------------

-- Take an unknown charger out of the waiting list.
--
-- Writes:  core.unknown_charge_points (row locked). Repeatable. Its attempts go on counting, and
--          it can still be admitted.
-- Errors:  PT403 permission_missing, PT404 inbox_entry_unknown, PT409
--          inbox_entry_decided.
-- Definer: the inbox is written by functions only.
create or replace function api.ignore_charge_point(unknown_charge_point_id bigint)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry core.unknown_charge_points;
begin
    perform access.require_permission('onboarding.write');

    v_entry := fleet.lock_unknown_charge_point(unknown_charge_point_id);
    update core.unknown_charge_points as u
    set state = 'ignored', decided_at = now(), decided_by = claims.user_id()
    where u.id = v_entry.id and u.state = 'waiting';
    return jsonb_build_object('unknown_charge_point_id', v_entry.id, 'state', 'ignored');
end;
$$;
revoke all on function api.ignore_charge_point(bigint) from public;
grant execute on function api.ignore_charge_point(bigint) to staff, platform;
comment on function api.ignore_charge_point(bigint) is
    E'Take an unknown charger out of the waiting list.\n'
    'It is still refused and still counted, and can be admitted later.';

-- db/code/api/ignore_id_token.sql ----------------------------------------

-- Take an unknown token out of the waiting list.
--
-- Writes:  core.unknown_id_tokens (row locked). Repeatable. It goes on counting, and it can still
--          be admitted.
-- Errors:  PT403 permission_missing, PT404 inbox_entry_unknown, PT409
--          inbox_entry_decided.
-- Definer: the inbox is written by functions only.
create or replace function api.ignore_id_token(unknown_id_token_id bigint)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry core.unknown_id_tokens;
begin
    perform access.require_permission('onboarding.write');

    v_entry := fleet.lock_unknown_id_token(unknown_id_token_id);
    update core.unknown_id_tokens as u
    set state = 'ignored', decided_at = now(), decided_by = claims.user_id()
    where u.tenant_id = v_entry.tenant_id and u.id = v_entry.id and u.state = 'waiting';
    return jsonb_build_object('unknown_id_token_id', v_entry.id, 'state', 'ignored');
end;
$$;
revoke all on function api.ignore_id_token(bigint) from public;
grant execute on function api.ignore_id_token(bigint) to staff, platform;
comment on function api.ignore_id_token(bigint) is
    E'Take an unknown id token out of the waiting list.\n'
    'It is still refused and still counted, and can be admitted later.';

-- db/code/api/invite_user.sql ----------------------------------------

-- Make a person a member of a tenant and tell them by e-mail.
--
-- Somebody new gets a token to set a password with, valid as long as an e-mail verification;
-- somebody known keeps theirs. A password that was chosen for the address before it was verified
-- is discarded: an invitation must not reach whoever chose it. A member who has never signed in
-- can be invited again.
-- Writes:  core.users, core.credentials, core.memberships, core.one_time_tokens, ops.outbox.
-- Errors:  PT400 email_invalid, full_name_invalid; PT403 permission_missing, role_beyond_own;
--          PT404 role_unknown, tenant_unknown; PT409 user_is_member; PT429 too_many_emails.
-- Definer: whether an address is known in another tenant is nobody's business.
create or replace function api.invite_user(
    email text, role text, full_name text default '', tenant_id bigint default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_email constant text := access.clean_email(invite_user.email);
    v_tenant_id constant bigint := access.get_target_tenant(invite_user.tenant_id);
    v_role core.roles;
    v_user core.users;
    v_has_password boolean;
    v_is_member boolean;
begin
    perform access.require_permission('users.write');
    perform access.check_full_name(invite_user.full_name);
    v_role := access.get_role(v_tenant_id, invite_user.role);

    insert into core.users (email, full_name)
    values (v_email, coalesce(btrim(invite_user.full_name), ''))
    on conflict do nothing;
    select u.* into v_user from core.users as u where lower(u.email) = v_email;
    perform access.discard_unverified(v_user.id);
    v_has_password := exists (select from core.credentials as c where c.user_id = v_user.id);
    v_is_member := exists (
        select
        from core.memberships as m
        where m.tenant_id = v_tenant_id and m.user_id = v_user.id
    );

    if v_is_member and (
        v_has_password
        or exists (select from core.identities as i where i.user_id = v_user.id)
    ) then
        raise exception using
            errcode = 'PT409',
            message = 'this person is a member already',
            detail = '{"error":"user_is_member"}',
            hint = 'Change the role with set_user_role, or switch the member on again.';
    elsif v_is_member then
        perform access.lock_member(v_tenant_id, v_user.id);
        update core.memberships as m
        set role_id = v_role.id, is_active = true
        where m.tenant_id = v_tenant_id and m.user_id = v_user.id;
    else
        insert into core.memberships (tenant_id, user_id, role_id)
        values (v_tenant_id, v_user.id, v_role.id);
    end if;

    if not access.send_token(
        v_user.id,
        case when v_has_password then 'membership' else 'invitation' end,
        case when not v_has_password then 'password_reset' end,
        make_interval(hours => access.get_setting('access.email_verification_hours')::integer),
        v_tenant_id
    ) then
        raise exception using
            errcode = 'PT429',
            message = 'this person got enough invitations for now',
            detail = '{"error":"too_many_emails"}',
            hint = 'Try again in an hour.';
    end if;
    return json_build_object(
        'id', v_user.id, 'email', v_user.email, 'role', v_role.name, 'tenant_id', v_tenant_id
    );
end;
$$;
revoke all on function api.invite_user(text, text, text, bigint) from public;
grant execute on function api.invite_user(text, text, text, bigint) to staff, platform;
comment on function api.invite_user(text, text, text, bigint) is
    E'Make a person a member of your tenant and tell them by e-mail.\n'
    'Needs users.write. role is the name of a role that may do no more than you. Platform admins '
    'may name another tenant_id.';

-- db/code/api/job_runs.sql ----------------------------------------

-- Runs of jobs that did something or failed, for the platform.
create or replace view api.job_runs
with (security_invoker = true) as
select r.id, r.job, r.runner, r.started_at, r.finished_at, r.outcome, r.detail
from ops.job_runs as r;

grant select (id, job, runner, started_at, finished_at, outcome, detail)
on api.job_runs to platform;

comment on view api.job_runs is
    E'Runs of background jobs that did something or failed.\nFor platform administrators.';
comment on column api.job_runs.id is 'Number of the run.';
comment on column api.job_runs.job is 'Name of the job.';
comment on column api.job_runs.runner is 'The process that ran it.';
comment on column api.job_runs.started_at is 'When it began.';
comment on column api.job_runs.finished_at is 'When it ended.';
comment on column api.job_runs.outcome is 'done or failed.';
comment on column api.job_runs.detail is 'What was done, or the error.';

-- db/code/api/login.sql ----------------------------------------

-- Sign in with e-mail and password.
--
-- Wrong credentials are answered, not raised: a raise would undo the count of failures.
-- Writes:  core.login_sessions, core.refresh_tokens, ops.login_attempts.
-- Errors:  PT400 credentials_missing; PT401 invalid_credentials, user_inactive;
--          PT403 email_unverified; PT429 too_many_attempts.
-- Definer: anonymous may read and write nothing.
create or replace function api.login(email text default null, password text default null)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_try record;
begin
    if login.email is null or login.password is null then
        raise exception using
            errcode = 'PT400',
            message = 'e-mail and password are needed',
            detail = '{"error":"credentials_missing"}',
            hint = 'Send {"email": "...", "password": "..."}.';
    end if;

    select t.user_id, t.wait_s
    into v_try
    from access.try_password(login.email, login.password) as t;
    if v_try.wait_s is not null then
        return access.refuse_attempt(v_try.wait_s);
    end if;
    if v_try.user_id is null then
        return access.refuse_request(
            401,
            'e-mail or password is wrong',
            '{"error":"invalid_credentials"}',
            'Check both, follow the link after a sign-up, or ask for a password reset.'
        );
    end if;

    if exists (
        select from core.users as u where u.id = v_try.user_id and u.email_verified_at is null
    ) then
        raise exception using
            errcode = 'PT403',
            message = 'the e-mail address is not verified yet',
            detail = '{"error":"email_unverified"}',
            hint = 'Follow the link in the e-mail, or ask for a password reset.';
    end if;
    return access.open_sign_in(v_try.user_id);
end;
$$;
revoke all on function api.login(text, text) from public;
grant execute on function api.login(text, text) to anon, staff, customer, platform;
comment on function api.login(text, text) is
    E'Sign in with e-mail and password.\n'
    'Returns access_token (a JWT for the header Authorization: Bearer), refresh_token, '
    'expires_at of the access token, and the tenant and role it acts in.';

-- db/code/api/logout.sql ----------------------------------------

-- End the sign-in of the access token that asks.
--
-- A token of an outside issuer has no sign-in with us: that token is refused from now on.
-- Writes:  core.login_sessions, core.revoked_tokens.
-- Definer: people may write neither.
create or replace function api.logout()
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_claims constant jsonb := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
begin
    if claims.user_id() is null then
        return;
    end if;
    if v_claims ? 'sid' then
        update core.login_sessions as ls
        set revoked_at = now(), revoke_reason = 'logout'
        where
            ls.id = (v_claims ->> 'sid')::uuid
            and ls.user_id = claims.user_id()
            and ls.revoked_at is null;
    else
        insert into core.revoked_tokens (jti, expires_at)
        values (
            (v_claims ->> 'jti')::uuid,
            to_timestamp(least((v_claims ->> 'exp')::numeric, 253402300799)::double precision)
        )
        on conflict (jti) do nothing;
    end if;
end;
$$;
revoke all on function api.logout() from public;
grant execute on function api.logout() to staff, customer, platform;
comment on function api.logout() is
    E'End the sign-in of the access token that asks.\n'
    'All its access and refresh tokens are refused from now on.';

-- db/code/api/me.sql ----------------------------------------

-- Who the token is: the person, the tenant and role, what it may do, and where else it belongs.
--
-- Definer: customers may read neither roles nor memberships, nobody those in other tenants.
create or replace function api.me()
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select json_build_object(
        'user_id', u.id,
        'email', u.email,
        'full_name', u.full_name,
        'language', u.language,
        'tenant_id', t.id,
        'tenant', t.slug,
        'tenant_name', t.name,
        'role', r.name,
        'audience', r.audience,
        'permissions', array(
            select p.key
            from core.permissions as p
            where
                r.audience = 'platform'
                or exists (
                    select
                    from core.role_permissions as rp
                    where
                        rp.tenant_id = r.tenant_id
                        and rp.role_id = r.id
                        and rp.permission = p.key
                )
            order by p.key
        ),
        'tenants', (
            select json_agg(
                json_build_object(
                    'id', ot.id, 'slug', ot.slug, 'name', ot.name, 'role', orr.name
                )
                order by ot.slug
            )
            from core.memberships as om
            inner join core.tenants as ot on ot.id = om.tenant_id
            inner join core.roles as orr on orr.tenant_id = om.tenant_id and orr.id = om.role_id
            where om.user_id = u.id and om.is_active and ot.is_active
        )
    )
    from core.memberships as m
    inner join core.users as u on u.id = m.user_id
    inner join core.tenants as t on t.id = m.tenant_id
    inner join core.roles as r on r.tenant_id = m.tenant_id and r.id = m.role_id
    where m.tenant_id = claims.tenant_id() and m.user_id = claims.user_id();
$$;
revoke all on function api.me() from public;
grant execute on function api.me() to staff, customer, platform;
comment on function api.me() is
    E'Who your token is.\n'
    'The person, the tenant and role it acts in, its permissions there, and the tenants that '
    'switch_tenant accepts.';

-- db/code/api/meter_values.sql ----------------------------------------

-- Meter values, one row per timestamp, read-only.
create or replace view api.meter_values
with (security_invoker = true) as
select
    m.tenant_id,
    m.charge_point_id,
    m.evse_no,
    m.session_id,
    m.transaction_id,
    m.sampled_at,
    m.sampled_at_reported,
    m.received_at,
    m.context,
    m.energy_wh,
    m.energy_export_wh,
    m.power_w,
    m.power_l1_w,
    m.power_l2_w,
    m.power_l3_w,
    m.power_offered_w,
    m.current_a,
    m.current_l1_a,
    m.current_l2_a,
    m.current_l3_a,
    m.current_offered_a,
    m.voltage_v,
    m.voltage_l1_v,
    m.voltage_l2_v,
    m.voltage_l3_v,
    m.soc_percent,
    m.temperature_celsius,
    m.other_samples,
    m.flags
from core.meter_values as m;

grant select (
    tenant_id, charge_point_id, evse_no, session_id, transaction_id, sampled_at,
    sampled_at_reported, received_at, context, energy_wh, energy_export_wh, power_w, power_l1_w,
    power_l2_w, power_l3_w, power_offered_w, current_a, current_l1_a, current_l2_a,
    current_l3_a, current_offered_a, voltage_v, voltage_l1_v, voltage_l2_v, voltage_l3_v,
    soc_percent, temperature_celsius, other_samples, flags
) on api.meter_values to staff, customer, platform;

comment on view api.meter_values is
    E'A reading of a meter: everything measured at one moment.\n'
    'Ask for a session_id, or for a charge_point_id and a range of sampled_at: readings are kept '
    'by the month.';
comment on column api.meter_values.tenant_id is 'The tenant that owns the row.';
comment on column api.meter_values.charge_point_id is 'The charge point.';
comment on column api.meter_values.evse_no is
    'Number of the EVSE; 0 is the main meter of the charge point.';
comment on column api.meter_values.session_id is 'The session; null for readings of none.';
comment on column api.meter_values.transaction_id is 'The transaction id as the charger sent it.';
comment on column api.meter_values.sampled_at is
    'When it was measured; the time of receipt where flags say time_clamped.';
comment on column api.meter_values.sampled_at_reported is
    'What the charger gave as its time, where it was not taken.';
comment on column api.meter_values.received_at is 'When it was heard.';
comment on column api.meter_values.context is
    'Why it was taken: Sample.Periodic, Sample.Clock, Transaction.Begin ...';
comment on column api.meter_values.energy_wh is
    'Register of imported active energy, in watt-hours.';
comment on column api.meter_values.energy_export_wh is
    'Register of exported active energy, in watt-hours.';
comment on column api.meter_values.power_w is 'Active power, in watts.';
comment on column api.meter_values.power_l1_w is 'Active power of phase 1, in watts.';
comment on column api.meter_values.power_l2_w is 'Active power of phase 2, in watts.';
comment on column api.meter_values.power_l3_w is 'Active power of phase 3, in watts.';
comment on column api.meter_values.power_offered_w is 'Power offered to the vehicle, in watts.';
comment on column api.meter_values.current_a is 'Current, in amperes.';
comment on column api.meter_values.current_l1_a is 'Current of phase 1, in amperes.';
comment on column api.meter_values.current_l2_a is 'Current of phase 2, in amperes.';
comment on column api.meter_values.current_l3_a is 'Current of phase 3, in amperes.';
comment on column api.meter_values.current_offered_a is
    'Current offered to the vehicle, in amperes.';
comment on column api.meter_values.voltage_v is 'Voltage, in volts.';
comment on column api.meter_values.voltage_l1_v is 'Voltage of phase 1 to neutral, in volts.';
comment on column api.meter_values.voltage_l2_v is 'Voltage of phase 2 to neutral, in volts.';
comment on column api.meter_values.voltage_l3_v is 'Voltage of phase 3 to neutral, in volts.';
comment on column api.meter_values.soc_percent is 'State of charge of the vehicle, in percent.';
comment on column api.meter_values.temperature_celsius is 'Temperature, in degrees Celsius.';
comment on column api.meter_values.other_samples is
    'Samples without a column, signed, not readable or converted, as they were sent; the rest of '
    'too many is one list.';
comment on column api.meter_values.flags is
    'What was odd: time_clamped, unit_kwh, unit_kw, unit_temperature, unit_conflict, '
    'value_unreadable, signed_data, mixed_contexts, measurand_unknown, context_unknown, '
    'too_many_samples, connector_mismatch (of another EVSE than the session''s).';

-- db/code/api/ocpp_messages.sql ----------------------------------------

-- The message log, read-only.
create or replace view api.ocpp_messages
with (security_invoker = true) as
select
    m.tenant_id,
    m.id,
    m.charge_point_id,
    (
        select c.identity
        from core.charge_points as c
        where c.tenant_id = m.tenant_id and c.id = m.charge_point_id
    ) as charge_point_identity,
    m.connection_id,
    m.received_at,
    m.direction,
    case m.message_type when 2 then 'CALL' when 3 then 'CALLRESULT' when 4 then 'CALLERROR' end
        as message_type,
    m.message_id,
    m.action,
    m.payload,
    m.error_code
from ops.message_log as m;

grant select (
    tenant_id, id, charge_point_id, charge_point_identity, connection_id, received_at, direction,
    message_type, message_id, action, payload, error_code
) on api.ocpp_messages to staff, platform;

comment on view api.ocpp_messages is
    E'Every OCPP frame, both ways.\n'
    'Name a charge point and a range of received_at, or use the function search_ocpp_messages: '
    'the log is large. Needs the permission messages.read. Secrets are masked.';
comment on column api.ocpp_messages.tenant_id is 'The tenant that owns the row.';
comment on column api.ocpp_messages.id is 'Number of the frame, in the order of arrival.';
comment on column api.ocpp_messages.charge_point_id is 'The charge point.';
comment on column api.ocpp_messages.charge_point_identity is 'Its OCPP identity.';
comment on column api.ocpp_messages.connection_id is
    'The connection: with message_id it pairs a call with its answer.';
comment on column api.ocpp_messages.received_at is 'When it was received or sent.';
comment on column api.ocpp_messages.direction is 'in (from the charger) or out (to it).';
comment on column api.ocpp_messages.message_type is
    'CALL, CALLRESULT or CALLERROR; null for a frame that could not be read.';
comment on column api.ocpp_messages.message_id is 'The message id that the caller gave.';
comment on column api.ocpp_messages.action is 'The OCPP action, such as StartTransaction.';
comment on column api.ocpp_messages.payload is
    'The payload as it was sent; the whole frame when it could not be read.';
comment on column api.ocpp_messages.error_code is 'The OCPP error code of a CALLERROR.';

-- db/code/api/permissions.sql ----------------------------------------

-- What roles can be allowed to do.
create or replace view api.permissions
with (security_invoker = true)
as
select
    p.key,
    p.description
from core.permissions as p;

grant select (key, description) on api.permissions to staff, platform;

comment on view api.permissions is 'What roles can be allowed to do.';
comment on column api.permissions.key is 'The permission, as roles name it.';
comment on column api.permissions.description is 'What it allows.';

-- db/code/api/refresh.sql ----------------------------------------

-- Exchange a refresh token for new tokens.
--
-- Each refresh token is good for once. One that comes again was stolen, from the client or by it:
-- the whole sign-in ends. That is answered, not raised: a raise would undo the revocation.
-- Only a client that lost the answer may ask again, within access.refresh_grace_s and before
-- anybody used what it got; that counts as used then, so that a thief's copy is found out.
-- Writes:  core.refresh_tokens (row locked), core.login_sessions.
-- Errors:  PT401 refresh_token_invalid, refresh_token_expired, refresh_token_reused,
--          token_revoked, user_inactive.
-- Definer: anonymous may read and write nothing.
create or replace function api.refresh(refresh_token text default null)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_token core.refresh_tokens;
    v_tokens json;
    v_is_repeated boolean := false;
begin
    select rt.*
    into v_token
    from core.refresh_tokens as rt
    where rt.token_hash = access.hash_token(refresh.refresh_token)
    for update;
    if not found then
        raise exception using
            errcode = 'PT401',
            message = 'this is no refresh token',
            detail = '{"error":"refresh_token_invalid"}',
            hint = 'Sign in again.';
    end if;

    if
        v_token.used_at > now() - make_interval(
            secs => access.get_setting('access.refresh_grace_s')::double precision
        )
    then
        update core.refresh_tokens as rt
        set used_at = now()
        where
            rt.login_session_id = v_token.login_session_id
            and rt.replaces_hash = v_token.token_hash
            and rt.used_at is null;
        v_is_repeated := found;
    end if;

    if v_token.used_at is not null and not v_is_repeated then
        update core.login_sessions as ls
        set revoked_at = now(), revoke_reason = 'refresh_token_reused'
        where ls.id = v_token.login_session_id and ls.revoked_at is null;
        return access.refuse_request(
            401,
            'this refresh token was used before, so its sign-in has been ended',
            '{"error":"refresh_token_reused"}',
            'Sign in again.'
        );
    end if;
    if v_token.expires_at <= now() then
        raise exception using
            errcode = 'PT401',
            message = 'the refresh token has expired',
            detail = '{"error":"refresh_token_expired"}',
            hint = 'Sign in again.';
    end if;
    if exists (
        select
        from core.login_sessions as ls
        where ls.id = v_token.login_session_id and ls.revoked_at is not null
    ) then
        raise exception using
            errcode = 'PT401',
            message = 'the sign-in of this refresh token has ended',
            detail = '{"error":"token_revoked"}',
            hint = 'Sign in again.';
    end if;

    update core.refresh_tokens as rt
    set used_at = coalesce(rt.used_at, now())
    where rt.token_hash = v_token.token_hash;
    v_tokens := access.create_sign_in_tokens(v_token.login_session_id);
    if v_tokens is null then
        raise exception using
            errcode = 'PT401',
            message = 'this account is switched off here',
            detail = '{"error":"user_inactive"}',
            hint = 'Ask an administrator of the tenant.';
    end if;
    update core.refresh_tokens as rt
    set replaces_hash = v_token.token_hash
    where rt.token_hash = access.hash_token(v_tokens ->> 'refresh_token');
    return v_tokens;
end;
$$;
revoke all on function api.refresh(text) from public;
grant execute on function api.refresh(text) to anon, staff, customer, platform;
comment on function api.refresh(text) is
    E'Exchange a refresh token for new tokens.\n'
    'Returns what login returns. Each refresh token is good for once: one that is used again ends '
    'the whole sign-in.';

-- db/code/api/request_password_reset.sql ----------------------------------------

-- Ask for an e-mail with a token to set a new password.
--
-- The answer is the same whether anybody has that address, and takes as long: for an address that
-- nobody has, as much is written. Three e-mails an hour per person.
-- Writes:  core.one_time_tokens, ops.outbox.
-- Errors:  PT400 email_invalid.
-- Definer: anonymous may read and write nothing.
create or replace function api.request_password_reset(email text)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_email constant text := access.clean_email(request_password_reset.email);
begin
    perform access.send_token(
        u.id,
        'password_reset',
        'password_reset',
        make_interval(mins => access.get_setting('access.password_reset_minutes')::integer)
    )
    from core.users as u
    where lower(u.email) = v_email and u.is_active;
    if not found then
        perform access.send_nothing(v_email, 'password_reset');
    end if;
end;
$$;
revoke all on function api.request_password_reset(text) from public;
grant execute on function api.request_password_reset(text) to anon, staff, customer, platform;
comment on function api.request_password_reset(text) is
    E'Ask for an e-mail with a token to set a new password.\n'
    'The answer is the same whether anybody has that address.';

-- db/code/api/reset_password.sql ----------------------------------------

-- Set a new password with the token from the e-mail; all sign-ins end.
--
-- Whoever has the token can read the mailbox: the address is verified too, and failed attempts
-- are forgotten.
-- Writes:  core.one_time_tokens, core.credentials, core.users, core.login_sessions,
--          ops.login_attempts.
-- Errors:  PT400 one_time_token_invalid and those of access.check_password, which leave the token
--          unused.
-- Definer: anonymous may read and write nothing.
create or replace function api.reset_password(token text, new_password text)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_token constant core.one_time_tokens := access.use_token(
        reset_password.token, 'password_reset'
    );
    v_email text;
begin
    update core.users as u
    set email_verified_at = coalesce(u.email_verified_at, now()), is_provisional = false
    where u.id = v_token.user_id
    returning u.email into v_email;
    perform access.check_password(new_password, v_email);
    perform access.set_password(v_token.user_id, new_password);
    delete from ops.login_attempts as la
    where la.subject_hash = access.hash_token('login ' || lower(v_email));
end;
$$;
revoke all on function api.reset_password(text, text) from public;
grant execute on function api.reset_password(text, text) to anon, staff, customer, platform;
comment on function api.reset_password(text, text) is
    E'Set a new password with the token from the e-mail.\nAll sign-ins of the person end.';

-- db/code/api/revoke_api_key.sql ----------------------------------------

-- Revoke an API key, the own or with api_keys.write anybody's of the tenant. Repeatable.
--
-- Writes:  core.api_keys, core.login_sessions.
-- Errors:  PT404 api_key_unknown, also for a key that one may not see.
-- Definer: nobody may write keys.
create or replace function api.revoke_api_key(id bigint)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform
    from core.api_keys as k
    where
        k.id = revoke_api_key.id
        and (k.tenant_id = claims.tenant_id() or claims.role() = 'platform')
        and (k.user_id = claims.user_id() or claims.has_permission('api_keys.write'))
    for update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such api key',
            detail = '{"error":"api_key_unknown"}',
            hint = 'The relation api_keys lists them.';
    end if;

    update core.api_keys as k
    set revoked_at = now()
    where k.id = revoke_api_key.id and k.revoked_at is null;
    update core.login_sessions as ls
    set revoked_at = now(), revoke_reason = 'api_key_revoked'
    where ls.api_key_id = revoke_api_key.id and ls.revoked_at is null;
end;
$$;
revoke all on function api.revoke_api_key(bigint) from public;
grant execute on function api.revoke_api_key(bigint) to staff, platform;
comment on function api.revoke_api_key(bigint) is
    E'Revoke an API key.\nIts access tokens are refused from now on.';

-- db/code/api/roles.sql ----------------------------------------

-- Roles of a tenant with what they may do. Written by functions: create_role and others.
create or replace view api.roles
with (security_invoker = true)
as
select
    r.tenant_id,
    r.id,
    r.name,
    r.audience,
    r.is_built_in,
    r.description,
    array(
        select rp.permission
        from core.role_permissions as rp
        where rp.tenant_id = r.tenant_id and rp.role_id = r.id
        order by rp.permission
    ) as permissions,
    r.created_at,
    r.updated_at
from core.roles as r;

grant select (
    tenant_id, id, name, audience, is_built_in, description, permissions, created_at, updated_at
) on api.roles to staff, platform;

comment on view api.roles is
    E'Roles of your tenant with what they may do.\n'
    'create_role, update_role and delete_role change those that the tenant defined.';
comment on column api.roles.tenant_id is 'The tenant.';
comment on column api.roles.id is 'The role.';
comment on column api.roles.name is 'Name, unique within the tenant.';
comment on column api.roles.audience is
    'staff, customer (sees own tokens and sessions only) or platform (every tenant).';
comment on column api.roles.is_built_in is 'Every tenant has it; it cannot be changed.';
comment on column api.roles.description is 'What the role is for.';
comment on column api.roles.permissions is
    'Keys of api.permissions; the audience platform may everything without any.';
comment on column api.roles.created_at is 'When the role was made.';
comment on column api.roles.updated_at is 'When the name or description last changed.';

-- db/code/api/set_user_role.sql ----------------------------------------

-- Give a member another role. It takes effect at their next request.
--
-- A password that was chosen for the address before it was verified is discarded.
-- Writes:  core.memberships (row locked), core.credentials, core.one_time_tokens, core.users.
-- Errors:  PT403 permission_missing, role_beyond_own; PT404 user_unknown, role_unknown,
--          tenant_unknown; PT409 last_admin, last_platform_admin.
-- Definer: nobody may write memberships.
create or replace function api.set_user_role(
    user_id uuid, role text, tenant_id bigint default null
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_member constant core.memberships := access.lock_member(
        access.get_target_tenant(set_user_role.tenant_id), set_user_role.user_id
    );
    v_role constant core.roles := access.get_role(v_member.tenant_id, set_user_role.role);
begin
    perform access.discard_unverified(v_member.user_id);
    update core.memberships as m
    set role_id = v_role.id
    where
        m.tenant_id = v_member.tenant_id
        and m.user_id = v_member.user_id
        and m.role_id <> v_role.id;
end;
$$;
revoke all on function api.set_user_role(uuid, text, bigint) from public;
grant execute on function api.set_user_role(uuid, text, bigint) to staff, platform;
comment on function api.set_user_role(uuid, text, bigint) is
    E'Give a member of your tenant another role.\n'
    'Needs users.write and every permission of both roles. A tenant keeps an active admin.';

-- db/code/api/sign_up.sql ----------------------------------------

-- Become a customer of a tenant that allows it. The e-mail address has to be verified before the
-- first sign-in.
--
-- The answer is the same when the address is taken; its owner gets an e-mail that says so. The
-- password waits beside the token that this sign-up sends: signing up again for an address that
-- is not verified yet sends another pair, and the token that is used decides.
-- Writes:  core.users, core.memberships, core.one_time_tokens, ops.outbox.
-- Errors:  PT400 email_invalid, full_name_invalid and those of access.check_password;
--          PT403 sign_up_closed; PT429 too_many_sign_ups.
-- Definer: anonymous may read and write nothing.
create or replace function api.sign_up(
    tenant text, email text, password text, full_name text default ''
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_email constant text := access.clean_email(sign_up.email);
    v_valid_for constant interval := make_interval(
        hours => access.get_setting('access.email_verification_hours')::integer
    );
    v_mails_per_hour constant bigint := access.get_setting('access.sign_up_mails_per_hour')::bigint;
    v_password_hash text;
    v_tenant_id bigint;
    v_user_id uuid;
    v_is_new boolean;
begin
    perform access.check_password(sign_up.password, v_email);
    perform access.check_full_name(sign_up.full_name);
    select t.id
    into v_tenant_id
    from core.tenants as t
    where t.slug = sign_up.tenant and t.is_active and t.allows_sign_up;
    if not found then
        raise exception using
            errcode = 'PT403',
            message = 'this tenant takes no sign-ups',
            detail = '{"error":"sign_up_closed"}',
            hint = 'Ask the operator for an invitation.';
    end if;

    -- Counted together, so that the refusal does not tell a new address from a taken one.
    if (
        select count(*)
        from ops.outbox as o
        where
            o.tenant_id = v_tenant_id
            and o.created_at > now() - interval '1 hour'
            and o.payload ->> 'template' in ('email_verification', 'account_exists')
    ) >= v_mails_per_hour then
        raise exception using
            errcode = 'PT429',
            message = 'too many people signed up with this tenant for now',
            detail = '{"error":"too_many_sign_ups"}',
            hint = 'Try again in an hour.';
    end if;

    -- Hashed in every case, so that the time says nothing either.
    v_password_hash := access.hash_password(sign_up.password);
    insert into core.users as u (email, full_name, is_provisional)
    values (v_email, coalesce(btrim(sign_up.full_name), ''), true)
    on conflict do nothing
    returning u.id into v_user_id;
    v_is_new := found;
    if not v_is_new then
        -- Only who signed up here, and was neither verified nor invited since, may start over.
        select u.id
        into v_user_id
        from core.users as u
        inner join core.memberships as m on m.tenant_id = v_tenant_id and m.user_id = u.id
        where
            lower(u.email) = v_email
            and u.is_active
            and u.is_provisional
            and u.email_verified_at is null
        for no key update of u;
    end if;

    if v_user_id is null then
        perform access.send_token(u.id, 'account_exists', null, null, v_tenant_id)
        from core.users as u
        where lower(u.email) = v_email and u.is_active;
        return;
    end if;

    perform access.send_token(
        v_user_id,
        'email_verification',
        'email_verification',
        v_valid_for,
        v_tenant_id,
        v_password_hash
    );
    if v_is_new then
        insert into core.memberships (tenant_id, user_id, role_id)
        select r.tenant_id, v_user_id, r.id
        from core.roles as r
        where r.tenant_id = v_tenant_id and r.name = 'customer' and r.is_built_in;
    end if;
end;
$$;
revoke all on function api.sign_up(text, text, text, text) from public;
grant execute on function api.sign_up(text, text, text, text)
to anon, staff, customer, platform;
comment on function api.sign_up(text, text, text, text) is
    E'Become a customer of a tenant that allows it.\n'
    'An e-mail with a token for verify_email follows; only then login works. The answer is the '
    'same when the address is taken.';

-- db/code/api/switch_tenant.sql ----------------------------------------

-- Continue in another tenant that the person belongs to.
--
-- A token of an outside issuer must not become a sign-in of ours: that would outlive what its
-- issuer takes back. Such a person chooses with the claim tenant_id.
-- Writes:  core.login_sessions (the present sign-in ends), core.refresh_tokens, core.memberships.
-- Errors:  PT404 tenant_unknown, also for a tenant of others; PT403 person_required,
--          outside_token.
-- Definer: the memberships in other tenants are out of the person's sight.
create or replace function api.switch_tenant(tenant text)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_sid constant uuid := access.require_person();
    v_tenant_id bigint;
    v_tokens json;
begin
    if not exists (
        select
        from core.login_sessions as ls
        where
            ls.id = v_sid
            and ls.user_id = claims.user_id()
            and ls.revoked_at is null
            and ls.expires_at > now()
    ) then
        raise exception using
            errcode = 'PT403',
            message = 'a token of an outside issuer cannot switch',
            detail = '{"error":"outside_token"}',
            hint = 'Ask the issuer for a token with the claim tenant_id.';
    end if;
    select m.tenant_id
    into v_tenant_id
    from core.memberships as m
    inner join core.tenants as t on t.id = m.tenant_id
    where
        m.user_id = claims.user_id()
        and m.is_active
        and t.is_active
        and switch_tenant.tenant in (t.slug, t.id::text)
    -- A slug may look like another tenant's id.
    order by t.slug = switch_tenant.tenant desc
    limit 1;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'you belong to no such tenant',
            detail = '{"error":"tenant_unknown"}',
            hint = 'The function me lists your tenants.';
    end if;

    v_tokens := access.open_sign_in(claims.user_id(), v_tenant_id);
    update core.login_sessions as ls
    set revoked_at = now(), revoke_reason = 'tenant_switched'
    where ls.id = v_sid and ls.user_id = claims.user_id() and ls.revoked_at is null;
    return v_tokens;
end;
$$;
revoke all on function api.switch_tenant(text) from public;
grant execute on function api.switch_tenant(text) to staff, customer, platform;
comment on function api.switch_tenant(text) is
    E'Continue in another tenant that you belong to, named by slug or id.\n'
    'Returns new tokens as login does; the old ones are refused from now on.';

-- db/code/api/tenants.sql ----------------------------------------

-- Tenants: the own one, or for the platform all.
create or replace view api.tenants
with (security_invoker = true)
as
select
    t.id,
    t.slug,
    t.name,
    t.country_code,
    t.party_id,
    t.time_zone,
    t.currency,
    t.language,
    t.is_active,
    t.allows_sign_up,
    t.created_at,
    t.updated_at
from core.tenants as t;

grant select (
    id, slug, name, country_code, party_id, time_zone, currency, language, is_active,
    allows_sign_up, created_at, updated_at
) on api.tenants to staff, customer, platform;
grant update (name, time_zone, currency, language, allows_sign_up) on api.tenants to staff;
grant insert (
    slug, name, country_code, party_id, time_zone, currency, language, is_active, allows_sign_up
) on api.tenants to platform;
grant update (
    slug, name, country_code, party_id, time_zone, currency, language, is_active, allows_sign_up
) on api.tenants to platform;

comment on view api.tenants is
    E'Your tenant; platform admins see all.\n'
    'Staff with tenant.write change name, time_zone, currency, language and allows_sign_up; '
    'platform admins make tenants and change everything.';
comment on column api.tenants.id is 'The tenant.';
comment on column api.tenants.slug is 'Short name in addresses, such as the one chargers use.';
comment on column api.tenants.name is 'Name of the operator.';
comment on column api.tenants.country_code is 'Country of the operator id (ISO 3166-1 alpha-2).';
comment on column api.tenants.party_id is 'Operator id within the country (ISO 15118, OCPI).';
comment on column api.tenants.time_zone is 'Time zone of the operator (IANA name).';
comment on column api.tenants.currency is 'Currency of the operator (ISO 4217).';
comment on column api.tenants.language is 'Language of e-mails (such as en or de-AT).';
comment on column api.tenants.is_active is 'Whether its people and chargers may come in.';
comment on column api.tenants.allows_sign_up is 'Whether drivers may sign up by themselves.';
comment on column api.tenants.created_at is 'When the tenant was made.';
comment on column api.tenants.updated_at is 'When the tenant last changed.';

-- db/code/api/token_for_key.sql ----------------------------------------

-- Exchange an API key for an access token.
--
-- All tokens of a key share one sign-in, so that they cost no rows and end with the key.
-- Writes:  core.login_sessions, core.api_keys (row locked).
-- Errors:  PT401 api_key_invalid, for an unknown, revoked or expired one alike; user_inactive.
-- Definer: anonymous may read and write nothing.
create or replace function api.token_for_key(key text)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key core.api_keys;
    v_login_session_id uuid;
    v_until timestamptz;
    v_tokens json;
begin
    select k.*
    into v_key
    from core.api_keys as k
    where
        k.key_hash = access.hash_token(token_for_key.key)
        and k.revoked_at is null
        and coalesce(k.expires_at > now(), true)
    for update;
    if not found then
        raise exception using
            errcode = 'PT401',
            message = 'this api key is unknown, revoked or expired',
            detail = '{"error":"api_key_invalid"}',
            hint = 'Make a new key with create_api_key.';
    end if;

    v_until := least(
        now() + make_interval(
            mins => access.get_setting('access.access_token_minutes')::integer
        ),
        v_key.expires_at
    );
    update core.login_sessions as ls
    set expires_at = greatest(ls.expires_at, v_until), last_used_at = now()
    where
        ls.tenant_id = v_key.tenant_id
        and ls.api_key_id = v_key.id
        and ls.user_id = v_key.user_id
        and ls.revoked_at is null
    returning ls.id into v_login_session_id;
    if v_login_session_id is null then
        insert into core.login_sessions as ls (tenant_id, user_id, api_key_id, expires_at)
        values (v_key.tenant_id, v_key.user_id, v_key.id, v_until)
        returning ls.id into v_login_session_id;
    end if;
    update core.api_keys as k
    set last_used_at = now()
    where k.tenant_id = v_key.tenant_id and k.id = v_key.id;

    v_tokens := access.create_sign_in_tokens(v_login_session_id);
    if v_tokens is null then
        raise exception using
            errcode = 'PT401',
            message = 'this account is switched off here',
            detail = '{"error":"user_inactive"}',
            hint = 'Ask an administrator of the tenant.';
    end if;
    return v_tokens;
end;
$$;
revoke all on function api.token_for_key(text) from public;
grant execute on function api.token_for_key(text) to anon, staff, customer, platform;
comment on function api.token_for_key(text) is
    E'Exchange an API key for an access token.\n'
    'Returns access_token, token_type, expires_at, tenant and role; there is no refresh token: '
    'exchange the key again.';

-- db/code/api/unknown_charge_points.sql ----------------------------------------

-- The inbox of chargers that nobody has registered, read-only.
create or replace view api.unknown_charge_points
with (security_invoker = true) as
select
    u.id,
    u.tenant_id,
    u.identity,
    u.state,
    u.attempts,
    u.first_seen_at,
    u.last_seen_at,
    u.remote_address,
    u.user_agent,
    u.offered_subprotocols,
    u.has_sent_key,
    u.decided_at,
    u.decided_by
from core.unknown_charge_points as u
where u.state <> 'admitted';

grant select (
    id, tenant_id, identity, state, attempts, first_seen_at, last_seen_at, remote_address,
    user_agent, offered_subprotocols, has_sent_key, decided_at, decided_by
) on api.unknown_charge_points to staff, platform;

comment on view api.unknown_charge_points is
    E'A charger that tried to connect and is not registered.\n'
    'admit_charge_point makes it a charge point, ignore_charge_point takes it out of the '
    'waiting list.';
comment on column api.unknown_charge_points.id is
    'Number of the entry: what admit_charge_point and ignore_charge_point take.';
comment on column api.unknown_charge_points.tenant_id is
    'The tenant that the charger named; null when it named none.';
comment on column api.unknown_charge_points.identity is
    'OCPP identity with which it tried to connect.';
comment on column api.unknown_charge_points.state is
    'waiting, or ignored: an ignored charger still counts its attempts.';
comment on column api.unknown_charge_points.attempts is 'How often it tried.';
comment on column api.unknown_charge_points.first_seen_at is 'When it tried first.';
comment on column api.unknown_charge_points.last_seen_at is 'When it tried last.';
comment on column api.unknown_charge_points.remote_address is
    'Network address of its last attempt.';
comment on column api.unknown_charge_points.user_agent is
    'What it called itself at its last attempt.';
comment on column api.unknown_charge_points.offered_subprotocols is
    'OCPP versions that it offered at its last attempt.';
comment on column api.unknown_charge_points.has_sent_key is
    'Whether it sent a Basic authentication key at its last attempt.';
comment on column api.unknown_charge_points.decided_at is 'When somebody decided about it.';
comment on column api.unknown_charge_points.decided_by is 'Who decided about it.';

-- db/code/api/unknown_id_tokens.sql ----------------------------------------

-- The inbox of id tokens that nobody has registered, read-only.
create or replace view api.unknown_id_tokens
with (security_invoker = true) as
select
    u.tenant_id,
    u.id,
    u.id_token,
    u.state,
    u.attempts,
    u.first_seen_at,
    u.last_seen_at,
    u.last_charge_point_id,
    u.decided_at,
    u.decided_by
from core.unknown_id_tokens as u
where u.state <> 'admitted';

grant select (
    tenant_id, id, id_token, state, attempts, first_seen_at, last_seen_at, last_charge_point_id,
    decided_at, decided_by
) on api.unknown_id_tokens to staff, platform;

comment on view api.unknown_id_tokens is
    E'A token that was shown at a charger and is not registered.\n'
    'admit_id_token registers it, ignore_id_token takes it out of the waiting list.';
comment on column api.unknown_id_tokens.tenant_id is 'The tenant that owns the row.';
comment on column api.unknown_id_tokens.id is
    'Number of the entry: what admit_id_token and ignore_id_token take.';
comment on column api.unknown_id_tokens.id_token is 'The token as it was shown first.';
comment on column api.unknown_id_tokens.state is
    'waiting, or ignored: an ignored token still counts its attempts.';
comment on column api.unknown_id_tokens.attempts is 'How often it was shown.';
comment on column api.unknown_id_tokens.first_seen_at is 'When it was shown first.';
comment on column api.unknown_id_tokens.last_seen_at is 'When it was shown last.';
comment on column api.unknown_id_tokens.last_charge_point_id is 'Where it was shown last.';
comment on column api.unknown_id_tokens.decided_at is 'When somebody decided about it.';
comment on column api.unknown_id_tokens.decided_by is 'Who decided about it.';

-- db/code/api/update_profile.sql ----------------------------------------

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

-- db/code/api/update_role.sql ----------------------------------------

-- Change a role that the tenant defined; what is left out stays. It takes effect at once.
--
-- Writes:  core.roles (row locked), core.role_permissions.
-- Errors:  PT400 role_name_invalid, description_too_long, permission_unknown,
--          permissions_of_customer; PT403 permission_missing, role_beyond_own;
--          PT404 role_unknown; PT409 role_built_in; 23505 when the name is taken.
-- Definer: nobody may write roles.
create or replace function api.update_role(
    id bigint,
    name text default null,
    permissions text[] default null,
    description text default null
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_role constant core.roles := access.lock_role(update_role.id);
begin
    perform access.check_role_text(update_role.name, update_role.description);
    perform access.check_permissions(update_role.permissions);
    perform access.require_role_within(v_role.audience, update_role.permissions);
    update core.roles as r
    set
        name = coalesce(update_role.name, r.name),
        description = coalesce(update_role.description, r.description)
    where r.tenant_id = v_role.tenant_id and r.id = v_role.id;
    if update_role.permissions is not null then
        perform access.set_role_permissions(v_role, update_role.permissions);
    end if;
end;
$$;
revoke all on function api.update_role(bigint, text, text[], text) from public;
grant execute on function api.update_role(bigint, text, text[], text) to staff, platform;
comment on function api.update_role(bigint, text, text[], text) is
    E'Change a role that your tenant defined; what is left out stays.\n'
    'Needs roles.write and every permission of the role, before and after.';

-- db/code/api/users.sql ----------------------------------------

-- People of a tenant, one row per membership. Written by functions: invite_user and others.
-- About somebody who was invited and never came, the view says no more than the invitation did.
create or replace view api.users
with (security_invoker = true)
as
select
    m.tenant_id,
    m.user_id as id,
    (select u.email from core.users as u where u.id = m.user_id) as email,
    (
        select u.full_name from core.users as u where u.id = m.user_id and m.accepted_at is not null
    ) as full_name,
    m.role_id,
    (
        select r.name
        from core.roles as r
        where r.tenant_id = m.tenant_id and r.id = m.role_id
    ) as role,
    m.is_active and (select u.is_active from core.users as u where u.id = m.user_id) as is_active,
    (
        select u.email_verified_at
        from core.users as u
        where u.id = m.user_id and m.accepted_at is not null
    ) as email_verified_at,
    m.accepted_at,
    m.created_at,
    m.updated_at
from core.memberships as m;

grant select (
    tenant_id, id, email, full_name, role_id, role, is_active, email_verified_at,
    accepted_at, created_at, updated_at
) on api.users to staff, platform;

comment on view api.users is
    E'People of your tenant.\n'
    'Needs users.read (without it, you see yourself). invite_user, set_user_role, '
    'deactivate_user and activate_user change them.';
comment on column api.users.tenant_id is 'The tenant.';
comment on column api.users.id is 'The person, the same in every tenant.';
comment on column api.users.email is 'E-mail address, with which the person signs in.';
comment on column api.users.full_name is 'Name of the person; null: not accepted yet.';
comment on column api.users.role_id is 'The role in this tenant.';
comment on column api.users.role is 'Name of the role in this tenant.';
comment on column api.users.is_active is 'Whether the person may act in this tenant.';
comment on column api.users.email_verified_at is
    'When the person proved to own the address; null: not yet, or not accepted yet.';
comment on column api.users.accepted_at is
    'When the person first signed in to this tenant; null: not yet.';
comment on column api.users.created_at is 'When the person was invited or signed up.';
comment on column api.users.updated_at is 'When the membership last changed.';

-- db/code/api/verify_email.sql ----------------------------------------

-- Verify an e-mail address with the token from the e-mail.
--
-- The password chosen at the sign-up that sent this very token becomes valid, no other.
-- Writes:  core.one_time_tokens, core.users, core.credentials.
-- Errors:  PT400 one_time_token_invalid.
-- Definer: anonymous may read and write nothing.
create or replace function api.verify_email(token text)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_token constant core.one_time_tokens := access.use_token(
        verify_email.token, 'email_verification'
    );
begin
    update core.users as u
    set email_verified_at = coalesce(u.email_verified_at, now()), is_provisional = false
    where u.id = v_token.user_id;
    insert into core.credentials (user_id, password_hash)
    select v_token.user_id, v_token.password_hash
    where v_token.password_hash is not null
    on conflict (user_id) do nothing;
end;
$$;
revoke all on function api.verify_email(text) from public;
grant execute on function api.verify_email(text) to anon, staff, customer, platform;
comment on function api.verify_email(text) is
    'Verify an e-mail address with the token from the e-mail.';

-- db/code/audit/tg_audit_log__refuse_change.sql ----------------------------------------

-- The audit log is append-only.
--
-- Called by: triggers of core.audit_log before update, delete and truncate.
-- Errors:    PT403 audit_append_only.
create or replace function audit.tg_audit_log__refuse_change()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'PT403',
        message = format('the audit log is append-only: no %s', lower(tg_op)),
        detail = '{"error":"audit_append_only"}',
        hint = 'Old entries go with their partition when their retention is over.';
end;
$$;
revoke all on function audit.tg_audit_log__refuse_change() from public;
comment on function audit.tg_audit_log__refuse_change() is
    'Trigger: the audit log is append-only.';

-- db/code/audit/tg_limit_rows.sql ----------------------------------------

-- Refuse an API statement that changes more than 100 rows.
--
-- PostgREST runs a DELETE or PATCH without a filter over everything that is visible.
-- What it takes along in other tables does not count (a charge point its EVSEs). What triggers of
-- ours write is deeper by pg_trigger_depth(). A cascade is not: its triggers wait in the queue of
-- the statement, behind the statement's own, so the first table is the statement's, and kept in
-- mind.
-- Called by: triggers <table>__limit_update and <table>__limit_delete, for each statement,
--            referencing old table as changed_rows.
-- Errors:    PT400 too_many_rows.
create or replace function audit.tg_limit_rows()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit constant integer := 100;
    v_statement constant text := extract(epoch from statement_timestamp())::text;
    v_first constant text := current_setting('audit.limited_table', true);
begin
    if session_user <> 'authenticator' or pg_trigger_depth() > 1 then
        return null;
    end if;
    if starts_with(v_first, v_statement) and v_first <> concat(v_statement, ' ', tg_relid) then
        return null;
    end if;
    perform set_config('audit.limited_table', concat(v_statement, ' ', tg_relid), true);
    if (
        select count(*) from (select from changed_rows limit v_limit + 1) as seen
    ) > v_limit then
        raise exception using
            errcode = 'PT400',
            message = format(
                'one request may change at most %s rows of %s', v_limit, tg_table_name
            ),
            detail = '{"error":"too_many_rows"}',
            hint = 'Name the rows with a filter, or take several requests.';
    end if;
    return null;
end;
$$;
revoke all on function audit.tg_limit_rows() from public;
comment on function audit.tg_limit_rows() is
    'Trigger: refuse an API statement that changes more than 100 rows.';

-- db/code/audit/tg_log_change.sql ----------------------------------------

-- Write one row of core.audit_log for a change of a row.
--
-- Trigger arguments name columns: `key_hash` is masked, `-status` is left out (an update that
-- touches only such columns, or updated_at, writes nothing). Names that always hold secrets are
-- masked without being named.
-- An entry belongs to the tenant of the row. A row without one (a person, say) is the entry of the
-- tenant where the actor works, but nobody's when the platform acts: then it is not for the
-- tenant's admins where a platform admin happens to be a member.
-- Called by: triggers <table>__log_change, after insert or update or delete, for each row.
-- Writes:    core.audit_log.
-- Definer:   nobody else may write the log.
create or replace function audit.tg_log_change()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_secret constant text[] := array[
        'password', 'password_hash', 'key_hash', 'token_hash', 'secret', 'api_key', 'private_key',
        'access_token', 'refresh_token'
    ];
    v_row jsonb;
    v_old jsonb;
    v_new jsonb;
    v_key jsonb;
    v_column text;
begin
    if tg_op <> 'INSERT' then
        v_old := to_jsonb(old);
    end if;
    if tg_op <> 'DELETE' then
        v_new := to_jsonb(new);
    end if;
    v_row := coalesce(v_new, v_old);

    select jsonb_object_agg(a.attname, v_row -> a.attname::text)
    into v_key
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_attribute as a
        on a.attrelid = i.indrelid and a.attnum = any (i.indkey::smallint[])
    where i.indrelid = tg_relid and i.indisprimary;

    if tg_op = 'UPDATE' then
        v_old := v_old - 'updated_at';
        v_new := v_new - 'updated_at';
    end if;
    for v_column in
        select substr(arg.name, 2) from unnest(tg_argv) as arg (name) where arg.name like '-%'
    loop
        v_old := v_old - v_column;
        v_new := v_new - v_column;
    end loop;

    if tg_op = 'UPDATE' then
        select jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, v_new -> o.key)
        into v_old, v_new
        from jsonb_each(v_old) as o
        where o.value is distinct from v_new -> o.key;
        if v_old is null then
            return null;
        end if;
    end if;

    -- Masked after the comparison: that a secret changed is worth knowing, its value is not.
    for v_column in
        select k.name
        from jsonb_object_keys(coalesce(v_old, v_new)) as k (name)
        where k.name = any (v_secret) or k.name = any (tg_argv)
    loop
        if v_old -> v_column <> 'null' then
            v_old := jsonb_set(v_old, array[v_column], '"***"');
        end if;
        if v_new -> v_column <> 'null' then
            v_new := jsonb_set(v_new, array[v_column], '"***"');
        end if;
        if v_key ? v_column then
            v_key := jsonb_set(v_key, array[v_column], '"***"');
        end if;
    end loop;

    insert into core.audit_log (
        tenant_id, changed_at, user_id, actor, table_name, row_key, operation,
        old_values, new_values
    )
    values (
        case
            when tg_table_schema = 'core' and tg_table_name = 'tenants'
                then (v_row ->> 'id')::bigint
            when v_row ? 'tenant_id' then (v_row ->> 'tenant_id')::bigint
            when claims.role() is distinct from 'platform' then claims.tenant_id()
        end,
        now(),
        claims.user_id(),
        coalesce(claims.role(), session_user),
        format('%s.%s', tg_table_schema, tg_table_name),
        coalesce(v_key, '{}'),
        lower(tg_op),
        v_old,
        v_new
    );
    return null;
end;
$$;
revoke all on function audit.tg_log_change() from public;
comment on function audit.tg_log_change() is
    'Trigger: write who changed which row from what to what, secrets masked.';

-- db/code/audit/tg_touch_updated_at.sql ----------------------------------------

-- Set updated_at of a row that changes.
--
-- Called by: triggers <table>__touch_updated_at, before update, for each row.
create or replace function audit.tg_touch_updated_at()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if new is distinct from old then
        new.updated_at := now();
    end if;
    return new;
end;
$$;
revoke all on function audit.tg_touch_updated_at() from public;
comment on function audit.tg_touch_updated_at() is 'Trigger: set updated_at of a row that changes.';

-- db/code/charging/apply_connector_status.sql ----------------------------------------

-- What the state of a connector tells of the session on it.
--
-- Available presumes that the session is over; Charging, SuspendedEV and SuspendedEVSE are its
-- charging state (OCPP 1.6 §7.7 in the words of OCPP 2.0.1 part 2 §3.17). Finishing leaves it be:
-- the stop is about to come.
-- Called by: ocpp16.status_notification, for a state that is the connector's newest.
-- Writes:    core.sessions (row locked), core.session_events.
create or replace function charging.apply_connector_status(
    p_connector core.connectors,
    p_status text,
    p_happened_at timestamptz,
    p_received_at timestamptz
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session core.sessions;
begin
    if p_status = 'Available' then
        perform charging.presume_session_end(
            s.tenant_id, s.id, 'presumed_by_available', p_happened_at, p_received_at
        )
        from core.sessions as s
        where
            s.tenant_id = p_connector.tenant_id
            and s.charge_point_id = p_connector.charge_point_id
            and s.connector_id = p_connector.id
            and s.state = 'active'
            and s.started_at <= p_happened_at;
    elsif p_status in ('Charging', 'SuspendedEV', 'SuspendedEVSE') then
        update core.sessions as s
        set charging_state = p_status, updated_at = now()
        where
            s.tenant_id = p_connector.tenant_id
            and s.charging_state is distinct from p_status
            and s.id = (
                select o.id
                from core.sessions as o
                where
                    o.tenant_id = p_connector.tenant_id
                    and o.charge_point_id = p_connector.charge_point_id
                    and o.connector_id = p_connector.id
                    and o.state = 'active'
                order by o.started_at desc
                limit 1
            )
        returning s.* into v_session;
        if found then
            perform charging.record_session_event(
                v_session, 'charging_state_changed', 'active', p_happened_at, p_received_at,
                jsonb_build_object('charging_state', p_status)
            );
        end if;
    end if;
end;
$$;
revoke all on function charging.apply_connector_status(
    core.connectors, text, timestamptz, timestamptz
) from public;
comment on function charging.apply_connector_status(
    core.connectors, text, timestamptz, timestamptz
) is 'Carry the state of a connector over to the session on it.';

-- db/code/charging/authorize_id_token.sql ----------------------------------------

-- Decide whether a token may charge here and now, and keep the decision with its reason.
--
-- Called by: ocpp16.authorize, ocpp16.start_transaction, ocpp16.stop_transaction.
-- Writes:    core.authorizations; core.unknown_id_tokens for a token nobody has registered.
-- p_source is 'authorize', 'start' or 'stop'; p_at is the moment the token was shown, which an
-- offline charger may report days later; p_session_id is the session being started, which does
-- not count against itself.
--
-- status        reason                   when (the first that holds; OCPP 1.6 §7.2)
-- Invalid       id_token_malformed       nothing is left of it, or no token can look like this
-- Invalid       id_token_unknown         nobody has registered it
-- Blocked       id_token_blocked         an operator has blocked it
-- Blocked       user_inactive            its owner has left the tenant or is locked
-- Expired       id_token_not_yet_valid   §7.2 has no word for "too early"
-- Expired       id_token_expired
-- Blocked       no_right_here            known but not for this place: "Invalid" is defined as
--                                        unknown, "Blocked" as not allowed for charging
-- Invalid       charge_point_not_accepted  at a start only: its registration is Pending or
--                                        Rejected, when it shall send no request of its own
--                                        (OCPP 1.6 §4.2)
-- ConcurrentTx  too_many_transactions    at a start only, as §7.2 says: a driver who shows the
--                                        card to end a session must not be refused for having
--                                        one; sessions that were refused themselves do not count
-- Accepted      accepted
create or replace function charging.authorize_id_token(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_id_token text,
    p_source text,
    p_at timestamptz,
    p_session_id bigint
)
returns core.authorizations
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id_token text := coalesce(charging.clean_id_token(p_id_token), '');
    v_at timestamptz := coalesce(p_at, now());
    v_token core.id_tokens;
    v_status text;
    v_reason text;
    v_authorization core.authorizations;
begin
    if p_source = 'start' then
        -- Starts of one token wait for each other here, or two chargers could both count none.
        select t.* into v_token
        from core.id_tokens as t
        where t.tenant_id = p_tenant_id and t.id_token_key = lower(v_id_token)
        for no key update;
    else
        select t.* into v_token
        from core.id_tokens as t
        where t.tenant_id = p_tenant_id and t.id_token_key = lower(v_id_token);
    end if;

    if v_token.id is null then
        v_status := 'Invalid';
        if v_id_token ~ '^[!-~]{1,36}$' then
            v_reason := 'id_token_unknown';
            perform charging.record_unknown_id_token(p_tenant_id, p_charge_point_id, v_id_token);
        else
            v_reason := 'id_token_malformed';
        end if;
    elsif v_token.is_blocked then
        v_status := 'Blocked';
        v_reason := 'id_token_blocked';
    elsif v_token.user_id is not null and not exists (
        select
        from core.memberships as m
        inner join core.users as u on u.id = m.user_id
        where m.tenant_id = p_tenant_id and m.user_id = v_token.user_id
            and m.is_active and u.is_active
    ) then
        v_status := 'Blocked';
        v_reason := 'user_inactive';
    elsif v_at < v_token.valid_from then
        v_status := 'Expired';
        v_reason := 'id_token_not_yet_valid';
    elsif v_at >= v_token.expires_at then
        v_status := 'Expired';
        v_reason := 'id_token_expired';
    elsif not charging.has_right_at(p_tenant_id, p_charge_point_id, v_token) then
        v_status := 'Blocked';
        v_reason := 'no_right_here';
    elsif p_source = 'start' and exists (
        select
        from core.charge_points as c
        where c.tenant_id = p_tenant_id and c.id = p_charge_point_id
            and c.registration_status <> 'Accepted'
    ) then
        v_status := 'Invalid';
        v_reason := 'charge_point_not_accepted';
    elsif p_source = 'start' and v_token.max_concurrent_transactions > 0 and (
        select count(*)
        from core.sessions as s
        where s.tenant_id = p_tenant_id and s.id_token_id = v_token.id and s.state = 'active'
            and s.authorization_status = 'Accepted'
            and s.id is distinct from p_session_id
    ) >= v_token.max_concurrent_transactions then
        v_status := 'ConcurrentTx';
        v_reason := 'too_many_transactions';
    else
        v_status := 'Accepted';
        v_reason := 'accepted';
    end if;

    -- Filed under the time of the decision: what a charger reports may lie where there is no
    -- partition.
    insert into core.authorizations (
        tenant_id, charge_point_id, id_token, id_token_id, user_id, source, status, reason,
        decided_at
    )
    values (
        p_tenant_id, p_charge_point_id, v_id_token, v_token.id, v_token.user_id, p_source,
        v_status, v_reason, now()
    )
    returning * into v_authorization;
    return v_authorization;
end;
$$;
revoke all on function charging.authorize_id_token(
    bigint, bigint, text, text, timestamptz, bigint
) from public;
comment on function charging.authorize_id_token(
    bigint, bigint, text, text, timestamptz, bigint
) is 'Decide whether a token may charge at a charge point, and keep the decision.';

-- Rights of a token and of its group add up; a token without any may charge everywhere.
create or replace function charging.has_right_at(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_token core.id_tokens
)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count bigint;
    v_matches bigint;
begin
    select
        count(*),
        count(*) filter (where
            exists (
                select
                from core.charge_points as c
                where c.tenant_id = p_tenant_id and c.id = p_charge_point_id
                    and c.site_id = r.site_id
            )
            or exists (
                select
                from core.charge_point_group_members as m
                where m.tenant_id = p_tenant_id and m.charge_point_id = p_charge_point_id
                    and m.charge_point_group_id = r.charge_point_group_id
            )
        )
    into v_count, v_matches
    from core.id_token_rights as r
    where r.tenant_id = p_tenant_id
        and (r.id_token_id = p_token.id or r.id_token_group_id = p_token.id_token_group_id);
    return v_count = 0 or v_matches > 0;
end;
$$;
revoke all on function charging.has_right_at(bigint, bigint, core.id_tokens) from public;
comment on function charging.has_right_at(bigint, bigint, core.id_tokens) is
    'Whether the rights of a token and its group, if any, cover a charge point.';

-- db/code/charging/check_energy.sql ----------------------------------------

-- What speaks against billing the energy of a session that is over: a list, empty when nothing.
--
-- Called by: charging.settle_session. Reads the sessions of the connector before and after
-- this one and ratings; the session itself is taken as given, stored or not.
-- Findings in their order, of which the first becomes hold_reason:
-- unknown_start        no start was ever heard
-- presumed_end         no stop was heard
-- matched_by_guess     its stop named somebody else's transaction and fitted no other session
-- stop_conflict        two stops of it name different registers
-- meter_start_missing  the start came without a readable register
-- meter_stop_missing   the stop did
-- unit_conflict        registers differ by about a thousand, as Wh and kWh do (quirk 56)
-- zero_begin           began at 0, yet its register runs on from where the connector's stood
-- register_overlap     began within the registers of the session before, or ended within those
--                      of the next, as a late stop tells: energy billed twice
-- register_reset       the register fell below the start within the session
-- stop_below_start     the register fell from start to stop (quirk 70)
-- impossible_power     more than the maximum power of connector or charge point (or 1 MW) could
--                      deliver in the time, and a tenth on top (rule R10)
-- negative_duration    ended before it started
-- implausible_duration longer than charging.max_session_days: a clock jumped, and the time
--                      proves nothing about the power
-- time_in_future       a start or stop was dated ahead of its receipt by more than the tolerance
-- Findings that are flags of the session and no reason to hold it:
-- register_restarted   began at or below where the session before began, as a replaced meter or
--                      one that counts by the session does: its own energy stands
-- time_overlap         its time overlaps that of the session before or after, as when a clock was
--                      set back between the two: the registers tell whose energy is whose
-- A clock off by whole hours is such a flag, too (quirk 58), given by the handlers.
-- Each finding is {"reason": ..., and the figures that made it}.
create or replace function charging.check_energy(p_session core.sessions)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_start_wh constant numeric := p_session.meter_start_wh;
    v_stop_wh constant numeric := p_session.meter_stop_wh;
    v_last_wh constant numeric := p_session.last_meter_wh;
    -- What was delivered as far as anybody knows.
    v_energy_wh constant numeric := coalesce(v_stop_wh, v_last_wh) - v_start_wh;
    v_max_power_w numeric;
    v_previous_start_wh numeric;
    v_previous_stop_wh numeric;
    v_previous_ended_at timestamptz;
    v_next core.sessions;
    v_figures constant jsonb := jsonb_strip_nulls(jsonb_build_object(
        'meter_start_wh', v_start_wh, 'meter_stop_wh', v_stop_wh, 'last_meter_wh', v_last_wh
    ));
    v_findings jsonb := '[]';
begin
    select coalesce(
        (
            select c.max_power_w
            from core.connectors as c
            where c.tenant_id = p_session.tenant_id and c.id = p_session.connector_id
        ),
        (
            select cp.max_power_w
            from core.charge_points as cp
            where cp.tenant_id = p_session.tenant_id and cp.id = p_session.charge_point_id
        ),
        1000000
    )
    into v_max_power_w;
    -- A doubtful session proves nothing about the next.
    select s.meter_start_wh, s.meter_stop_wh, s.ended_at
    into v_previous_start_wh, v_previous_stop_wh, v_previous_ended_at
    from core.sessions as s
    where
        s.tenant_id = p_session.tenant_id
        and s.connector_id = p_session.connector_id
        and s.id <> p_session.id
        and s.state = 'ended'
        and (s.started_at, s.id) < (p_session.started_at, p_session.id)
        and (s.hold_reason is null or s.hold_reason = 'register_overlap')
    order by s.started_at desc, s.id desc
    limit 1;
    select s.* into v_next
    from core.sessions as s
    where
        s.tenant_id = p_session.tenant_id
        and s.connector_id = p_session.connector_id
        and s.id <> p_session.id
        and (s.started_at, s.id) > (p_session.started_at, p_session.id)
        and (s.hold_reason is null or s.hold_reason = 'register_overlap')
    order by s.started_at, s.id
    limit 1;

    if p_session.start_key is null then
        v_findings := v_findings || jsonb_build_object('reason', 'unknown_start');
    end if;
    if p_session.state = 'presumed_ended' then
        v_findings := v_findings || (jsonb_build_object('reason', 'presumed_end') || v_figures);
    end if;
    if 'matched_by_guess' = any(p_session.flags) then
        v_findings := v_findings || (jsonb_build_object('reason', 'matched_by_guess') || v_figures);
    end if;
    if 'stop_conflict' = any(p_session.flags) then
        v_findings := v_findings || (jsonb_build_object('reason', 'stop_conflict') || v_figures);
    end if;
    if v_start_wh is null then
        v_findings := v_findings
            || (jsonb_build_object('reason', 'meter_start_missing') || v_figures);
    end if;
    if v_stop_wh is null and p_session.state = 'ended' then
        v_findings := v_findings
            || (jsonb_build_object('reason', 'meter_stop_missing') || v_figures);
    end if;
    if charging.has_unit_conflict(p_session, v_max_power_w) then
        v_findings := v_findings || (jsonb_build_object('reason', 'unit_conflict') || v_figures);
    end if;
    -- 10 Wh: two roundings of one register are no reset.
    if v_start_wh < v_previous_stop_wh - 10 then
        v_findings := v_findings || (
            jsonb_build_object(
                'reason',
                case
                    -- Chargers without a register begin every session at 0: only one that began
                    -- above it shows that there is one.
                    when
                        v_start_wh = 0
                        and v_previous_start_wh > 0
                        and coalesce(v_stop_wh, v_last_wh) > v_previous_stop_wh
                        then 'zero_begin'
                    when v_start_wh <= v_previous_start_wh then 'register_restarted'
                    else 'register_overlap'
                end,
                'previous_meter_start_wh', v_previous_start_wh,
                'previous_meter_stop_wh', v_previous_stop_wh
            )
            || v_figures
        );
    end if;
    -- A minute: a charger may stamp one session's end and the next one's begin together.
    if
        v_previous_ended_at > p_session.started_at + interval '1 minute'
        or p_session.ended_at > v_next.started_at + interval '1 minute'
    then
        v_findings := v_findings || jsonb_strip_nulls(jsonb_build_object(
            'reason', 'time_overlap',
            'previous_ended_at', v_previous_ended_at,
            'next_started_at', v_next.started_at
        ));
    end if;
    if
        not v_findings @> '[{"reason": "register_overlap"}]'
        and v_stop_wh > v_next.meter_start_wh + 10
        -- One that begins no higher than this one has a register of its own, unless it begins
        -- at 0 and runs on from this one's.
        and (
            v_next.meter_start_wh > v_start_wh
            or v_next.meter_start_wh = 0
            and v_start_wh > 0
            and coalesce(v_next.meter_stop_wh, v_next.last_meter_wh) > v_stop_wh
        )
    then
        v_findings := v_findings || (
            jsonb_build_object(
                'reason', 'register_overlap',
                'next_meter_start_wh', v_next.meter_start_wh,
                'next_started_at', v_next.started_at
            )
            || v_figures
        );
    end if;
    if v_last_wh < v_start_wh - 10 then
        v_findings := v_findings || (jsonb_build_object('reason', 'register_reset') || v_figures);
    end if;
    if v_stop_wh < v_start_wh then
        v_findings := v_findings || (jsonb_build_object('reason', 'stop_below_start') || v_figures);
    end if;
    if
        v_energy_wh > 1.1 * charging.get_possible_energy_wh(
            v_max_power_w, p_session.started_at, p_session.ended_at
        )
    then
        v_findings := v_findings || (
            jsonb_build_object(
                'reason', 'impossible_power', 'energy_wh', v_energy_wh,
                'max_power_w', v_max_power_w,
                'duration_s',
                round(extract(epoch from p_session.ended_at - p_session.started_at))
            )
            || v_figures
        );
    end if;
    if p_session.ended_at < p_session.started_at then
        v_findings := v_findings || jsonb_build_object(
            'reason', 'negative_duration',
            'duration_s', round(extract(epoch from p_session.ended_at - p_session.started_at))
        );
    end if;
    if
        p_session.ended_at - p_session.started_at > make_interval(
            days => access.get_setting('charging.max_session_days')::integer
        )
    then
        v_findings := v_findings || jsonb_build_object(
            'reason', 'implausible_duration',
            'duration_s', round(extract(epoch from p_session.ended_at - p_session.started_at))
        );
    end if;
    if p_session.flags && '{start_time_ahead,stop_time_ahead}' then
        v_findings := v_findings || jsonb_strip_nulls(jsonb_build_object(
            'reason', 'time_in_future',
            'started_at_reported', p_session.started_at_reported,
            'ended_at_reported', p_session.ended_at_reported
        ));
    end if;
    return v_findings;
end;
$$;
revoke all on function charging.check_energy(core.sessions) from public;
comment on function charging.check_energy(core.sessions) is
    'What speaks against billing the energy of a session: a list of findings, worst first.';

-- What can flow at a power between two times. A minute at least: clocks tick in seconds, and a
-- start and a stop may be stamped together.
create or replace function charging.get_possible_energy_wh(
    p_max_power_w numeric,
    p_from timestamptz,
    p_to timestamptz
)
returns numeric
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return p_max_power_w * greatest(extract(epoch from p_to - p_from), 60) / 3600;
end;
$$;
revoke all on function charging.get_possible_energy_wh(numeric, timestamptz, timestamptz)
from public;
comment on function charging.get_possible_energy_wh(numeric, timestamptz, timestamptz) is
    'The energy that can flow at a power between two times.';

-- Two registers of one meter stand about a thousand apart, and no flow of energy explains it.
-- The band is wide because the later register has grown; what is possible narrows it.
create or replace function charging.has_unit_conflict(
    p_session core.sessions,
    p_max_power_w numeric
)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select
        from (
            values
                (
                    p_session.meter_start_wh, p_session.last_meter_wh, p_session.started_at,
                    p_session.last_reading_at
                ),
                (
                    p_session.last_meter_wh, p_session.meter_stop_wh, p_session.last_reading_at,
                    p_session.ended_at
                ),
                (
                    p_session.meter_start_wh, p_session.meter_stop_wh, p_session.started_at,
                    p_session.ended_at
                )
        ) as p (first_wh, second_wh, first_at, second_at)
        where
            p.first_wh > 0
            and p.second_wh > 0
            and (
                p.first_wh between 500 * p.second_wh and 2000 * p.second_wh
                or p.second_wh between 500 * p.first_wh and 2000 * p.first_wh
                and p.second_wh - p.first_wh > 1.1 * charging.get_possible_energy_wh(
                    p_max_power_w, p.first_at, p.second_at
                )
            )
    );
end;
$$;
revoke all on function charging.has_unit_conflict(core.sessions, numeric) from public;
comment on function charging.has_unit_conflict(core.sessions, numeric) is
    'Whether registers of a session differ as watt-hours and kilowatt-hours do.';

-- db/code/charging/clean_id_token.sql ----------------------------------------

-- An id token as it is compared and kept: without what some readers append to it.
--
-- Called by: charging.authorize_id_token and the handlers that store a token.
-- Control characters and blanks at either end go (a reader sent "04A1...\x10\x0e"); what stands
-- between stays, so that no token turns into somebody else's. At most 255 characters are kept.
create or replace function charging.clean_id_token(p_id_token text)
returns text
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select left(
        regexp_replace(p_id_token, '^[\u0001-\u0020\u007f]+|[\u0001-\u0020\u007f]+$', '', 'g'), 255
    );
$$;
revoke all on function charging.clean_id_token(text) from public;
comment on function charging.clean_id_token(text) is
    'An id token without control characters and blanks at its ends.';

-- db/code/charging/create_orphan_session.sql ----------------------------------------

-- A session out of a stop whose start nobody heard (quirks 63 and 64, rule R6).
--
-- It is active until charging.end_session ends it with the same stop; the hold unknown_start
-- follows from the missing start. The charger's own transaction id is kept when it can be one, so
-- that readings with it find the session; for 0, -1 and the like a new one is drawn, and the
-- event orphan_created remembers what was said.
-- Called by: ocpp16.stop_transaction.
-- Writes:    core.sessions, core.session_events; core.meter_values of that id become its own.
create or replace function charging.create_orphan_session(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_protocol text,
    p_transaction_id text,
    p_stop_key text,
    p_id_token text,
    p_stopped_at timestamptz,
    p_received_at timestamptz
)
returns core.sessions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_number constant numeric := ocpp.parse_numeric(p_transaction_id);
    v_is_usable_id constant boolean :=
        coalesce(v_number between 1 and 2147483647 and v_number::text = p_transaction_id, false);
    v_token core.id_tokens;
    v_session core.sessions;
begin
    select t.* into v_token
    from core.id_tokens as t
    where t.tenant_id = p_tenant_id and t.id_token_key = lower(p_id_token);

    insert into core.sessions (
        tenant_id, charge_point_id, protocol, transaction_id, stop_key, state, id_token,
        id_token_id, user_id, started_at
    )
    values (
        p_tenant_id, p_charge_point_id, p_protocol,
        case
            when v_is_usable_id then p_transaction_id
            else charging.create_transaction_id(p_tenant_id, p_charge_point_id)
        end,
        p_stop_key, 'active', p_id_token, v_token.id, v_token.user_id, p_stopped_at
    )
    on conflict (tenant_id, charge_point_id, stop_key) do nothing
    returning * into v_session;
    if not found then
        select s.* into v_session
        from core.sessions as s
        where
            s.tenant_id = p_tenant_id
            and s.charge_point_id = p_charge_point_id
            and s.stop_key = p_stop_key;
        return v_session;
    end if;

    perform charging.record_session_event(
        v_session, 'orphan_created', null, p_stopped_at, p_received_at,
        jsonb_build_object('transaction_id_reported', left(p_transaction_id, 64))
    );
    if v_is_usable_id then
        -- Readings that were kept unattached, of the week before the stop.
        update core.meter_values as m
        set session_id = v_session.id
        where
            m.tenant_id = p_tenant_id
            and m.charge_point_id = p_charge_point_id
            and m.sampled_at
            between p_stopped_at - interval '7 days' and p_stopped_at + interval '1 minute'
            and m.session_id is null
            and m.transaction_id = p_transaction_id;
    end if;
    return v_session;
end;
$$;
revoke all on function charging.create_orphan_session(
    bigint, bigint, text, text, text, text, timestamptz, timestamptz
) from public;
comment on function charging.create_orphan_session(
    bigint, bigint, text, text, text, text, timestamptz, timestamptz
) is 'A session out of a stop whose start nobody heard.';

-- What the readings of an orphan tell of its begin: the first one's time and EVSE, and the
-- register when it says that it was taken at the begin.
create or replace function charging.complete_orphan_session(p_session core.sessions)
returns core.sessions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_first core.meter_values;
    v_newest core.meter_values;
    v_session core.sessions;
begin
    select m.* into v_first
    from core.meter_values as m
    where m.tenant_id = p_session.tenant_id and m.session_id = p_session.id
    order by m.sampled_at, m.context = 'Transaction.Begin' desc
    limit 1;
    if not found then
        return p_session;
    end if;
    select m.* into v_newest
    from core.meter_values as m
    where
        m.tenant_id = p_session.tenant_id
        and m.session_id = p_session.id
        and m.energy_wh is not null
    order by m.sampled_at desc
    limit 1;

    update core.sessions as s
    set started_at = least(s.started_at, v_first.sampled_at),
        evse_id = (
            select e.id
            from core.evses as e
            where
                e.tenant_id = s.tenant_id
                and e.charge_point_id = s.charge_point_id
                and e.evse_no = v_first.evse_no
        ),
        meter_start_wh = case
            when v_first.context = 'Transaction.Begin' then trim_scale(round(v_first.energy_wh, 3))
        end,
        last_meter_wh = v_newest.energy_wh,
        last_reading_at = v_newest.sampled_at,
        updated_at = now()
    where s.tenant_id = p_session.tenant_id and s.id = p_session.id
    returning * into v_session;
    return v_session;
end;
$$;
revoke all on function charging.complete_orphan_session(core.sessions) from public;
comment on function charging.complete_orphan_session(core.sessions) is
    'Fill in what the readings of an orphan tell of its begin.';

-- db/code/charging/create_transaction_id.sql ----------------------------------------

-- A transaction id for OCPP 1.6: positive, 31 bits, unpredictable, new for the charge point.
--
-- Called by: charging.start_session, charging.create_orphan_session.
-- The unique key of core.sessions has the last word.
create or replace function charging.create_transaction_id(
    p_tenant_id bigint,
    p_charge_point_id bigint
)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_number integer;
begin
    -- A loop, for one draw in two thousand millions may be taken or zero.
    loop
        v_number := ('x' || left(gen_random_uuid()::text, 8))::bit(32)::integer & 2147483647;
        exit when v_number > 0 and not exists (
            select
            from core.sessions as s
            where
                s.tenant_id = p_tenant_id
                and s.charge_point_id = p_charge_point_id
                and s.transaction_id = v_number::text
        );
    end loop;
    return v_number::text;
end;
$$;
revoke all on function charging.create_transaction_id(bigint, bigint) from public;
comment on function charging.create_transaction_id(bigint, bigint) is
    'An unpredictable positive 31-bit transaction id, new for the charge point.';

-- db/code/charging/end_session.sql ----------------------------------------

-- End a session with what its stop says.
--
-- A session that has ended stays as it is: a stop that comes again is a no-op (quirk 66), and one
-- that says something else is noted among the events (stop_repeated) and, when it names another
-- register, holds the session (stop_conflict). A stop may correct a presumed end, however late
-- (rule R7). An end that was found without the session's id was a guess: the stop with the id
-- replaces it (stop_replaced), and what was guessed has nothing more to say.
-- Called by: ocpp16.stop_transaction.
-- Writes:    core.sessions (row locked), core.session_events; core.meter_values that came after a
--            guessed end become the session's.
-- p_stop_key is the key of a stop that did not name the session's id, null for one that did.
create or replace function charging.end_session(
    p_session core.sessions,
    p_ended_at timestamptz,
    p_ended_at_reported text,
    p_received_at timestamptz,
    p_meter_stop_wh numeric,
    p_reason text,
    p_stop_id_token text,
    p_stop_authorization_status text,
    p_stop_key text,
    p_flags text[]
)
returns core.sessions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session core.sessions;
    v_details constant jsonb := jsonb_build_object(
        'meter_stop_wh', p_meter_stop_wh, 'reason', p_reason, 'id_token', p_stop_id_token,
        'ended_at_reported', p_ended_at_reported
    );
begin
    select s.* into v_session
    from core.sessions as s
    where s.tenant_id = p_session.tenant_id and s.id = p_session.id
    for no key update;

    if
        v_session.state = 'ended'
        and p_stop_key is null
        and 'matched_without_id' = any(v_session.flags)
    then
        v_session := charging.drop_guessed_end(v_session, p_ended_at);
        perform charging.record_session_event(
            v_session, 'stop_replaced', 'ended', p_ended_at, p_received_at, v_details
        );
    elsif v_session.state = 'ended' then
        -- The guess comes again.
        if p_stop_key is not null and 'stop_replaced' = any(v_session.flags) then
            return v_session;
        end if;
        if
            v_session.meter_stop_wh is distinct from p_meter_stop_wh
            and not exists (
                select
                from core.session_events as e
                where
                    e.tenant_id = v_session.tenant_id
                    and e.session_id = v_session.id
                    and e.event = 'stop_repeated'
                    and e.details = jsonb_strip_nulls(v_details)
            )
        then
            perform charging.record_session_event(
                v_session, 'stop_repeated', 'ended', p_ended_at, p_received_at, v_details
            );
        end if;
        if
            v_session.meter_stop_wh <> p_meter_stop_wh
            and not 'stop_conflict' = any(v_session.flags)
        then
            v_session.flags := v_session.flags || '{stop_conflict}';
            v_session := charging.settle_session(v_session);
            update core.sessions as s
            set flags = v_session.flags,
                hold_reason = v_session.hold_reason,
                hold_details = v_session.hold_details,
                updated_at = now()
            where s.tenant_id = v_session.tenant_id and s.id = v_session.id;
        end if;
        return v_session;
    else
        v_session := charging.move_session(
            v_session, 'ended', p_ended_at, 'stopped', p_ended_at, p_received_at, v_details
        );
    end if;

    v_session.ended_at_reported := p_ended_at_reported;
    v_session.meter_stop_wh := p_meter_stop_wh;
    v_session.flags := v_session.flags || p_flags;
    v_session := charging.settle_session(v_session);
    update core.sessions as s
    set ended_at = p_ended_at,
        ended_at_reported = p_ended_at_reported,
        stop_received_at = p_received_at,
        meter_stop_wh = p_meter_stop_wh,
        energy_wh = v_session.energy_wh,
        power_w = null,
        charging_state = null,
        stop_reason = p_reason,
        stop_id_token = p_stop_id_token,
        stop_authorization_status = p_stop_authorization_status,
        stop_key = coalesce(s.stop_key, p_stop_key),
        flags = v_session.flags,
        hold_reason = v_session.hold_reason,
        hold_details = v_session.hold_details,
        last_meter_wh = v_session.last_meter_wh,
        last_reading_at = v_session.last_reading_at,
        updated_at = now()
    where s.tenant_id = v_session.tenant_id and s.id = v_session.id
    returning * into v_session;
    return v_session;
end;
$$;
revoke all on function charging.end_session(
    core.sessions, timestamptz, text, timestamptz, numeric, text, text, text, text, text[]
) from public;
comment on function charging.end_session(
    core.sessions, timestamptz, text, timestamptz, numeric, text, text, text, text, text[]
) is 'End a session with what its stop says; one that has ended stays, unless by a guess.';

-- A session as it was before a stop that was matched by guess ended it, with the readings that
-- came under its id since, and the end it has now. Its row is stored by the caller.
create or replace function charging.drop_guessed_end(
    p_session core.sessions,
    p_ended_at timestamptz
)
returns core.sessions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session core.sessions := p_session;
    v_newest core.meter_values;
begin
    update core.meter_values as m
    set session_id = v_session.id
    where
        m.tenant_id = v_session.tenant_id
        and m.charge_point_id = v_session.charge_point_id
        and m.sampled_at between v_session.started_at and p_ended_at + interval '1 minute'
        and m.session_id is null
        and m.transaction_id = v_session.transaction_id;
    select m.* into v_newest
    from core.meter_values as m
    where
        m.tenant_id = v_session.tenant_id
        and m.session_id = v_session.id
        and m.energy_wh is not null
    order by m.sampled_at desc
    limit 1;
    if found then
        v_session.last_meter_wh := v_newest.energy_wh;
        v_session.last_reading_at := v_newest.sampled_at;
    end if;
    v_session.ended_at := p_ended_at;
    v_session.flags := array(
        select f.flag
        from unnest(v_session.flags) with ordinality as f (flag, no)
        where
            f.flag not in (
                'matched_without_id', 'matched_by_guess', 'stop_conflict', 'meter_stop_missing',
                'readings_unreadable'
            )
            and not starts_with(f.flag, 'stop_time')
            and f.flag <> 'stop_clock_off_whole_hours'
        order by f.no
    ) || '{stop_replaced}';
    return v_session;
end;
$$;
revoke all on function charging.drop_guessed_end(core.sessions, timestamptz) from public;
comment on function charging.drop_guessed_end(core.sessions, timestamptz) is
    'A session without the end that a guess gave it, and with the readings that came since.';

-- db/code/charging/find_session_of_stop.sql ----------------------------------------

-- The session that a stop with an id of ours, none, or somebody else's is about; null when none.
--
-- 1. Its transaction id, of this charge point (rule R5: any random id once stopped the newest
--    session of another system).
-- 2. The same stop heard before (p_stop_key).
-- 3. The one session of the charge point that is open, began before the stop, has no higher
--    register and the same token. A charger that never learnt an id says 0 or -1 (quirk 62): then
--    a stop without a token fits as well. With more than one candidate there is none. The caller
--    flags the match, and holds one whose stop named another id than those: that may be the stop
--    of a session whose start was lost.
-- Called by: ocpp16.stop_transaction.
create or replace function charging.find_session_of_stop(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_transaction_id text,
    p_stop_key text,
    p_id_token text,
    p_stopped_at timestamptz,
    p_is_time_usable boolean,
    p_meter_stop_wh numeric
)
returns core.sessions
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session core.sessions;
    v_has_no_id constant boolean :=
        coalesce(ocpp.parse_numeric(p_transaction_id) <= 0, p_transaction_id is null);
    v_ids bigint[];
begin
    select s.* into v_session
    from core.sessions as s
    where
        s.tenant_id = p_tenant_id
        and s.charge_point_id = p_charge_point_id
        and s.transaction_id = p_transaction_id;
    if found then
        return v_session;
    end if;
    select s.* into v_session
    from core.sessions as s
    where
        s.tenant_id = p_tenant_id
        and s.charge_point_id = p_charge_point_id
        and s.stop_key = p_stop_key;
    if found or not p_is_time_usable then
        return v_session;
    end if;

    v_ids := array(
        select s.id
        from core.sessions as s
        where
            s.tenant_id = p_tenant_id
            and s.charge_point_id = p_charge_point_id
            and s.state <> 'ended'
            and s.started_at <= p_stopped_at
            and (
                lower(s.id_token) = lower(p_id_token)
                or p_id_token is null and v_has_no_id
            )
            and coalesce(p_meter_stop_wh >= s.meter_start_wh, true)
            and coalesce(p_meter_stop_wh >= s.last_meter_wh, true)
        limit 2
    );
    if cardinality(v_ids) = 1 then
        select s.* into v_session
        from core.sessions as s
        where s.tenant_id = p_tenant_id and s.id = v_ids[1];
    end if;
    return v_session;
end;
$$;
revoke all on function charging.find_session_of_stop(
    bigint, bigint, text, text, text, timestamptz, boolean, numeric
) from public;
comment on function charging.find_session_of_stop(
    bigint, bigint, text, text, text, timestamptz, boolean, numeric
) is 'The session that a stop is about, by id, by repetition, or as the only one that fits.';

-- db/code/charging/get_id_token_info.sql ----------------------------------------

-- What OCPP 1.6 tells a charger about a shown token: IdTagInfo of §7.27, without nulls.
--
-- Called by: ocpp16.authorize, ocpp16.start_transaction, ocpp16.stop_transaction.
-- {"status": ..., "expiryDate": "2026-11-20T12:00:00Z", "parentIdTag": ...}
-- expiryDate stands beside Accepted only: it says until when the charger may trust its copy,
-- at most charging.id_token_cache_hours and never past the token's own end. parentIdTag is the
-- token of the group; a token that may not charge does not get to end the group's sessions.
create or replace function charging.get_id_token_info(p_authorization core.authorizations)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_expires_at timestamptz;
    v_group_token text;
begin
    if p_authorization.status not in ('Accepted', 'ConcurrentTx') then
        return jsonb_build_object('status', p_authorization.status);
    end if;

    select t.expires_at, g.group_token
    into v_expires_at, v_group_token
    from core.id_tokens as t
    left join core.id_token_groups as g
        on g.tenant_id = t.tenant_id and g.id = t.id_token_group_id
    where t.tenant_id = p_authorization.tenant_id and t.id = p_authorization.id_token_id;

    if p_authorization.status = 'Accepted' then
        v_expires_at := least(
            v_expires_at,
            now() + make_interval(
                hours => access.get_setting('charging.id_token_cache_hours')::integer
            )
        );
    else
        v_expires_at := null;
    end if;

    return jsonb_strip_nulls(jsonb_build_object(
        'status', p_authorization.status,
        'expiryDate', to_char(v_expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'parentIdTag', v_group_token
    ));
end;
$$;
revoke all on function charging.get_id_token_info(core.authorizations) from public;
comment on function charging.get_id_token_info(core.authorizations) is
    'OCPP 1.6 IdTagInfo of a decision: status, how long to cache it, and the parent token.';

-- db/code/charging/move_session.sql ----------------------------------------

-- Move a session to its next state. Nothing else changes the state of a session.
--
--     active ──► presumed_ended ──► ended
--        └───────────────────────────►┘
--
-- presumed_ended says that something made the end likely (a new start, an Available connector,
-- silence) while no stop was heard; a late stop corrects it. ended is the one terminal state.
-- Called by: charging.end_session, charging.presume_session_end.
-- Writes:    core.sessions (row locked), core.session_events.
-- Errors:    PT409 session_transition_refused for any other move.
create or replace function charging.move_session(
    p_session core.sessions,
    p_to_state text,
    p_ended_at timestamptz,
    p_event text,
    p_happened_at timestamptz,
    p_received_at timestamptz,
    p_details jsonb
)
returns core.sessions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_from_state text;
    v_session core.sessions;
begin
    select s.state into v_from_state
    from core.sessions as s
    where s.tenant_id = p_session.tenant_id and s.id = p_session.id
    for no key update;

    if not coalesce(
        (v_from_state, p_to_state) in (
            ('active', 'presumed_ended'), ('active', 'ended'), ('presumed_ended', 'ended')
        ),
        false
    ) then
        raise exception using
            errcode = 'PT409',
            message = format(
                'a session cannot move from %s to %s',
                coalesce(v_from_state, 'nowhere'), coalesce(p_to_state, 'nowhere')
            ),
            detail = '{"error":"session_transition_refused"}',
            hint = 'A session that has ended stays ended.';
    end if;

    update core.sessions as s
    set state = p_to_state, ended_at = p_ended_at, updated_at = now()
    where s.tenant_id = p_session.tenant_id and s.id = p_session.id
    returning * into v_session;
    perform charging.record_session_event(
        v_session, p_event, v_from_state, p_happened_at, p_received_at, p_details
    );
    return v_session;
end;
$$;
revoke all on function charging.move_session(
    core.sessions, text, timestamptz, text, timestamptz, timestamptz, jsonb
) from public;
comment on function charging.move_session(
    core.sessions, text, timestamptz, text, timestamptz, timestamptz, jsonb
) is 'Move a session to its next state and note why; nothing else changes the state.';

-- db/code/charging/presume_session_end.sql ----------------------------------------

-- Presume that an active session is over, because something else says so.
--
-- It ends at its last reading, or where none was taken at p_happened_at, with the energy of that
-- reading, and is held as presumed_end: only a stop makes it billable (rules R7 and R8).
-- Called by: charging.start_session (presumed_by_start), charging.apply_connector_status
--            (presumed_by_available), jobs.close_stale_sessions (presumed_by_silence).
-- Writes:    core.sessions (row locked), core.session_events.
create or replace function charging.presume_session_end(
    p_tenant_id bigint,
    p_session_id bigint,
    p_event text,
    p_happened_at timestamptz,
    p_received_at timestamptz
)
returns core.sessions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session core.sessions;
begin
    select s.* into v_session
    from core.sessions as s
    where s.tenant_id = p_tenant_id and s.id = p_session_id
    for no key update;
    if v_session.state is distinct from 'active' then
        return v_session;
    end if;

    v_session := charging.move_session(
        v_session, 'presumed_ended',
        greatest(v_session.started_at, coalesce(v_session.last_reading_at, p_happened_at)),
        p_event, p_happened_at, p_received_at, null
    );
    v_session := charging.settle_session(v_session);
    update core.sessions as s
    set energy_wh = v_session.energy_wh,
        flags = v_session.flags,
        hold_reason = v_session.hold_reason,
        hold_details = v_session.hold_details,
        power_w = null,
        charging_state = null
    where s.tenant_id = p_tenant_id and s.id = p_session_id
    returning * into v_session;
    return v_session;
end;
$$;
revoke all on function charging.presume_session_end(
    bigint, bigint, text, timestamptz, timestamptz
) from public;
comment on function charging.presume_session_end(
    bigint, bigint, text, timestamptz, timestamptz
) is 'Presume the end of an active session at its last reading, and hold it.';

-- db/code/charging/record_meter_values.sql ----------------------------------------

-- Keep readings of a charge point: one wide row per timestamp, in Wh, W, A, V and degrees Celsius.
--
-- Called by: ocpp16.meter_values, ocpp16.stop_transaction.
-- Writes:    core.meter_values; live figures of core.sessions (row locked).
-- p_meter_values is a list as OCPP 1.6 §7.33 describes it:
--     [{"timestamp": ..., "sampledValue": [{"value", "context", "format", "measurand", "phase",
--       "location", "unit"}, ...]}, ...]
-- and what a charger sends in its place is kept as well. p_session_id is null when no session
-- is known by p_transaction_id, which is kept as sent. p_attach_until is the end of a session
-- that is over: later readings stay unattached, and none reopens it (quirk 68).
-- p_is_of_other_evse says that the charger named another EVSE than the session's: such readings
-- are attached, but do not touch its live figures.
-- A reading that comes again meets its own row and changes nothing, but for attaching it when it
-- was kept unattached and its session is known by now.
--
-- One message must not hold up the others (measured: 60,000 samples that were all read took more
-- than 15 s): 200 samples a reading, 20,000 samples and 2,000 readings a message are read. What
-- is beyond is kept as sent, as one list in other_samples.
--
-- A sample goes to its column when the column says all of it: an absent measurand is
-- Energy.Active.Import.Register, an absent unit that of the measurand, an absent location Outlet
-- (and Inlet for EVSE 0, the main meter). The first of two samples for one column wins; of
-- contexts in one reading Transaction.End does, and Transaction.Begin comes last.
-- Everything else stands in other_samples as it was sent. Flags of a row:
--     time_clamped      its time cannot be true or has no partition: filed under received_at
--     unit_kwh unit_kw  scaled by 1000 from what was sent
--     unit_temperature  converted from Fahrenheit or Kelvin (the sample is kept as sent, too)
--     unit_conflict     a unit that its measurand cannot have: not read
--     value_unreadable  a value that is no number ("", "NaN", "12,5") or out of its range
--     signed_data       holds a signed value
--     mixed_contexts    its samples name more than one context
--     too_many_samples  not all of it was read
--     connector_mismatch  of another EVSE than the session's
--     measurand_unknown, context_unknown
-- Figures are kept to the sixth decimal, in magnitude up to 1e12 of their unit.
create or replace function charging.record_meter_values(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_evse_no smallint,
    p_session_id bigint,
    p_transaction_id text,
    p_attach_until timestamptz,
    p_received_at timestamptz,
    p_meter_values jsonb,
    p_is_of_other_evse boolean default false
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_readings constant jsonb := case jsonb_typeof(p_meter_values)
        when 'array' then p_meter_values
        else jsonb_build_array(p_meter_values)
    end;
    v_reading_count constant integer := jsonb_array_length(v_readings);
    v_transaction_id constant text := left(p_transaction_id, 100);
    v_lower_at timestamptz;
    v_upper_at timestamptz;
    v_samples_left integer := 20000;
    v_is_rest boolean := false;
    v_sample_count integer;
    v_is_cut boolean;
    v_reading jsonb;
    v_samples jsonb;
    v_sample jsonb;
    v_measurand text;
    v_unit text;
    v_phase text;
    v_location text;
    v_sample_context text;
    v_text text;
    v_number numeric;
    v_place integer;
    v_flag text;
    v_values numeric[];
    v_holders integer[];
    v_other_samples jsonb[];
    v_flags text[];
    v_context text;
    v_at timestamptz;
    v_is_clamped boolean;
    v_hash bigint;
    v_session_id bigint;
    v_newest_at timestamptz;
    v_energy_wh numeric;
    v_power_w numeric;
    v_soc_percent numeric;
begin
    select p.lower_at, p.upper_at into v_lower_at, v_upper_at
    from ops.partitioned_tables as p
    where p.table_name = 'core.meter_values';

    -- Loops rather than one statement over all samples: most messages hold one reading of a few
    -- samples, and starting such a statement costs more than reading them (measured: 320 µs a
    -- message of six samples against 90 µs).
    for v_reading_no in 0 .. least(v_reading_count, 2001) - 1 loop
        exit when v_is_rest;
        v_is_rest := v_reading_no = 2000 or v_samples_left < 1;
        v_reading := v_readings -> v_reading_no;
        if v_is_rest then
            v_reading := jsonb_path_query_array(
                v_readings, '$[$no to last]', jsonb_build_object('no', v_reading_no)
            );
        end if;
        v_samples := v_reading -> 'sampledValue';
        case jsonb_typeof(v_samples)
            when 'array' then
                null;
            when 'object' then
                v_samples := jsonb_build_array(v_samples);
            else
                v_samples := jsonb_build_array(v_reading);
        end case;
        continue when v_samples in ('[]', '[null]');
        v_values := array_fill(null::numeric, '{18}');
        v_holders := '{}';
        v_other_samples := null;
        v_flags := '{}';
        v_context := null;
        v_sample_count := jsonb_array_length(v_samples);
        v_is_cut := v_sample_count > least(200, greatest(v_samples_left, 1));
        if v_is_cut then
            v_sample_count := least(200, greatest(v_samples_left, 1));
        end if;
        v_samples_left := v_samples_left - v_sample_count;

        for v_no in 0 .. v_sample_count - 1 loop
            v_sample := v_samples -> v_no;
            v_measurand := coalesce(v_sample ->> 'measurand', 'Energy.Active.Import.Register');
            v_text := v_sample ->> 'value';
            v_unit := v_sample ->> 'unit';
            v_phase := v_sample ->> 'phase';
            v_location := v_sample ->> 'location';
            v_sample_context := coalesce(v_sample ->> 'context', 'Sample.Periodic');
            v_flag := null;
            if v_context is null then
                v_context := v_sample_context;
            elsif v_context <> v_sample_context then
                if 'mixed_contexts' <> all(v_flags) then
                    v_flags := v_flags || '{mixed_contexts}';
                end if;
                if v_context = 'Transaction.Begin' or v_sample_context = 'Transaction.End' then
                    v_context := v_sample_context;
                end if;
            end if;

            -- 1: import, 2: export, 3 to 6: power and by phase, 7: power offered, 8 to 11:
            -- current, 12: current offered, 13 to 16: voltage, 17: state of charge (a matter of
            -- the vehicle, wherever it is said to be), 18: temperature.
            v_place := case v_measurand
                when 'Energy.Active.Import.Register' then 1
                when 'Power.Active.Import' then 3
                when 'Current.Import' then 8
                when 'Voltage' then 13
                when 'SoC' then 17
                when 'Current.Offered' then 12
                when 'Power.Offered' then 7
                when 'Temperature' then 18
                when 'Energy.Active.Export.Register' then 2
            end;
            if v_phase is not null then
                v_place := case when v_place in (3, 8, 13) then v_place end + case v_phase
                    when 'L1' then 1 when 'L2' then 2 when 'L3' then 3
                    when 'L1-N' then 1 when 'L2-N' then 2 when 'L3-N' then 3
                end;
            end if;
            if
                v_location is not null and v_place <> 17 and v_location <> 'Outlet'
                and not (v_location = 'Inlet' and p_evse_no = 0)
                and not (v_location = 'Body' and v_place = 18)
            then
                v_place := null;
            end if;

            if coalesce(v_sample ->> 'format', 'Raw') <> 'Raw' then
                v_place := null;
                v_flag := 'signed_data';
            else
                v_number := ocpp.parse_numeric(v_text);
                if v_number is null then
                    v_place := null;
                    v_flag := 'value_unreadable';
                elsif v_place is null then
                    if not charging.is_measurand(v_measurand) then
                        v_flag := 'measurand_unknown';
                    end if;
                elsif v_unit is not null then
                    v_unit := lower(v_unit);
                    case
                        when
                            v_unit = 'wh' and v_place < 3
                            or v_unit = 'w' and v_place between 3 and 7
                            or v_unit = 'a' and v_place between 8 and 12
                            or v_unit = 'v' and v_place between 13 and 16
                            or v_unit in ('percent', '%') and v_place = 17
                            or v_unit in ('celsius', 'celcius') and v_place = 18
                        then
                            null;
                        when v_place < 3 and v_unit = 'kwh' then
                            v_number := v_number * 1000;
                            v_flag := 'unit_kwh';
                        when v_place between 3 and 7 and v_unit = 'kw' then
                            v_number := v_number * 1000;
                            v_flag := 'unit_kw';
                        when v_place = 18 and v_unit = 'k' then
                            v_number := v_number - 273.15;
                            v_flag := 'unit_temperature';
                        when v_place = 18 and v_unit = 'fahrenheit' then
                            v_number := round((v_number - 32) / 1.8, 2);
                            v_flag := 'unit_temperature';
                        else
                            v_place := null;
                            v_flag := 'unit_conflict';
                    end case;
                end if;
                if
                    v_number not between -1e12 and 1e12
                    or v_place = 17 and v_number not between 0 and 100
                then
                    v_place := null;
                    v_flag := 'value_unreadable';
                elsif scale(v_number) > 6 then
                    -- 1e-46 is no real.
                    v_number := trim_scale(round(v_number, 6));
                end if;
            end if;

            if v_place is not null and v_values[v_place] is not null then
                if
                    v_sample_context = 'Transaction.End'
                    or v_samples -> v_holders[v_place] ->> 'context' = 'Transaction.Begin'
                    and v_sample_context <> 'Transaction.Begin'
                then
                    v_sample := v_samples -> v_holders[v_place];
                    v_values[v_place] := v_number;
                    v_holders[v_place] := v_no;
                end if;
                v_place := null;
            elsif v_place is not null then
                v_values[v_place] := v_number;
                v_holders[v_place] := v_no;
            end if;
            if v_place is null or v_flag = 'unit_temperature' then
                -- In place, so that many cost no more than their number.
                v_other_samples := array_append(v_other_samples, v_sample);
            end if;
            if v_flag is not null and v_flag <> all(v_flags) then
                v_flags := v_flags || v_flag;
            end if;
        end loop;
        if v_is_cut or v_is_rest then
            v_flags := v_flags || '{too_many_samples}';
        end if;
        if v_is_cut then
            v_other_samples := array_append(
                v_other_samples,
                jsonb_path_query_array(
                    v_samples, '$[$no to last]', jsonb_build_object('no', v_sample_count)
                )
            );
        end if;

        v_text := v_reading ->> 'timestamp';
        v_at := ocpp.parse_timestamp(v_text);
        v_hash := jsonb_hash_extended(v_reading, 0);
        v_is_clamped := not coalesce(
            v_at >= v_lower_at and v_at < v_upper_at and (
                v_at <= p_received_at
                or v_at < p_received_at + make_interval(
                    secs => access.get_setting('charging.clock_tolerance_s')::double precision
                )
            ),
            false
        );
        if v_is_clamped then
            v_at := p_received_at;
            v_flags := v_flags || '{time_clamped}';
            -- Without a time of its own, a reading is told from its like by its transaction.
            v_hash := jsonb_hash_extended(
                v_reading, hashtextextended(coalesce(v_transaction_id, ''), 0)
            );
            continue when charging.is_known_reading(
                p_tenant_id, p_charge_point_id, p_evse_no, p_received_at, v_hash
            );
        end if;
        -- OCPP 1.6 §7.36.
        if
            v_context <> 'Sample.Periodic' and v_context not in (
                'Sample.Clock', 'Transaction.Begin', 'Transaction.End', 'Trigger',
                'Interruption.Begin', 'Interruption.End', 'Other'
            )
        then
            v_flags := v_flags || '{context_unknown}';
        end if;
        if p_is_of_other_evse then
            v_flags := v_flags || '{connector_mismatch}';
        end if;
        v_flags := case
            when v_flags <> '{}'
                then array(select f.flag from unnest(v_flags) as f (flag) order by f.flag)
        end;
        v_session_id := case
            when p_attach_until is null or v_at <= p_attach_until then p_session_id
        end;

        insert into core.meter_values (
            tenant_id, charge_point_id, evse_no, session_id, transaction_id, sampled_at,
            sampled_at_reported, received_at, context, energy_wh, energy_export_wh, power_w,
            power_l1_w, power_l2_w, power_l3_w, power_offered_w, current_a, current_l1_a,
            current_l2_a, current_l3_a, current_offered_a, voltage_v, voltage_l1_v, voltage_l2_v,
            voltage_l3_v, soc_percent, temperature_celsius, other_samples, flags, payload_hash
        )
        values (
            p_tenant_id, p_charge_point_id, p_evse_no, v_session_id, v_transaction_id, v_at,
            case when v_is_clamped then left(v_text, 100) end, p_received_at,
            left(v_context, 100), v_values[1],
            v_values[2], v_values[3], v_values[4], v_values[5], v_values[6], v_values[7],
            v_values[8], v_values[9], v_values[10], v_values[11], v_values[12], v_values[13],
            v_values[14], v_values[15], v_values[16], v_values[17], v_values[18],
            to_jsonb(v_other_samples),
            v_flags, v_hash
        )
        on conflict do nothing;
        -- Not as `on conflict do update`: every first insert would pay for it.
        if not found and v_session_id is not null then
            update core.meter_values as m
            set session_id = v_session_id,
                transaction_id = v_transaction_id,
                flags = v_flags
            where
                m.tenant_id = p_tenant_id
                and m.charge_point_id = p_charge_point_id
                and m.evse_no = p_evse_no
                and m.sampled_at = v_at
                and m.payload_hash = v_hash
                and m.session_id is null;
        end if;

        if found and v_session_id is not null and not p_is_of_other_evse then
            v_number := coalesce(
                v_values[3],
                case
                    when num_nonnulls(v_values[4], v_values[5], v_values[6]) > 0
                        then coalesce(v_values[4], 0) + coalesce(v_values[5], 0)
                            + coalesce(v_values[6], 0)
                end
            );
            if v_newest_at is null or v_at >= v_newest_at then
                v_newest_at := v_at;
                v_energy_wh := coalesce(v_values[1], v_energy_wh);
                v_power_w := coalesce(v_number, v_power_w);
                v_soc_percent := coalesce(v_values[17], v_soc_percent);
            else
                v_energy_wh := coalesce(v_energy_wh, v_values[1]);
                v_power_w := coalesce(v_power_w, v_number);
                v_soc_percent := coalesce(v_soc_percent, v_values[17]);
            end if;
        end if;
    end loop;

    if v_newest_at is not null then
        update core.sessions as s
        set last_meter_wh = coalesce(v_energy_wh, s.last_meter_wh),
            energy_wh = case
                when v_energy_wh >= s.meter_start_wh then v_energy_wh - s.meter_start_wh
                else s.energy_wh
            end,
            power_w = coalesce(v_power_w, s.power_w),
            soc_percent = coalesce(v_soc_percent, s.soc_percent),
            last_reading_at = v_newest_at,
            ended_at = case
                when s.state = 'presumed_ended' then greatest(s.ended_at, v_newest_at)
            end,
            updated_at = now()
        where
            s.tenant_id = p_tenant_id
            and s.id = p_session_id
            and s.state <> 'ended'
            and (s.last_reading_at is null or v_newest_at >= s.last_reading_at);
    end if;
end;
$$;
revoke all on function charging.record_meter_values(
    bigint, bigint, smallint, bigint, text, timestamptz, timestamptz, jsonb, boolean
) from public;
comment on function charging.record_meter_values(
    bigint, bigint, smallint, bigint, text, timestamptz, timestamptz, jsonb, boolean
) is 'Keep readings of a charge point and the live figures of their session.';

-- A reading whose time cannot be true is filed under the time of receipt, so its key does not
-- tell that it comes again: look for its like among those of the last day. p_payload_hash is of
-- the reading and of its transaction id.
create or replace function charging.is_known_reading(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_evse_no smallint,
    p_received_at timestamptz,
    p_payload_hash bigint
)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select
        from core.meter_values as m
        where
            m.tenant_id = p_tenant_id
            and m.charge_point_id = p_charge_point_id
            and m.evse_no = p_evse_no
            and m.sampled_at between p_received_at - interval '1 day' and p_received_at
            and m.payload_hash = p_payload_hash
            and m.flags @> '{time_clamped}'
    );
end;
$$;
revoke all on function charging.is_known_reading(bigint, bigint, smallint, timestamptz, bigint)
from public;
comment on function charging.is_known_reading(bigint, bigint, smallint, timestamptz, bigint) is
    'Whether a reading of an impossible time was kept within the last day.';

create or replace function charging.is_measurand(p_measurand text)
returns boolean
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    -- OCPP 1.6 §7.31.
    return p_measurand in (
        'Energy.Active.Import.Register', 'Energy.Active.Export.Register',
        'Energy.Reactive.Import.Register', 'Energy.Reactive.Export.Register',
        'Energy.Active.Import.Interval', 'Energy.Active.Export.Interval',
        'Energy.Reactive.Import.Interval', 'Energy.Reactive.Export.Interval',
        'Power.Active.Import', 'Power.Active.Export', 'Power.Reactive.Import',
        'Power.Reactive.Export', 'Power.Factor', 'Power.Offered', 'Current.Import',
        'Current.Export', 'Current.Offered', 'Voltage', 'Frequency', 'Temperature', 'SoC', 'RPM'
    );
end;
$$;
revoke all on function charging.is_measurand(text) from public;
comment on function charging.is_measurand(text) is 'Whether OCPP 1.6 knows a measurand.';

-- db/code/charging/record_session_event.sql ----------------------------------------

-- Note what happened to a session.
--
-- Called by: charging.move_session and what changes a session without moving it.
-- Writes:    core.session_events (append-only).
create or replace function charging.record_session_event(
    p_session core.sessions,
    p_event text,
    p_from_state text,
    p_happened_at timestamptz,
    p_received_at timestamptz,
    p_details jsonb
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into core.session_events (
        tenant_id, session_id, event, from_state, to_state, happened_at, received_at, details
    )
    values (
        p_session.tenant_id, p_session.id, p_event, p_from_state, p_session.state, p_happened_at,
        p_received_at, jsonb_strip_nulls(coalesce(p_details, '{}'))
    );
end;
$$;
revoke all on function charging.record_session_event(
    core.sessions, text, text, timestamptz, timestamptz, jsonb
) from public;
comment on function charging.record_session_event(
    core.sessions, text, text, timestamptz, timestamptz, jsonb
) is 'Note what happened to a session.';

-- db/code/charging/record_unknown_id_token.sql ----------------------------------------

-- Note that a token which nobody has registered was shown at a charger.
--
-- Called by: charging.authorize_id_token.
-- Writes:    core.unknown_id_tokens (one row per tenant and token).
-- An ignored token keeps counting and stays ignored; an admitted one that is unknown again was
-- deleted since, and waits anew. At most charging.max_unknown_id_tokens wait per tenant: a new
-- one pushes out those seen longest ago.
-- Nothing here waits for another transaction: batches of different chargers show the same tokens
-- in any order, and would deadlock. An attempt that meets another one of the same token goes
-- uncounted, which is no loss: that one notes the token.
create or replace function charging.record_unknown_id_token(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_id_token text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key constant text := lower(p_id_token);
    v_is_known constant boolean := exists (
        select
        from core.unknown_id_tokens as u
        where u.tenant_id = p_tenant_id and u.id_token_key = v_key
    );
begin
    if v_is_known then
        update core.unknown_id_tokens as u
        set attempts = u.attempts + 1,
            last_seen_at = now(),
            last_charge_point_id = p_charge_point_id,
            state = case when u.state = 'ignored' then 'ignored' else 'waiting' end,
            decided_at = case when u.state = 'ignored' then u.decided_at end,
            decided_by = case when u.state = 'ignored' then u.decided_by end
        where u.tenant_id = p_tenant_id and u.id in (
            select l.id
            from core.unknown_id_tokens as l
            where l.tenant_id = p_tenant_id and l.id_token_key = v_key
            for no key update skip locked
        );
        return;
    end if;

    -- Without this lock an insert would wait for one of the same token that is not committed yet,
    -- `on conflict do nothing` included.
    if not pg_try_advisory_xact_lock(
        hashtextextended('charging.record_unknown_id_token ' || v_key, p_tenant_id)
    ) then
        return;
    end if;
    insert into core.unknown_id_tokens (tenant_id, id_token, id_token_key, last_charge_point_id)
    values (p_tenant_id, p_id_token, v_key, p_charge_point_id)
    on conflict (tenant_id, id_token_key) do nothing;
    if found then
        delete from core.unknown_id_tokens as u
        where u.tenant_id = p_tenant_id and u.id in (
            select w.id
            from core.unknown_id_tokens as w
            where w.tenant_id = p_tenant_id and w.state = 'waiting'
            order by w.last_seen_at desc, w.id desc
            offset access.get_setting('charging.max_unknown_id_tokens')::bigint
            for update skip locked
        );
    end if;
end;
$$;
revoke all on function charging.record_unknown_id_token(bigint, bigint, text) from public;
comment on function charging.record_unknown_id_token(bigint, bigint, text) is
    'Count an unregistered token in the tenant''s inbox.';

-- db/code/charging/restate_id_token_info.sql ----------------------------------------

-- The IdTagInfo of a decision that was made before, for a message that comes again.
--
-- Called by: ocpp16.start_transaction, ocpp16.stop_transaction.
-- The decision is not made anew: a repeated message gets the same answer (rule R2) and leaves no
-- second row in core.authorizations.
create or replace function charging.restate_id_token_info(
    p_tenant_id bigint,
    p_id_token text,
    p_status text
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_authorization core.authorizations;
begin
    v_authorization.tenant_id := p_tenant_id;
    v_authorization.id_token := p_id_token;
    v_authorization.status := p_status;
    select t.id into v_authorization.id_token_id
    from core.id_tokens as t
    where t.tenant_id = p_tenant_id and t.id_token_key = lower(p_id_token);
    return charging.get_id_token_info(v_authorization);
end;
$$;
revoke all on function charging.restate_id_token_info(bigint, text, text) from public;
comment on function charging.restate_id_token_info(bigint, text, text) is
    'OCPP 1.6 IdTagInfo of a decision that was made before.';

-- db/code/charging/settle_session.sql ----------------------------------------

-- The energy of a session that is over, and what speaks against billing it, filled in.
--
-- Called by: charging.end_session, charging.presume_session_end, charging.merge_late_start.
-- Stores nothing: the caller writes energy_wh, flags, hold_reason and hold_details of the result.
-- A finding that holds nothing (register_restarted, time_overlap) becomes a flag.
-- energy_wh is what the registers say and never a guess:
--     stop − start, when both are there, stop is not below start and their units agree
--         (held all the same when it is impossible or the register was reset);
--     else last reading − start, when that is not negative: what was delivered at least, flagged
--         energy_from_last_reading and held for the finding that spoiled the stop;
--     else stop − first reading for a session whose start nobody heard, flagged
--         energy_from_first_reading and held;
--     else null. The registers themselves stay as reported either way.
create or replace function charging.settle_session(p_session core.sessions)
returns core.sessions
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session core.sessions := p_session;
    v_findings jsonb;
    v_has_unit_conflict boolean;
    v_first_wh numeric;
begin
    v_findings := charging.check_energy(v_session);
    v_has_unit_conflict := v_findings @> '[{"reason": "unit_conflict"}]';
    v_session.flags := array(
        select f.flag
        from unnest(v_session.flags) with ordinality as f (flag, no)
        where
            f.flag not in (
                'energy_from_last_reading', 'energy_from_first_reading', 'register_restarted',
                'time_overlap'
            )
        order by f.no
    );
    v_session.flags := v_session.flags || array(
        select f.finding ->> 'reason'
        from jsonb_array_elements(v_findings) as f (finding)
        where f.finding ->> 'reason' in ('register_restarted', 'time_overlap')
    );
    v_findings := jsonb_path_query_array(
        v_findings, '$[*] ? (@.reason != "register_restarted" && @.reason != "time_overlap")'
    );
    v_session.energy_wh := null;
    if v_has_unit_conflict then
        null;
    elsif v_session.meter_stop_wh >= v_session.meter_start_wh then
        v_session.energy_wh := v_session.meter_stop_wh - v_session.meter_start_wh;
    elsif
        v_session.last_reading_at is not null
        and v_session.last_meter_wh >= v_session.meter_start_wh
    then
        v_session.energy_wh := v_session.last_meter_wh - v_session.meter_start_wh;
        v_session.flags := v_session.flags || '{energy_from_last_reading}';
    elsif v_session.meter_start_wh is null then
        v_first_wh := charging.get_first_meter_wh(v_session);
        if coalesce(v_session.meter_stop_wh, v_session.last_meter_wh) >= v_first_wh then
            v_session.energy_wh :=
                coalesce(v_session.meter_stop_wh, v_session.last_meter_wh) - v_first_wh;
            v_session.flags := v_session.flags || '{energy_from_first_reading}';
        end if;
    end if;
    v_session.hold_reason := v_findings -> 0 ->> 'reason';
    v_session.hold_details := nullif(v_findings, '[]');
    return v_session;
end;
$$;
revoke all on function charging.settle_session(core.sessions) from public;
comment on function charging.settle_session(core.sessions) is
    'A session that is over with its energy and its hold filled in.';

-- The earliest register among the readings of a session, null without any.
create or replace function charging.get_first_meter_wh(p_session core.sessions)
returns numeric
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select m.energy_wh
        from core.meter_values as m
        where
            m.tenant_id = p_session.tenant_id
            and m.session_id = p_session.id
            and m.energy_wh is not null
        order by m.sampled_at
        limit 1
    );
end;
$$;
revoke all on function charging.get_first_meter_wh(core.sessions) from public;
comment on function charging.get_first_meter_wh(core.sessions) is
    'The earliest register among the readings of a session.';

-- db/code/charging/start_session.sql ----------------------------------------

-- Record the start of a session, once.
--
-- First of all the start is looked for: one that comes again gets its own session back, and only
-- a new one is authorised, or a repeated start would count as a concurrent transaction and the
-- charger would stop (quirk 65). It is recorded whatever the authorisation says, for the charger
-- may charge all the same (quirk 73), and always has a real transaction id (quirk 74).
-- A new start on a connector presumes the end of the session that was active there. A start that
-- comes after its own stop is merged into the session that was made of the stop.
-- Where the time cannot be true the key may be of many starts: one whose session is over is
-- another start, with a number behind the key.
-- Called by: ocpp16.start_transaction.
-- Writes:    core.sessions, core.session_events, core.authorizations; locks the connector.
-- p_start_key is the start's natural key, unique for the charge point (rule R3); p_connector may
-- be a null row when the charger named no usable connector.
create or replace function charging.start_session(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_connector core.connectors,
    p_protocol text,
    p_start_key text,
    p_id_token text,
    p_started_at timestamptz,
    p_started_at_reported text,
    p_received_at timestamptz,
    p_meter_start_wh numeric,
    p_reservation_id integer,
    p_boot_number bigint,
    p_flags text[]
)
returns core.sessions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session core.sessions;
    v_merged core.sessions;
    v_authorization core.authorizations;
    v_start_key text := p_start_key;
begin
    select s.* into v_session
    from core.sessions as s
    where
        s.tenant_id = p_tenant_id
        and s.charge_point_id = p_charge_point_id
        and s.start_key = p_start_key;
    if
        v_session.state <> 'active'
        and p_flags && '{start_time_missing,start_time_unreadable,start_time_implausible}'
    then
        v_start_key := p_start_key || '|again ' || (
            select count(*)
            from core.sessions as s
            where
                s.tenant_id = p_tenant_id
                and s.charge_point_id = p_charge_point_id
                and starts_with(s.start_key, p_start_key || '|again ')
                and s.state <> 'active'
        );
        select s.* into v_session
        from core.sessions as s
        where
            s.tenant_id = p_tenant_id
            and s.charge_point_id = p_charge_point_id
            and s.start_key = v_start_key;
    end if;
    if v_session.id is not null then
        return v_session;
    end if;

    -- Starts and states of one connector wait for each other.
    perform
    from core.connectors as c
    where c.tenant_id = p_tenant_id and c.id = p_connector.id
    for no key update;
    perform charging.presume_session_end(
        s.tenant_id, s.id, 'presumed_by_start', p_started_at, p_received_at
    )
    from core.sessions as s
    where
        s.tenant_id = p_tenant_id
        and s.charge_point_id = p_charge_point_id
        and s.connector_id = p_connector.id
        and s.state = 'active'
        and s.started_at <= p_started_at
        and s.start_key is distinct from v_start_key;

    v_authorization := charging.authorize_id_token(
        p_tenant_id, p_charge_point_id, p_id_token, 'start', p_started_at, null
    );
    v_session.tenant_id := p_tenant_id;
    v_session.charge_point_id := p_charge_point_id;
    v_session.evse_id := p_connector.evse_id;
    v_session.connector_id := p_connector.id;
    v_session.protocol := p_protocol;
    v_session.start_key := v_start_key;
    v_session.id_token := p_id_token;
    v_session.id_token_id := v_authorization.id_token_id;
    v_session.user_id := v_authorization.user_id;
    v_session.authorization_status := v_authorization.status;
    v_session.authorization_reason := v_authorization.reason;
    v_session.started_at := p_started_at;
    v_session.started_at_reported := p_started_at_reported;
    v_session.start_received_at := p_received_at;
    v_session.meter_start_wh := trim_scale(round(p_meter_start_wh, 3));
    v_session.reservation_id := p_reservation_id;
    v_session.boot_number := p_boot_number;
    v_session.flags := p_flags;

    v_merged := charging.merge_late_start(v_session);
    if v_merged.id is not null then
        return v_merged;
    end if;
    return charging.insert_session(v_session);
end;
$$;
revoke all on function charging.start_session(
    bigint, bigint, core.connectors, text, text, text, timestamptz, text, timestamptz, numeric,
    integer, bigint, text[]
) from public;
comment on function charging.start_session(
    bigint, bigint, core.connectors, text, text, text, timestamptz, text, timestamptz, numeric,
    integer, bigint, text[]
) is 'Record the start of a session, once, and authorise it.';

-- Two sockets of one charger may bring the same start at once: the unique key lets one in, and
-- the other takes that one's session.
create or replace function charging.insert_session(p_session core.sessions)
returns core.sessions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session core.sessions;
begin
    insert into core.sessions (
        tenant_id, charge_point_id, evse_id, connector_id, protocol, transaction_id, start_key,
        state, id_token, id_token_id, user_id, authorization_status, authorization_reason,
        started_at, started_at_reported, start_received_at, meter_start_wh, last_meter_wh,
        energy_wh, reservation_id, boot_number, flags
    )
    values (
        p_session.tenant_id, p_session.charge_point_id, p_session.evse_id,
        p_session.connector_id, p_session.protocol,
        charging.create_transaction_id(p_session.tenant_id, p_session.charge_point_id),
        p_session.start_key, 'active', p_session.id_token, p_session.id_token_id,
        p_session.user_id, p_session.authorization_status, p_session.authorization_reason,
        p_session.started_at, p_session.started_at_reported, p_session.start_received_at,
        p_session.meter_start_wh, p_session.meter_start_wh,
        case when p_session.meter_start_wh is not null then 0 end,
        p_session.reservation_id, p_session.boot_number, p_session.flags
    )
    on conflict (tenant_id, charge_point_id, start_key) do nothing
    returning * into v_session;
    if not found then
        select s.* into v_session
        from core.sessions as s
        where
            s.tenant_id = p_session.tenant_id
            and s.charge_point_id = p_session.charge_point_id
            and s.start_key = p_session.start_key;
        return v_session;
    end if;

    perform charging.record_session_event(
        v_session, 'started', null, v_session.started_at, v_session.start_received_at,
        jsonb_build_object(
            'id_token', v_session.id_token,
            'authorization_status', v_session.authorization_status,
            'meter_start_wh', v_session.meter_start_wh
        )
    );
    return v_session;
end;
$$;
revoke all on function charging.insert_session(core.sessions) from public;
comment on function charging.insert_session(core.sessions) is
    'Store a session that begins, or get the one that the same start made a moment ago.';

-- The session made of this start's own stop, completed; null when there is none.
-- A stop belongs to this start when it came later in time but was heard before, carried the same
-- token and no lower register, and no other session of the connector began between the two. For
-- the token of a stop that carried none, the register that its readings began with will do.
create or replace function charging.merge_late_start(p_start core.sessions)
returns core.sessions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session core.sessions;
begin
    if p_start.flags && '{start_time_missing,start_time_unreadable,start_time_implausible}' then
        return null;
    end if;
    select s.* into v_session
    from core.sessions as s
    where
        s.tenant_id = p_start.tenant_id
        and s.charge_point_id = p_start.charge_point_id
        and s.start_key is null
        and s.state = 'ended'
        and s.ended_at between p_start.started_at and p_start.started_at + interval '7 days'
        and s.started_at >= p_start.started_at - interval '1 minute'
        and (
            lower(s.id_token) = lower(p_start.id_token)
            or s.id_token is null and s.meter_start_wh = p_start.meter_start_wh
        )
        and coalesce(s.meter_stop_wh >= p_start.meter_start_wh, true)
        and not s.flags && '{stop_time_missing,stop_time_unreadable,stop_time_implausible}'
        and not exists (
            select
            from core.sessions as o
            where
                o.tenant_id = s.tenant_id
                and o.charge_point_id = s.charge_point_id
                and o.connector_id = p_start.connector_id
                and o.start_key is not null
                and o.started_at > p_start.started_at
                and o.started_at < s.ended_at
        )
    order by s.id_token is null, s.ended_at
    limit 1
    for no key update;
    if not found then
        return null;
    end if;

    v_session.evse_id := p_start.evse_id;
    v_session.connector_id := p_start.connector_id;
    v_session.start_key := p_start.start_key;
    v_session.started_at := p_start.started_at;
    v_session.meter_start_wh := p_start.meter_start_wh;
    v_session.flags := v_session.flags || p_start.flags;
    v_session := charging.settle_session(v_session);
    update core.sessions as s
    set evse_id = p_start.evse_id,
        connector_id = p_start.connector_id,
        start_key = p_start.start_key,
        id_token = p_start.id_token,
        id_token_id = p_start.id_token_id,
        user_id = p_start.user_id,
        authorization_status = p_start.authorization_status,
        authorization_reason = p_start.authorization_reason,
        started_at = p_start.started_at,
        started_at_reported = p_start.started_at_reported,
        start_received_at = p_start.start_received_at,
        meter_start_wh = p_start.meter_start_wh,
        energy_wh = v_session.energy_wh,
        reservation_id = p_start.reservation_id,
        boot_number = p_start.boot_number,
        flags = v_session.flags,
        hold_reason = v_session.hold_reason,
        hold_details = v_session.hold_details,
        updated_at = now()
    where s.tenant_id = v_session.tenant_id and s.id = v_session.id
    returning * into v_session;
    perform charging.record_session_event(
        v_session, 'start_merged', 'ended', v_session.started_at, p_start.start_received_at,
        jsonb_build_object(
            'id_token', v_session.id_token,
            'authorization_status', v_session.authorization_status,
            'meter_start_wh', v_session.meter_start_wh
        )
    );
    return v_session;
end;
$$;
revoke all on function charging.merge_late_start(core.sessions) from public;
comment on function charging.merge_late_start(core.sessions) is
    'Complete the session that was made of this start''s own stop; null when there is none.';

-- db/code/charging/tg_meter_value_samples__refuse_change.sql ----------------------------------------

-- The unrolled view of meter values is read-only.
--
-- A view that PostgreSQL cannot update by itself answers 55000, which is a 500 to the API's
-- clients; with a trigger in its place the missing privilege is what they hear of.
-- Called by: the trigger of api.meter_value_samples instead of insert, update and delete.
-- Errors:    PT405 view_read_only.
create or replace function charging.tg_meter_value_samples__refuse_change()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'PT405',
        message = format('%s is a view to read from', tg_table_name),
        detail = '{"error":"view_read_only"}',
        hint = 'Readings are written by what charge points send.';
end;
$$;
revoke all on function charging.tg_meter_value_samples__refuse_change() from public;
comment on function charging.tg_meter_value_samples__refuse_change() is
    'Trigger: the unrolled view of meter values is read-only.';

-- db/code/claims/check_request.sql ----------------------------------------

-- Check who is asking, before each request (PostgREST's db-pre-request).
--
-- PostgREST has checked the signature; what the token means is checked here: expiry, audience,
-- issuer, revocation, an active person. Then the request acts as the audience that the person's
-- role has at this moment, whatever the token said, with claims in our own form.
-- Invoker: SET ROLE is refused inside a definer function.
-- Errors:  those of claims.resolve_request.
create or replace function claims.check_request()
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_claims constant jsonb := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
    v_checked jsonb;
    v_timeout text;
begin
    if
        v_claims is null
        -- PostgREST's own claims of a request without a token, or Supabase's public key.
        or v_claims ->> 'role' = 'anon'
        and not v_claims ? 'sub'
        and v_claims ->> 'iss' is distinct from 'voltaro'
    then
        v_checked := '{"role": "anon"}';
    else
        v_checked := claims.resolve_request(v_claims);
    end if;

    if v_checked is distinct from v_claims then
        perform set_config('request.jwt.claims', v_checked::text, true);
    end if;
    if v_checked ->> 'role' <> current_user then
        -- PostgREST applied the limits of the role that the token named.
        select substr(c.setting, 19)
        into v_timeout
        from pg_catalog.pg_roles as r
        cross join lateral unnest(r.rolconfig) as c (setting)
        where r.rolname = v_checked ->> 'role' and c.setting like 'statement_timeout=%';
        perform
            set_config('statement_timeout', coalesce(v_timeout, '0'), true),
            set_config('role', v_checked ->> 'role', true);
    end if;
end;
$$;
revoke all on function claims.check_request() from public;
grant execute on function claims.check_request()
to anon, authenticated, staff, customer, platform;
comment on function claims.check_request() is
    'Check expiry, audience, issuer, revocation and the person of a token, before each request.';

-- db/code/claims/has_permission.sql ----------------------------------------

-- Whether the person who is asking may do something in their tenant, now.
--
-- Read from the tables at every query, so that revoking takes effect at once. The audience
-- platform may everything.
-- Definer: people may not read each other's rights. The signature is frozen: policies use it.
create or replace function claims.has_permission(p_permission text)
returns boolean
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_has boolean;
begin
    select
        r.audience = 'platform'
        or exists (
            select
            from core.role_permissions as rp
            where
                rp.tenant_id = r.tenant_id
                and rp.role_id = r.id
                and rp.permission = p_permission
        )
    into v_has
    from core.memberships as m
    inner join core.roles as r on r.tenant_id = m.tenant_id and r.id = m.role_id
    inner join core.users as u on u.id = m.user_id
    inner join core.tenants as t on t.id = m.tenant_id
    where
        m.tenant_id = claims.tenant_id()
        and m.user_id = claims.user_id()
        and m.is_active
        and u.is_active
        and t.is_active;
    return coalesce(v_has, false);
end;
$$;
revoke all on function claims.has_permission(text) from public;
grant execute on function claims.has_permission(text) to anon, staff, customer, platform, analyst;
comment on function claims.has_permission(text) is
    'Whether the person of the JWT has a permission in their tenant at this moment.';

-- db/code/claims/resolve_request.sql ----------------------------------------

-- Resolve the claims of a verified token into who that is with us now, or refuse it.
--
-- Ours (iss voltaro): the sign-in (sid) is live and belongs to that person and tenant.
-- Outside issuers stand in core.identity_providers and their subjects in core.identities; the
-- tenant is the claim tenant_id where the person is a member there, else the oldest membership.
-- Returns our claims, with the role's audience of this moment; a token without a jti of ours
-- gets one derived from what makes it unique, so that api.logout can revoke it.
-- Called by: claims.check_request.
-- Definer:   people may not read sign-ins and identities.
-- Errors:    PT401 token_invalid, token_expired, token_revoked, user_unknown, user_inactive.
create or replace function claims.resolve_request(p_claims jsonb)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_ours constant boolean := p_claims ->> 'iss' is not distinct from 'voltaro';
    v_tenant_id constant bigint := case
        when p_claims ->> 'tenant_id' ~ '^[0-9]{1,18}$' then (p_claims ->> 'tenant_id')::bigint
    end;
    v_problem text;
    v_jti uuid;
    v_user_id uuid;
    v_provider_audience text;
    v_requires_jti boolean;
    v_person record;
begin
    if v_is_ours then
        v_problem := case
            when not coalesce(pg_input_is_valid(p_claims ->> 'sub', 'uuid'), false) then 'sub'
            when not coalesce(pg_input_is_valid(p_claims ->> 'sid', 'uuid'), false) then 'sid'
            when not coalesce(pg_input_is_valid(p_claims ->> 'jti', 'uuid'), false) then 'jti'
            when v_tenant_id is null then 'tenant_id'
            when not coalesce(p_claims -> 'aud' ? 'voltaro-api', false) then 'aud'
        end;
    else
        select p.audience, p.requires_jti, i.user_id
        into v_provider_audience, v_requires_jti, v_user_id
        from core.identity_providers as p
        left join core.identities as i
            on i.issuer = p.issuer and i.subject = p_claims ->> 'sub'
        where p.issuer = p_claims ->> 'iss' and p.is_active;
        v_problem := case
            when v_provider_audience is null then 'iss'
            when not coalesce(p_claims -> 'aud' ? v_provider_audience, false) then 'aud'
            when v_requires_jti and coalesce(p_claims ->> 'jti', '') = '' then 'jti'
        end;
    end if;
    if jsonb_typeof(p_claims -> 'exp') is distinct from 'number' then
        v_problem := coalesce(v_problem, 'exp');
    end if;

    if v_problem is not null then
        raise exception using
            errcode = 'PT401',
            message = format('the access token is not valid here: claim %s', v_problem),
            detail = '{"error":"token_invalid"}',
            hint = 'Sign in again.';
    end if;
    if (p_claims ->> 'exp')::numeric <= extract(epoch from clock_timestamp()) then
        raise exception using
            errcode = 'PT401',
            message = 'the access token has expired',
            detail = '{"error":"token_expired"}',
            hint = 'Call refresh with the refresh token, or sign in again.';
    end if;

    if v_is_ours then
        v_jti := (p_claims ->> 'jti')::uuid;
        v_user_id := (p_claims ->> 'sub')::uuid;
        select
            m.tenant_id,
            r.audience,
            ls.revoked_at is null and ls.expires_at > now() and rt.jti is null as is_live,
            m.is_active and u.is_active and t.is_active as is_active
        into v_person
        from core.login_sessions as ls
        inner join core.memberships as m
            on m.tenant_id = ls.tenant_id and m.user_id = ls.user_id
        inner join core.roles as r on r.tenant_id = m.tenant_id and r.id = m.role_id
        inner join core.users as u on u.id = m.user_id
        inner join core.tenants as t on t.id = m.tenant_id
        left join core.revoked_tokens as rt on rt.jti = v_jti
        where
            ls.id = (p_claims ->> 'sid')::uuid
            and ls.user_id = v_user_id
            and ls.tenant_id = v_tenant_id;
    else
        v_jti := encode(
            substr(
                sha256(
                    convert_to(
                        concat_ws(
                            ' ',
                            p_claims ->> 'iss',
                            coalesce(
                                p_claims ->> 'jti',
                                concat_ws(
                                    ' ', p_claims ->> 'sub', p_claims ->> 'iat', p_claims ->> 'exp'
                                )
                            )
                        ),
                        'UTF8'
                    )
                ),
                1, 16
            ),
            'hex'
        )::uuid;
        if v_user_id is null then
            raise exception using
                errcode = 'PT401',
                message = 'nobody here is known by this subject of the issuer',
                detail = '{"error":"user_unknown"}',
                hint = 'Ask an administrator to link your account.';
        end if;
        select
            m.tenant_id,
            r.audience,
            not exists (select from core.revoked_tokens as rt where rt.jti = v_jti) as is_live,
            m.is_active and u.is_active and t.is_active as is_active
        into v_person
        from core.memberships as m
        inner join core.roles as r on r.tenant_id = m.tenant_id and r.id = m.role_id
        inner join core.users as u on u.id = m.user_id
        inner join core.tenants as t on t.id = m.tenant_id
        where m.user_id = v_user_id
        order by
            m.is_active and u.is_active and t.is_active desc,
            m.tenant_id = v_tenant_id desc nulls last,
            m.created_at,
            m.tenant_id
        limit 1;
    end if;

    -- No row: a sign-in of ours is gone, a subject of others is a member of nothing.
    if not coalesce(v_person.is_live, not v_is_ours) then
        raise exception using
            errcode = 'PT401',
            message = 'the sign-in of this access token has ended',
            detail = '{"error":"token_revoked"}',
            hint = 'Sign in again.';
    end if;
    if v_person.is_active is distinct from true then
        raise exception using
            errcode = 'PT401',
            message = 'this account is switched off here',
            detail = '{"error":"user_inactive"}',
            hint = 'Ask an administrator of the tenant.';
    end if;

    -- An outside issuer's sid is not one of ours.
    return case when v_is_ours then p_claims else p_claims - 'sid' end || jsonb_build_object(
        'role', v_person.audience,
        'sub', v_user_id,
        'tenant_id', v_person.tenant_id,
        'jti', v_jti
    );
end;
$$;
revoke all on function claims.resolve_request(jsonb) from public;
grant execute on function claims.resolve_request(jsonb)
to anon, authenticated, staff, customer, platform;
comment on function claims.resolve_request(jsonb) is
    'Resolve the claims of a verified token into who that is with us now, or refuse it.';

-- db/code/claims/role.sql ----------------------------------------

-- The audience that is asking: anon, staff, customer or platform; null for a database login.
--
-- The signature is frozen: policies use it.
create or replace function claims.role()
returns text
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if session_user = 'authenticator' then
        return nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role';
    end if;
    return null;
end;
$$;
revoke all on function claims.role() from public;
grant execute on function claims.role() to anon, staff, customer, platform, analyst;
comment on function claims.role() is
    'The audience of the JWT (anon, staff, customer, platform); null for a database login.';

-- db/code/claims/tenant_id.sql ----------------------------------------

-- The tenant that is asking.
--
-- Through PostgREST (login authenticator) the JWT names it. Any other login could set the
-- claims by hand, so its tenant stands in a table by login; most logins have none.
-- Definer: the logins' table is the owner's alone. The signature is frozen: policies use it.
create or replace function claims.tenant_id()
returns bigint
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if session_user = 'authenticator' then
        return (
            nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'tenant_id'
        )::bigint;
    end if;
    return (select a.tenant_id from core.analysts as a where a.login = session_user);
end;
$$;
revoke all on function claims.tenant_id() from public;
grant execute on function claims.tenant_id() to anon, staff, customer, platform, analyst;
comment on function claims.tenant_id() is
    'The tenant of the JWT; for a database login the tenant registered for that login.';

-- db/code/claims/user_id.sql ----------------------------------------

-- The person who is asking: the subject of the JWT; null for every login but authenticator.
--
-- The signature is frozen: policies use it.
create or replace function claims.user_id()
returns uuid
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if session_user = 'authenticator' then
        return (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid;
    end if;
    return null;
end;
$$;
revoke all on function claims.user_id() from public;
grant execute on function claims.user_id() to anon, staff, customer, platform, analyst;
comment on function claims.user_id() is 'The person of the JWT; null for a database login.';

-- db/code/core/permissions.sql ----------------------------------------

-- Permissions: the same for all tenants, readable by who may define roles with them.
create policy permissions_select_staff on core.permissions for select to staff
using (true);
create policy permissions_select_platform on core.permissions for select to platform
using (true);

grant select (key, description) on core.permissions to staff, platform;

-- db/code/fleet/begin_connection.sql ----------------------------------------

-- Make a connection the one of its charge point.
--
-- Its id is the new epoch. The charger's presence is locked first, so that of two sockets that
-- open at once one is the newer; the older is closed as replaced (quirks 16 and 17).
-- Called by: ocpp.open_connection.
-- Writes:    ops.presence (row locked), ops.connections.
create or replace function fleet.begin_connection(p_connection ops.connections)
returns ops.connections
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_connection ops.connections;
begin
    insert into ops.presence as p (tenant_id, charge_point_id)
    values (p_connection.tenant_id, p_connection.charge_point_id)
    on conflict (tenant_id, charge_point_id) do nothing;
    perform
    from ops.presence as p
    where
        p.tenant_id = p_connection.tenant_id
        and p.charge_point_id = p_connection.charge_point_id
    for update;

    update ops.connections as c
    set closed_at = clock_timestamp(), close_code = 1008, close_reason = 'replaced'
    where
        c.tenant_id = p_connection.tenant_id
        and c.charge_point_id = p_connection.charge_point_id
        and c.closed_at is null;
    insert into ops.connections as c (
        tenant_id, charge_point_id, bridge_id, outcome, subprotocol, remote_address, user_agent,
        is_tls, security_profile, flags, opened_at
    )
    values (
        p_connection.tenant_id, p_connection.charge_point_id, p_connection.bridge_id, 'accepted',
        p_connection.subprotocol, p_connection.remote_address, p_connection.user_agent,
        p_connection.is_tls, p_connection.security_profile, p_connection.flags, clock_timestamp()
    )
    returning * into v_connection;
    update ops.presence as p
    set connection_id = v_connection.id,
        is_connected = true,
        last_seen_at = v_connection.opened_at
    where
        p.tenant_id = p_connection.tenant_id
        and p.charge_point_id = p_connection.charge_point_id;
    return v_connection;
end;
$$;
revoke all on function fleet.begin_connection(ops.connections) from public;
comment on function fleet.begin_connection(ops.connections) is
    'Make a connection the one of its charge point and close the one before it.';

-- db/code/fleet/compute_contract_check_digit.sql ----------------------------------------

-- The check digit of a contract id (eMAID) after ISO 15118-1 and eMI3.
--
-- Called by: fleet.normalise_contract_id, fleet.convert_din_contract_id.
-- p_contract is country, provider and instance without separators: 14 of A-Z and 0-9; null for
-- anything else. Each character is four ternary and binary digits: (q1, q2) modulo 2 and
-- (r1, r2) modulo 3. The check character is the one that makes the sums of q * P1^i and r * P2^i
-- over all 15 characters zero, with P1 = (0 1 / 1 1) and P2 = (0 1 / 1 2). P1^15 is the
-- identity, and -P2^-15 is (0 2 / 2 1).
create or replace function fleet.compute_contract_check_digit(p_contract text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_alphabet constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
    v_value integer;
    v_q integer[] := array[0, 0];
    v_r integer[] := array[0, 0];
begin
    if p_contract is null or p_contract !~ '^[A-Z0-9]{14}$' then
        return null;
    end if;
    -- Horner's scheme from the last character to the first: each step needs the one before.
    for v_position in reverse 14..1 loop
        v_value := strpos(v_alphabet, substr(p_contract, v_position, 1)) - 1;
        v_q := array[v_q[1] + v_value / 18, v_q[2] + v_value / 9 % 2];
        v_r := array[v_r[1] + v_value / 3 % 3, v_r[2] + v_value % 3];
        v_q := array[v_q[2] % 2, (v_q[1] + v_q[2]) % 2];
        v_r := array[v_r[2] % 3, (v_r[1] + 2 * v_r[2]) % 3];
    end loop;
    v_value := 18 * v_q[1] + 9 * v_q[2] + 3 * (2 * v_r[2] % 3) + (2 * v_r[1] + v_r[2]) % 3;
    return substr(v_alphabet, v_value + 1, 1);
end;
$$;
revoke all on function fleet.compute_contract_check_digit(text) from public;
comment on function fleet.compute_contract_check_digit(text) is
    'ISO 15118 check digit of the 14 characters of a contract id; null if they are not that.';

-- db/code/fleet/compute_din_check_digit.sql ----------------------------------------

-- The check digit of a legacy contract id after DIN SPEC 91286.
--
-- Called by: fleet.convert_din_contract_id.
-- p_contract is country, provider and instance without separators: 11 of A-Z and 0-9; null for
-- anything else. Letters count as two decimal digits (A is 10); each digit is weighted with a
-- power of two, modulo 11, and ten is written X.
create or replace function fleet.compute_din_check_digit(p_contract text)
returns text
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with digits as (
        select string_agg(
            case
                when c.letter between '0' and '9' then c.letter
                else (ascii(c.letter) - 55)::text
            end,
            '' order by c.position
        ) as text
        from regexp_split_to_table(p_contract, '') with ordinality as c (letter, position)
        where p_contract ~ '^[A-Z0-9]{11}$'
    ),
    weighted as (
        select sum(d.digit::bigint * (1::bigint << (d.position - 1)::integer)) % 11 as remainder
        from digits
        cross join lateral regexp_split_to_table(digits.text, '')
            with ordinality as d (digit, position)
    )
    select case when w.remainder = 10 then 'X' else w.remainder::text end
    from weighted as w;
$$;
revoke all on function fleet.compute_din_check_digit(text) from public;
comment on function fleet.compute_din_check_digit(text) is
    'DIN SPEC 91286 check digit of the 11 characters of a legacy contract id.';

-- db/code/fleet/convert_din_contract_id.sql ----------------------------------------

-- A legacy DIN SPEC 91286 contract id as an eMI3 one; null for a text that is none.
--
-- Called by: fleet.normalise_contract_id.
-- eMI3 part 2: the instance is C0, the six characters of the DIN instance and the DIN check
-- digit, followed by a new check digit ("NL-TNM-012204-5" is "NL-TNM-C00122045-K"). The DIN
-- check digit has to be there and right: without it eleven characters may be a typing error.
create or replace function fleet.convert_din_contract_id(p_contract_id text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_parts text[] := regexp_match(
        upper(btrim(p_contract_id)), '^([A-Z]{2})([*-]?)([A-Z0-9]{3})\2([A-Z0-9]{6})\2([0-9X])$'
    );
    v_instance text;
begin
    if not fleet.is_country_code(v_parts[1])
        or fleet.compute_din_check_digit(v_parts[1] || v_parts[3] || v_parts[4]) <> v_parts[5]
    then
        return null;
    end if;
    v_instance := 'C0' || v_parts[4] || v_parts[5];
    return v_parts[1] || '-' || v_parts[3] || '-' || v_instance || '-'
        || fleet.compute_contract_check_digit(v_parts[1] || v_parts[3] || v_instance);
end;
$$;
revoke all on function fleet.convert_din_contract_id(text) from public;
comment on function fleet.convert_din_contract_id(text) is
    'The eMI3 form of a legacy DIN contract id with a right check digit; null if it is none.';

-- db/code/fleet/create_charge_point_key.sql ----------------------------------------

-- Give a charge point a new random key; it is returned once and stored as a hash.
--
-- Called by: api.create_charge_point_key, api.admit_charge_point, the demo seed.
-- Writes:    core.charge_point_keys.
-- The keys it has stay valid: the connection that first uses the new one retires them, so
-- that a charger that loses power between receiving and storing its key can still come back.
-- 20 letters and digits: OCPP 1.6 security whitepaper A00.FR.205 asks for 16 bytes or more
-- and AuthorizationKey holds at most 20 bytes (40 hexadecimal digits).
create or replace function fleet.create_charge_point_key(
    p_tenant_id bigint,
    p_charge_point_id bigint
)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Base64 of random bytes is uniform over 64 characters, and so it is over the 62 that are
    -- left without + and /: 60 characters hold 20 of those but for one case in 10^50.
    v_key text := left(
        regexp_replace(encode(extensions.gen_random_bytes(45), 'base64'), '[^A-Za-z0-9]', '', 'g'),
        20
    );
begin
    insert into core.charge_point_keys (tenant_id, charge_point_id, key_hash)
    values (
        p_tenant_id, p_charge_point_id,
        fleet.hash_charge_point_key(convert_to(v_key, 'UTF8'))
    );
    return v_key;
end;
$$;
revoke all on function fleet.create_charge_point_key(bigint, bigint) from public;
comment on function fleet.create_charge_point_key(bigint, bigint) is
    'Create a key of 20 letters and digits for a charge point; shown once, stored hashed.';

-- db/code/fleet/end_connections.sql ----------------------------------------

-- Close connections and set their chargers offline.
--
-- A connection is closed once and for ever, and a charger goes offline only if this connection
-- is still its newest: the end of an old socket never touches the new one (quirk 18).
-- Called by: ocpp.start_bridge, ocpp.stop_bridge, ocpp.close_connections,
--            jobs.mark_lost_connections.
-- Writes:    ops.presence, ops.connections (rows locked).
-- Returns:   how many connections it closed.
create or replace function fleet.end_connections(
    p_connection_ids bigint[],
    p_code integer,
    p_reason text
)
returns integer
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count integer;
begin
    if coalesce(cardinality(p_connection_ids), 0) = 0 then
        return 0;
    end if;
    perform fleet.lock_presence(p_connection_ids);
    update ops.connections as c
    set closed_at = clock_timestamp(),
        close_code = coalesce(p_code, c.close_code),
        close_reason = coalesce(p_reason, c.close_reason)
    where c.id = any(p_connection_ids) and c.closed_at is null;
    get diagnostics v_count = row_count;
    update ops.presence as p
    set is_connected = false, connection_id = null
    from ops.connections as c
    where
        c.id = any(p_connection_ids)
        and p.tenant_id = c.tenant_id
        and p.charge_point_id = c.charge_point_id
        and p.connection_id = c.id;
    return v_count;
end;
$$;
revoke all on function fleet.end_connections(bigint[], integer, text) from public;
comment on function fleet.end_connections(bigint[], integer, text) is
    'Close connections for good and set the charge points that have no newer one offline.';

-- db/code/fleet/ensure_connector.sql ----------------------------------------

-- The connector that OCPP 1.6 calls by a number, made when the number is new.
--
-- Called by: ocpp16.status_notification, ocpp16.start_transaction.
-- Writes:    core.evses, core.connectors (marked is_discovered, for an operator to complete).
-- A number outside 1 to 1000 gives null: 0 is the charge point itself (OCPP 1.6 §3.8), and
-- nothing else is a connector. So does a new number where 64 connectors are marked already: one
-- that invents numbers must not fill the table. A new number n becomes EVSE n with connector 1;
-- where an operator has given EVSE n to connectors of other numbers, the next free EVSE number
-- is taken.
create or replace function fleet.ensure_connector(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_ocpp16_connector_id integer
)
returns core.connectors
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_connector core.connectors;
    v_evse_id bigint;
    v_evse_no integer;
begin
    select c.* into v_connector
    from core.connectors as c
    where
        c.tenant_id = p_tenant_id
        and c.charge_point_id = p_charge_point_id
        and c.ocpp16_connector_id = p_ocpp16_connector_id;
    if found or p_ocpp16_connector_id is null or p_ocpp16_connector_id not between 1 and 1000 then
        return v_connector;
    end if;

    -- One at a time per charge point: a burst of first contacts must not take the same number.
    perform
    from core.charge_points as cp
    where cp.tenant_id = p_tenant_id and cp.id = p_charge_point_id
    for no key update;

    if (
        select count(*)
        from core.connectors as c
        where
            c.tenant_id = p_tenant_id
            and c.charge_point_id = p_charge_point_id
            and c.is_discovered
    ) >= 64 then
        -- Somebody else may have made it while we waited.
        select c.* into v_connector
        from core.connectors as c
        where
            c.tenant_id = p_tenant_id
            and c.charge_point_id = p_charge_point_id
            and c.ocpp16_connector_id = p_ocpp16_connector_id;
        return v_connector;
    end if;

    select e.id into v_evse_id
    from core.evses as e
    where
        e.tenant_id = p_tenant_id
        and e.charge_point_id = p_charge_point_id
        and e.evse_no = p_ocpp16_connector_id
        and not exists (
            select
            from core.connectors as c
            where
                c.tenant_id = e.tenant_id
                and c.evse_id = e.id
                and c.ocpp16_connector_id <> p_ocpp16_connector_id
        );
    if v_evse_id is null then
        select case when bool_or(e.evse_no = p_ocpp16_connector_id)
            then max(e.evse_no) + 1 else p_ocpp16_connector_id
        end
        into v_evse_no
        from core.evses as e
        where e.tenant_id = p_tenant_id and e.charge_point_id = p_charge_point_id;
        if v_evse_no > 1000 then
            return null;
        end if;
        insert into core.evses (tenant_id, charge_point_id, evse_no, is_discovered)
        values (p_tenant_id, p_charge_point_id, v_evse_no, true)
        returning id into v_evse_id;
    end if;

    insert into core.connectors (
        tenant_id, charge_point_id, evse_id, connector_no, ocpp16_connector_id, is_discovered
    )
    values (p_tenant_id, p_charge_point_id, v_evse_id, 1, p_ocpp16_connector_id, true)
    on conflict do nothing
    returning * into v_connector;
    if not found then
        select c.* into v_connector
        from core.connectors as c
        where
            c.tenant_id = p_tenant_id
            and c.charge_point_id = p_charge_point_id
            and c.ocpp16_connector_id = p_ocpp16_connector_id;
    end if;
    return v_connector;
end;
$$;
revoke all on function fleet.ensure_connector(bigint, bigint, integer) from public;
comment on function fleet.ensure_connector(bigint, bigint, integer) is
    'The connector of an OCPP 1.6 number, made with its EVSE when the number is new.';

-- db/code/fleet/find_charge_point_key.sql ----------------------------------------

-- Which live key of a charge point the given bytes are, if any.
--
-- A charger may send its key as the hex digits of its bytes (OCPP 1.6 Security Whitepaper
-- A00.FR.205; quirk 11): that form is tried too, and reported. Both keyed hashes are computed
-- whatever is given, for a charge point that does not exist (null) as well, so that the time
-- of the answer does not say which chargers exist.
-- A key that a person chose is kept as bcrypt over the hex text of its keyed hash, so that any
-- bytes work. Checking it is slow on purpose, so a charge point with more than 20 refusals in
-- the last minute is not checked: that limit is all that a guesser can make us compute.
-- Called by: ocpp.open_connection.
create or replace function fleet.find_charge_point_key(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_key bytea
)
returns table (key_id bigint, is_hex_form boolean)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_text constant text := encode(coalesce(p_key, ''), 'escape');
    v_hash constant bytea := fleet.hash_charge_point_key(coalesce(p_key, ''));
    v_hex_hash constant bytea := fleet.hash_charge_point_key(
        case
            when v_text ~ '^([0-9a-fA-F]{2}){16,20}$' then decode(v_text, 'hex')
            else coalesce(p_key, '')
        end
    );
begin
    return query
    select k.id, k.key_hash <> v_hash
    from core.charge_point_keys as k
    where
        k.tenant_id = p_tenant_id
        and k.charge_point_id = p_charge_point_id
        and k.retired_at is null
        and not k.is_human_chosen
        and k.key_hash in (v_hash, v_hex_hash)
    order by k.id desc
    limit 1;
    if found or p_key is null then
        return;
    end if;
    return query
    select k.id, false
    from (
        select k.id, convert_from(k.key_hash, 'UTF8') as key_hash
        from core.charge_point_keys as k
        where
            k.tenant_id = p_tenant_id
            and k.charge_point_id = p_charge_point_id
            and k.retired_at is null
            and k.is_human_chosen
            and 20 > (
                select coalesce(sum(c.attempts), 0)
                from ops.connections as c
                where
                    c.tenant_id = p_tenant_id
                    and c.charge_point_id = p_charge_point_id
                    and c.outcome = 'refused'
                    and c.opened_at > now() - interval '1 minute'
            )
        order by k.id desc
        limit 2
    ) as k
    where extensions.crypt(encode(v_hash, 'hex'), k.key_hash) = k.key_hash
    limit 1;
end;
$$;
revoke all on function fleet.find_charge_point_key(bigint, bigint, bytea) from public;
comment on function fleet.find_charge_point_key(bigint, bigint, bytea) is
    'The live key of a charge point that the given bytes are, or no row.';

-- db/code/fleet/hash_charge_point_key.sql ----------------------------------------

-- Hash a charge point's Basic authentication key as it is stored and looked up.
--
-- Called by: fleet.create_charge_point_key, ocpp.open_connection.
-- Keyed and fast on purpose: keys are random, so a slow hash would only make a reconnect
-- storm expensive; without the pepper a stolen table is of no use.
-- Errors:    55000 when `migrate` has not stored the pepper.
create or replace function fleet.hash_charge_point_key(p_key bytea)
returns bytea
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return extensions.hmac(
        p_key, convert_to(access.get_secret('charge_point_key_pepper'), 'UTF8'), 'sha256'
    );
end;
$$;
revoke all on function fleet.hash_charge_point_key(bytea) from public;
comment on function fleet.hash_charge_point_key(bytea) is
    'HMAC-SHA256 of a charge point''s key under the installation''s pepper.';

-- db/code/fleet/is_country_code.sql ----------------------------------------

-- Whether a code is an officially assigned ISO 3166-1 alpha-2 country code.
--
-- Called by: fleet.normalise_evse_id, fleet.normalise_contract_id, the trigger of core.sites.
-- The list is data: it changes about once in ten years, and here is its only place.
create or replace function fleet.is_country_code(p_code text)
returns boolean
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select p_code = any (array[
        'AD', 'AE', 'AF', 'AG', 'AI', 'AL', 'AM', 'AO', 'AQ', 'AR', 'AS', 'AT', 'AU',
        'AW', 'AX', 'AZ', 'BA', 'BB', 'BD', 'BE', 'BF', 'BG', 'BH', 'BI', 'BJ', 'BL',
        'BM', 'BN', 'BO', 'BQ', 'BR', 'BS', 'BT', 'BV', 'BW', 'BY', 'BZ', 'CA', 'CC',
        'CD', 'CF', 'CG', 'CH', 'CI', 'CK', 'CL', 'CM', 'CN', 'CO', 'CR', 'CU', 'CV',
        'CW', 'CX', 'CY', 'CZ', 'DE', 'DJ', 'DK', 'DM', 'DO', 'DZ', 'EC', 'EE', 'EG',
        'EH', 'ER', 'ES', 'ET', 'FI', 'FJ', 'FK', 'FM', 'FO', 'FR', 'GA', 'GB', 'GD',
        'GE', 'GF', 'GG', 'GH', 'GI', 'GL', 'GM', 'GN', 'GP', 'GQ', 'GR', 'GS', 'GT',
        'GU', 'GW', 'GY', 'HK', 'HM', 'HN', 'HR', 'HT', 'HU', 'ID', 'IE', 'IL', 'IM',
        'IN', 'IO', 'IQ', 'IR', 'IS', 'IT', 'JE', 'JM', 'JO', 'JP', 'KE', 'KG', 'KH',
        'KI', 'KM', 'KN', 'KP', 'KR', 'KW', 'KY', 'KZ', 'LA', 'LB', 'LC', 'LI', 'LK',
        'LR', 'LS', 'LT', 'LU', 'LV', 'LY', 'MA', 'MC', 'MD', 'ME', 'MF', 'MG', 'MH',
        'MK', 'ML', 'MM', 'MN', 'MO', 'MP', 'MQ', 'MR', 'MS', 'MT', 'MU', 'MV', 'MW',
        'MX', 'MY', 'MZ', 'NA', 'NC', 'NE', 'NF', 'NG', 'NI', 'NL', 'NO', 'NP', 'NR',
        'NU', 'NZ', 'OM', 'PA', 'PE', 'PF', 'PG', 'PH', 'PK', 'PL', 'PM', 'PN', 'PR',
        'PS', 'PT', 'PW', 'PY', 'QA', 'RE', 'RO', 'RS', 'RU', 'RW', 'SA', 'SB', 'SC',
        'SD', 'SE', 'SG', 'SH', 'SI', 'SJ', 'SK', 'SL', 'SM', 'SN', 'SO', 'SR', 'SS',
        'ST', 'SV', 'SX', 'SY', 'SZ', 'TC', 'TD', 'TF', 'TG', 'TH', 'TJ', 'TK', 'TL',
        'TM', 'TN', 'TO', 'TR', 'TT', 'TV', 'TW', 'TZ', 'UA', 'UG', 'UM', 'US', 'UY',
        'UZ', 'VA', 'VC', 'VE', 'VG', 'VI', 'VN', 'VU', 'WF', 'WS', 'YE', 'YT', 'ZA',
        'ZM', 'ZW'
    ]);
$$;
revoke all on function fleet.is_country_code(text) from public;
comment on function fleet.is_country_code(text) is
    'Whether a code is an assigned ISO 3166-1 alpha-2 country code.';

-- db/code/fleet/is_online.sql ----------------------------------------

-- Whether a charge point is there: its socket is open and it gave a sign of life within two
-- heartbeat intervals.
--
-- The state is computed when it is read, so that a silent charger goes offline without a writer.
-- Called by: api.charge_points (as the caller, hence the grants).
create or replace function fleet.is_online(
    p_is_connected boolean,
    p_last_seen_at timestamptz,
    p_heartbeat_interval_s integer
)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        p_is_connected
        and p_last_seen_at > now() - make_interval(secs => 2 * p_heartbeat_interval_s),
        false
    )
$$;
revoke all on function fleet.is_online(boolean, timestamptz, integer) from public;
grant execute on function fleet.is_online(boolean, timestamptz, integer)
to staff, customer, platform;
comment on function fleet.is_online(boolean, timestamptz, integer) is
    'True when the socket is open and the last sign of life is within two heartbeat intervals.';

-- db/code/fleet/lock_presence.sql ----------------------------------------

-- Lock the presence of the charge points that some connections belong to.
--
-- Whoever opens or closes connections locks presence first and in the order of charge points, so
-- that two of them wait for each other and never deadlock.
-- Called by: fleet.end_connections, ocpp.close_connections.
create or replace function fleet.lock_presence(p_connection_ids bigint[])
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform
    from ops.connections as c
    inner join ops.presence as p
        on p.tenant_id = c.tenant_id and p.charge_point_id = c.charge_point_id
    where c.id = any(p_connection_ids)
    order by p.tenant_id, p.charge_point_id
    for update of p;
end;
$$;
revoke all on function fleet.lock_presence(bigint[]) from public;
comment on function fleet.lock_presence(bigint[]) is
    'Lock the presence of the charge points of some connections, in a fixed order.';

-- db/code/fleet/lock_unknown_charge_point.sql ----------------------------------------

-- The inbox entry of an unknown charger, locked, if the person who is asking may decide on it.
--
-- Called by: api.admit_charge_point, api.ignore_charge_point.
-- Errors:    PT404 inbox_entry_unknown (also for another tenant's), PT409
--            inbox_entry_decided.
create or replace function fleet.lock_unknown_charge_point(p_id bigint)
returns core.unknown_charge_points
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry core.unknown_charge_points;
begin
    select u.* into v_entry
    from core.unknown_charge_points as u
    where u.id = p_id and (claims.role() = 'platform' or u.tenant_id = claims.tenant_id())
    for update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such unknown charge point',
            detail = '{"error":"inbox_entry_unknown"}',
            hint = 'Take the id from unknown_charge_points.';
    end if;
    if v_entry.state = 'admitted' then
        raise exception using
            errcode = 'PT409',
            message = 'this charge point has been admitted already',
            detail = '{"error":"inbox_entry_decided"}',
            hint = 'Look for its identity in charge_points.';
    end if;
    return v_entry;
end;
$$;
revoke all on function fleet.lock_unknown_charge_point(bigint) from public;
comment on function fleet.lock_unknown_charge_point(bigint) is
    'Lock an inbox entry that the person who is asking may decide on.';

-- db/code/fleet/lock_unknown_id_token.sql ----------------------------------------

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

-- db/code/fleet/normalise_contract_id.sql ----------------------------------------

-- The one way a contract id (eMAID) is written here; null for a text that is none.
--
-- Called by: the trigger of core.id_tokens.
-- Country, provider, instance of 9 characters and check digit, in capitals, joined by hyphens:
-- "nltnm000122045" is "NL-TNM-000122045-U". A check digit that is missing is computed; one that
-- is there is kept even when it is wrong: fleet.is_contract_id_right tells, because foreign
-- contract ids with wrong ones are in use. A legacy DIN contract id comes as its eMI3 form.
create or replace function fleet.normalise_contract_id(p_contract_id text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_parts text[] := regexp_match(
        upper(btrim(p_contract_id)),
        '^([A-Z]{2})(-?)([A-Z0-9]{3})\2([A-Z0-9]{9})(?:\2([A-Z0-9]))?$'
    );
begin
    if fleet.is_country_code(v_parts[1]) then
        return v_parts[1] || '-' || v_parts[3] || '-' || v_parts[4] || '-' || coalesce(
            v_parts[5],
            fleet.compute_contract_check_digit(v_parts[1] || v_parts[3] || v_parts[4])
        );
    end if;
    return fleet.convert_din_contract_id(p_contract_id);
end;
$$;
revoke all on function fleet.normalise_contract_id(text) from public;
comment on function fleet.normalise_contract_id(text) is
    'Normal form of a contract id (eMAID) with its check digit; null if it is none.';

-- Whether the check digit of a normalised contract id is the one its characters ask for.
create or replace function fleet.is_contract_id_right(p_contract_id text)
returns boolean
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select right(p_contract_id, 1) = fleet.compute_contract_check_digit(
        left(replace(p_contract_id, '-', ''), 14)
    );
$$;
revoke all on function fleet.is_contract_id_right(text) from public;
comment on function fleet.is_contract_id_right(text) is
    'Whether the check digit of a normalised contract id is right.';

-- db/code/fleet/normalise_evse_id.sql ----------------------------------------

-- The one way an EVSE id is written here; null for a text that is none.
--
-- Called by: the trigger of core.evses.
-- ISO 15118 / eMI3: country, operator, E and 1 to 31 characters; the two separators may be left
-- out and are put in ("DEAB7E8406487" is "DE*AB7*E8406487"), those after the E are the
-- operator's own. DIN SPEC 91286 (legacy): calling code, operator and digits; the plus sign may
-- be left out and is put in.
create or replace function fleet.normalise_evse_id(p_evse_id text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_evse_id text := upper(btrim(p_evse_id));
    v_parts text[];
begin
    v_parts := regexp_match(
        v_evse_id, '^([A-Z]{2})\*?([A-Z0-9]{3})\*?E([A-Z0-9*]{1,31})$'
    );
    if fleet.is_country_code(v_parts[1]) then
        return format('%s*%s*E%s', v_parts[1], v_parts[2], v_parts[3]);
    end if;

    v_parts := regexp_match(v_evse_id, '^\+?([0-9]{1,3}\*[0-9]{3,6}\*[0-9*]{1,32})$');
    return '+' || v_parts[1];
end;
$$;
revoke all on function fleet.normalise_evse_id(text) from public;
comment on function fleet.normalise_evse_id(text) is
    'Normal form of an EVSE id (ISO 15118 / eMI3, or legacy DIN SPEC 91286); null if it is none.';

-- db/code/fleet/note_charge_point_key_use.sql ----------------------------------------

-- Note that a charge point has connected with a key.
--
-- The first connection with a new key proves that the charger has stored it: the older keys
-- retire then, and not before (a crash between its answer and its store would lock it out).
-- Called by: ocpp.open_connection.
-- Writes:    core.charge_point_keys.
create or replace function fleet.note_charge_point_key_use(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_key_id bigint
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    update core.charge_point_keys as k
    set first_used_at = coalesce(k.first_used_at, now()), last_used_at = now()
    where
        k.tenant_id = p_tenant_id
        and k.id = p_key_id
        -- Once a minute is exact enough, and cheap in a storm of reconnects.
        and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute');
    update core.charge_point_keys as k
    set retired_at = now()
    where
        k.tenant_id = p_tenant_id
        and k.charge_point_id = p_charge_point_id
        and k.id < p_key_id
        and k.retired_at is null;
end;
$$;
revoke all on function fleet.note_charge_point_key_use(bigint, bigint, bigint) from public;
comment on function fleet.note_charge_point_key_use(bigint, bigint, bigint) is
    'Note the use of a charge point''s key; the keys before it retire.';

-- db/code/fleet/record_boot.sql ----------------------------------------

-- Note that a charge point booted and what it said of itself; the heartbeat interval it gets.
--
-- The interval is the setting fleet.heartbeat_interval_s, or fleet.retry_interval_s for a charge
-- point that is not accepted, give or take a tenth: chargers that lost their power together must
-- not come back together for ever.
-- Called by: ocpp16.boot_notification.
-- Writes:    core.charge_points when what it says changed; ops.presence. Sessions stay as they
--            are: a session may go on after a power cut (quirk 72).
create or replace function fleet.record_boot(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_device core.charge_points,
    p_received_at timestamptz,
    out registration_status text,
    out interval_s integer
)
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    update core.charge_points as cp
    set vendor = p_device.vendor,
        model = p_device.model,
        serial_number = p_device.serial_number,
        firmware_version = p_device.firmware_version,
        iccid = p_device.iccid,
        imsi = p_device.imsi,
        meter_type = p_device.meter_type,
        meter_serial_number = p_device.meter_serial_number,
        ocpp_version = p_device.ocpp_version
    where
        cp.tenant_id = p_tenant_id
        and cp.id = p_charge_point_id
        and (
            cp.vendor, cp.model, cp.serial_number, cp.firmware_version, cp.iccid, cp.imsi,
            cp.meter_type, cp.meter_serial_number, cp.ocpp_version
        )
        is distinct from (
            p_device.vendor, p_device.model, p_device.serial_number, p_device.firmware_version,
            p_device.iccid, p_device.imsi, p_device.meter_type, p_device.meter_serial_number,
            p_device.ocpp_version
        );

    select cp.registration_status into registration_status
    from core.charge_points as cp
    where cp.tenant_id = p_tenant_id and cp.id = p_charge_point_id;
    interval_s := greatest(
        1,
        round(
            (0.9 + 0.2 * random()) * access.get_setting(
                case registration_status
                    when 'Accepted' then 'fleet.heartbeat_interval_s'
                    else 'fleet.retry_interval_s'
                end
            )::double precision
        )
    );
    insert into ops.presence as p (
        tenant_id, charge_point_id, heartbeat_interval_s, boot_number, last_boot_at
    )
    values (p_tenant_id, p_charge_point_id, interval_s, 1, p_received_at)
    on conflict (tenant_id, charge_point_id) do update
        set heartbeat_interval_s = excluded.heartbeat_interval_s,
            boot_number = p.boot_number + 1,
            last_boot_at = excluded.last_boot_at;
end;
$$;
revoke all on function fleet.record_boot(bigint, bigint, core.charge_points, timestamptz)
from public;
comment on function fleet.record_boot(bigint, bigint, core.charge_points, timestamptz) is
    'Note that a charge point booted; whether it is accepted, and its heartbeat interval.';

-- db/code/fleet/record_connector_status.sql ----------------------------------------

-- Note the state of a connector, or of the charge point itself (connector 0, OCPP 1.6 §3.8).
--
-- Returns whether this is the newest that is known, so that it may have effects: one that
-- arrives late by its own time goes to the history and no further, and one that is there already
-- leaves everything as it is, status_at included, which says since when.
-- Called by: ocpp16.status_notification.
-- Writes:    core.connectors (row locked), core.connector_status_changes on a change.
-- p_connector has a number and no id for connector 0, and for one that was not made; of those the
-- history tells the newest state. Status and error code are kept as text, whatever
-- they say (quirk 51).
create or replace function fleet.record_connector_status(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_connector core.connectors,
    p_status text,
    p_error_code text,
    p_info text,
    p_vendor_id text,
    p_vendor_error_code text,
    p_reported_at timestamptz,
    p_received_at timestamptz
)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_number constant smallint := coalesce(p_connector.ocpp16_connector_id, 0);
    v_connector core.connectors;
    v_newest core.connector_status_changes;
    v_is_changed boolean;
begin
    if p_connector.id is not null then
        select c.* into v_connector
        from core.connectors as c
        where c.tenant_id = p_tenant_id and c.id = p_connector.id
        for no key update;
        v_newest.status := v_connector.status;
        v_newest.error_code := v_connector.error_code;
        v_newest.info := v_connector.error_info;
        v_newest.vendor_error_code := v_connector.vendor_error_code;
        v_newest.reported_at := v_connector.status_at;
    else
        -- These states have no row to wait on but the charge point's.
        perform
        from core.charge_points as cp
        where cp.tenant_id = p_tenant_id and cp.id = p_charge_point_id
        for no key update;
        select h.* into v_newest
        from core.connector_status_changes as h
        where
            h.tenant_id = p_tenant_id
            and h.charge_point_id = p_charge_point_id
            and h.ocpp16_connector_id = v_number
        order by h.reported_at desc, h.id desc
        limit 1;
    end if;

    v_is_changed := (
        v_newest.reported_at is null
        or (v_newest.status, v_newest.error_code, v_newest.info, v_newest.vendor_error_code)
        is distinct from (p_status, p_error_code, p_info, p_vendor_error_code)
    );
    -- States of one second are told apart by their order of arrival, and what is in the history
    -- to the letter has come before.
    if v_is_changed and p_reported_at <= v_newest.reported_at and exists (
        select
        from core.connector_status_changes as h
        where
            h.tenant_id = p_tenant_id
            and h.charge_point_id = p_charge_point_id
            and h.ocpp16_connector_id = v_number
            and h.reported_at = p_reported_at
            and (h.status, h.error_code, h.info, h.vendor_error_code)
            is not distinct from (p_status, p_error_code, p_info, p_vendor_error_code)
    ) then
        return false;
    end if;

    if v_is_changed then
        insert into core.connector_status_changes (
            tenant_id, charge_point_id, ocpp16_connector_id, status, error_code, info, vendor_id,
            vendor_error_code, reported_at, received_at
        )
        values (
            p_tenant_id, p_charge_point_id, v_number, p_status, p_error_code, p_info, p_vendor_id,
            p_vendor_error_code, p_reported_at, p_received_at
        );
    end if;
    if p_reported_at < v_newest.reported_at then
        return false;
    end if;
    if p_connector.id is not null and v_is_changed then
        update core.connectors as c
        set status = p_status,
            status_at = p_reported_at,
            error_code = p_error_code,
            error_info = p_info,
            vendor_error_code = p_vendor_error_code,
            status_received_at = p_received_at
        where c.tenant_id = p_tenant_id and c.id = v_connector.id;
    end if;
    return true;
end;
$$;
revoke all on function fleet.record_connector_status(
    bigint, bigint, core.connectors, text, text, text, text, text, timestamptz, timestamptz
) from public;
comment on function fleet.record_connector_status(
    bigint, bigint, core.connectors, text, text, text, text, text, timestamptz, timestamptz
) is 'Note the state of a connector; true when it is the newest known.';

-- db/code/fleet/record_refusal.sql ----------------------------------------

-- Count a refused handshake of a known charge point, in one row a minute for each reason.
--
-- The lock makes attempts that arrive at once meet in the same row, so that a stranger adds at
-- most one row a minute and reason however often they knock.
-- Called by: ocpp.open_connection.
-- Writes:    ops.connections.
create or replace function fleet.record_refusal(
    p_connection ops.connections
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pg_advisory_xact_lock(
        hashtextextended('fleet.record_refusal', p_connection.charge_point_id)
    );
    update ops.connections as c
    set attempts = c.attempts + 1,
        closed_at = clock_timestamp(),
        remote_address = p_connection.remote_address,
        user_agent = p_connection.user_agent
    where c.id = (
        select last.id
        from ops.connections as last
        where
            last.tenant_id = p_connection.tenant_id
            and last.charge_point_id = p_connection.charge_point_id
            and last.outcome = 'refused'
            and last.refuse_reason is not distinct from p_connection.refuse_reason
            and last.opened_at > clock_timestamp() - interval '1 minute'
        order by last.opened_at desc
        limit 1
    );
    if found then
        return;
    end if;
    insert into ops.connections (
        tenant_id, charge_point_id, bridge_id, outcome, refuse_reason, remote_address,
        user_agent, is_tls, opened_at, closed_at
    )
    values (
        p_connection.tenant_id, p_connection.charge_point_id, p_connection.bridge_id, 'refused',
        p_connection.refuse_reason, p_connection.remote_address, p_connection.user_agent,
        p_connection.is_tls, clock_timestamp(), clock_timestamp()
    );
end;
$$;
revoke all on function fleet.record_refusal(ops.connections) from public;
comment on function fleet.record_refusal(ops.connections) is
    'Count a refused handshake of a known charge point, in one row a minute for each reason.';

-- db/code/fleet/record_unknown_charge_point.sql ----------------------------------------

-- Note that a charger which nobody has registered tried to connect.
--
-- Called by: ocpp.open_connection.
-- Writes:    core.unknown_charge_points (one row per inbox and identity).
-- p_tenant_id is null when the charger named no tenant: only platform admins see it then.
-- An identity that could never be admitted (empty, over 48 characters, with blanks, colons or
-- characters beyond ASCII) is not noted. An ignored charger keeps counting and stays ignored;
-- an admitted one that is unknown again was deleted since, and waits anew.
-- An inbox holds at most fleet.max_unknown_charge_points waiting entries: a new one pushes out
-- those seen longest ago, so a flood of invented identities hides no charger that retries.
create or replace function fleet.record_unknown_charge_point(
    p_tenant_id bigint,
    p_identity text,
    p_remote_address text,
    p_user_agent text,
    p_offered_subprotocols text[],
    p_has_sent_key boolean
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_new boolean;
begin
    if
        p_identity is null
        or p_identity !~ '^[!-9;-~]{1,48}$'
        or p_identity in ('.', '..')
    then
        return;
    end if;

    insert into core.unknown_charge_points as u (
        tenant_id, identity, identity_key, remote_address, user_agent, offered_subprotocols,
        has_sent_key
    )
    values (
        p_tenant_id, p_identity, lower(p_identity),
        left(p_remote_address, 100), left(p_user_agent, 200),
        coalesce(
            (
                select array_agg(left(o.subprotocol, 50) order by o.position)
                from unnest(p_offered_subprotocols[1:10])
                    with ordinality as o (subprotocol, position)
                where o.subprotocol is not null
            ),
            '{}'
        ),
        coalesce(p_has_sent_key, false)
    )
    on conflict (tenant_id, identity_key) do update
        set attempts = u.attempts + 1,
            last_seen_at = now(),
            identity = excluded.identity,
            remote_address = excluded.remote_address,
            user_agent = excluded.user_agent,
            offered_subprotocols = excluded.offered_subprotocols,
            has_sent_key = excluded.has_sent_key,
            state = case when u.state = 'ignored' then 'ignored' else 'waiting' end,
            decided_at = case when u.state = 'ignored' then u.decided_at end,
            decided_by = case when u.state = 'ignored' then u.decided_by end
    returning u.attempts = 1 into v_is_new;

    if v_is_new then
        -- Skipping locked rows: two floods that trim the same inbox must not deadlock.
        delete from core.unknown_charge_points as u
        where u.id in (
            select w.id
            from core.unknown_charge_points as w
            where w.tenant_id is not distinct from p_tenant_id and w.state = 'waiting'
            order by w.last_seen_at desc, w.id desc
            offset access.get_setting('fleet.max_unknown_charge_points')::bigint
            for update skip locked
        );
    end if;
end;
$$;
revoke all on function fleet.record_unknown_charge_point(
    bigint, text, text, text, text[], boolean
) from public;
comment on function fleet.record_unknown_charge_point(
    bigint, text, text, text, text[], boolean
) is 'Count a connection attempt of an unregistered charger in its onboarding inbox.';

-- db/code/fleet/tg_charge_points__list_identity.sql ----------------------------------------

-- Keep the directory of identities, which are unique across tenants and whatever their case.
--
-- Called by: trigger charge_points__list_identity, after insert or update of identity, for each
--            row.
-- Writes:    core.charge_point_identities; core.unknown_charge_points, where the tenant's own
--            entry of this identity and the one that named no tenant are decided. Another
--            tenant's inbox is not ours to touch: its entry waits until its time is over.
-- Errors:    PT409 charge_point_identity_taken; which tenant has it is nobody's business.
-- Definer:   the directory is the owner's alone.
create or replace function fleet.tg_charge_points__list_identity()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'UPDATE' then
        delete from core.charge_point_identities as i
        where i.tenant_id = new.tenant_id and i.charge_point_id = new.id;
    end if;

    -- The unique key decides, also between two transactions that run at the same time.
    insert into core.charge_point_identities (identity_key, tenant_id, charge_point_id)
    values (lower(new.identity), new.tenant_id, new.id)
    on conflict (identity_key) do nothing;
    if not found then
        raise exception using
            errcode = 'PT409',
            message = format('the identity %s is taken', new.identity),
            detail = '{"error":"charge_point_identity_taken"}',
            hint = 'Identities are unique across all operators, whatever their case.';
    end if;

    update core.unknown_charge_points as u
    set state = 'admitted', decided_at = now(), decided_by = claims.user_id()
    where
        u.identity_key = lower(new.identity)
        and (u.tenant_id is null or u.tenant_id = new.tenant_id)
        and u.state <> 'admitted';
    return null;
end;
$$;
revoke all on function fleet.tg_charge_points__list_identity() from public;
comment on function fleet.tg_charge_points__list_identity() is
    'Trigger: keep the directory of charge point identities.';

-- db/code/fleet/tg_evses__normalise.sql ----------------------------------------

-- Bring an EVSE id into its normal form, or refuse it.
--
-- Called by: trigger evses__normalise, before insert or update of evse_id, for each row.
-- Errors:    PT400 evse_id_invalid.
-- Definer:   people hold no right on schema fleet.
create or replace function fleet.tg_evses__normalise()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_evse_id text := fleet.normalise_evse_id(new.evse_id);
begin
    if new.evse_id is not null and v_evse_id is null then
        raise exception using
            errcode = 'PT400',
            message = format('%s is not an EVSE id', left(new.evse_id, 60)),
            detail = '{"error":"evse_id_invalid"}',
            hint = 'Write country, operator and outlet like DE*ABC*E1234.';
    end if;
    new.evse_id := v_evse_id;
    return new;
end;
$$;
revoke all on function fleet.tg_evses__normalise() from public;
comment on function fleet.tg_evses__normalise() is
    'Trigger: bring an EVSE id into its normal form, or refuse it.';

-- db/code/fleet/tg_id_tokens__close_inbox.sql ----------------------------------------

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

-- db/code/fleet/tg_id_tokens__normalise.sql ----------------------------------------

-- Bring the contract id of a token of ours into its normal form, or refuse it.
--
-- Called by: trigger id_tokens__normalise, before insert or update of contract_id, for each row.
-- Errors:    PT400 contract_id_invalid, PT400 contract_id_check_digit_wrong.
-- Definer:   people hold no right on schema fleet.
create or replace function fleet.tg_id_tokens__normalise()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_contract_id text := fleet.normalise_contract_id(new.contract_id);
begin
    if new.contract_id is not null and v_contract_id is null then
        raise exception using
            errcode = 'PT400',
            message = format('%s is not a contract id', left(new.contract_id, 60)),
            detail = '{"error":"contract_id_invalid"}',
            hint = 'Write country, provider and instance like NL-TNM-000122045.';
    end if;
    if not fleet.is_contract_id_right(v_contract_id) then
        raise exception using
            errcode = 'PT400',
            message = format('the check digit of contract id %s is wrong', v_contract_id),
            detail = '{"error":"contract_id_check_digit_wrong"}',
            hint = 'Check the typing, or leave the last character out to have it computed.';
    end if;
    new.contract_id := v_contract_id;
    return new;
end;
$$;
revoke all on function fleet.tg_id_tokens__normalise() from public;
comment on function fleet.tg_id_tokens__normalise() is
    'Trigger: bring a contract id into its normal form, or refuse it.';

-- db/code/fleet/tg_sites__check.sql ----------------------------------------

-- Refuse a site in a country or time zone that does not exist; one without a zone takes its
-- tenant's.
--
-- Called by: trigger sites__check, before insert or update of country_code or time_zone, for each
--            row.
-- Errors:    PT400 country_code_invalid, time_zone_invalid.
-- Definer:   people hold no right on schema fleet.
create or replace function fleet.tg_sites__check()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if not fleet.is_country_code(new.country_code) then
        raise exception using
            errcode = 'PT400',
            message = format('%s is not the code of a country', left(new.country_code, 20)),
            detail = '{"error":"country_code_invalid"}',
            hint = 'Use the two capital letters of ISO 3166-1, such as DE.';
    end if;
    if tg_op = 'INSERT' then
        new.time_zone := coalesce(
            new.time_zone, (select t.time_zone from core.tenants as t where t.id = new.tenant_id)
        );
    end if;
    -- The list of zones is read from files, so not for every change of a site.
    if
        new.time_zone is not null
        and (tg_op = 'INSERT' or new.time_zone is distinct from old.time_zone)
    then
        perform access.check_time_zone(new.time_zone);
    end if;
    return new;
end;
$$;
revoke all on function fleet.tg_sites__check() from public;
comment on function fleet.tg_sites__check() is
    'Trigger: refuse a country or time zone that does not exist.';

-- db/code/fleet/touch_presence.sql ----------------------------------------

-- Note that the charge points of some connections gave a sign of life.
--
-- Only a connection that is its charger's newest counts. Rows that somebody else is writing are
-- passed over: whoever holds them notes a sign of life as recent as this one.
-- Called by: ocpp.handle_calls.
-- Writes:    ops.presence (rows locked in the order of charge points).
create or replace function fleet.touch_presence(p_connection_ids bigint[], p_seen_at timestamptz)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    update ops.presence as p
    set last_seen_at = p_seen_at
    from (
        select s.tenant_id, s.charge_point_id
        from unnest(p_connection_ids) as t (connection_id)
        -- `offset 0` keeps these look-ups by key, whatever the planner knows of the tables.
        cross join lateral (
            select c.tenant_id, c.charge_point_id
            from ops.connections as c
            where c.id = t.connection_id
            offset 0
        ) as c
        cross join lateral (
            select p.tenant_id, p.charge_point_id
            from ops.presence as p
            where
                p.tenant_id = c.tenant_id
                and p.charge_point_id = c.charge_point_id
                and p.connection_id = t.connection_id
                and p.last_seen_at < p_seen_at
            for update skip locked
        ) as s
    ) as s
    where p.tenant_id = s.tenant_id and p.charge_point_id = s.charge_point_id;
end;
$$;
revoke all on function fleet.touch_presence(bigint[], timestamptz) from public;
comment on function fleet.touch_presence(bigint[], timestamptz) is
    'Note a sign of life of the charge points whose newest connection is among these.';

-- db/code/jobs/close_stale_sessions.sql ----------------------------------------

-- Presume the end of sessions that gave no sign of life for charging.stale_session_hours.
--
-- Signs of life are the start, readings and states. A stop that comes later corrects the end.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    core.sessions, core.session_events; at most 500 sessions a run.
-- Returns:   what was done, empty for nothing.
create or replace function jobs.close_stale_sessions()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_silent_since constant timestamptz := now() - make_interval(
        hours => access.get_setting('charging.stale_session_hours')::integer
    );
    v_count integer;
begin
    with stale as materialized (
        select s.tenant_id, s.id, greatest(s.started_at, s.last_reading_at) as seen_at
        from core.sessions as s
        where
            s.state = 'active'
            and s.updated_at < v_silent_since
            -- A start that was reported days late is as old as its report.
            and greatest(s.start_received_at, s.last_reading_at) < v_silent_since
        order by s.tenant_id, s.id
        limit 500
        -- A session that changes at this moment lives.
        for no key update skip locked
    )
    select count(*)
    into v_count
    from stale as s
    cross join lateral charging.presume_session_end(
        s.tenant_id, s.id, 'presumed_by_silence', s.seen_at, now()
    ) as p
    where p.state = 'presumed_ended';
    if v_count = 0 then
        return '';
    end if;
    return format('presumed the end of %s silent sessions', v_count);
end;
$$;
revoke all on function jobs.close_stale_sessions() from public;
grant execute on function jobs.close_stale_sessions() to jobs;
comment on function jobs.close_stale_sessions() is
    'Presume the end of sessions without a sign of life; returns what was done.';

-- db/code/jobs/expire_records.sql ----------------------------------------

-- Delete what is past its time: sign-ins and tokens, old log rows, forgotten inbox entries.
--
-- Each step deletes at most 5,000 rows of one table. Steps repeat until jobs.expire_budget_ms are
-- used, so that a run stays short; every table gets one step at least. A backlog is worked off
-- over several runs: jobs.run_due starts the next one soon when this one says that more is left.
-- How long things are kept stands in ops.settings. Rows that somebody holds are left for the next
-- turn.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Returns:   what was done, empty for nothing; ends in 'more is left' when it is.
create or replace function jobs.delete_expired(
    p_table text,
    p_condition text,
    p_expired_at timestamptz
)
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count bigint;
begin
    execute format(
        'delete from %1$s where ctid = any(array('
        'select ctid from %1$s where %2$s limit 5000 for update skip locked))',
        p_table, p_condition
    ) using p_expired_at;
    get diagnostics v_count = row_count;
    return v_count;
end;
$$;
revoke all on function jobs.delete_expired(text, text, timestamptz) from public;
comment on function jobs.delete_expired(text, text, timestamptz) is
    'Delete up to 5,000 rows of a table that meet a condition on a time ($1); how many it were.';

create or replace function jobs.expire_records()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_stop_at constant timestamptz := clock_timestamp() + make_interval(
        secs => access.get_setting('jobs.expire_budget_ms')::double precision / 1000
    );
    v_done text[] := '{}';
    v_has_more boolean := false;
    v_step record;
    v_step_count bigint;
    v_count bigint;
begin
    for v_step in
        select
            s.table_name,
            s.condition,
            now() - make_interval(days => access.get_setting(s.setting)::integer) as expired_at
        from (
            values
                -- An expired one is refused anyway; for a while it still explains a refusal.
                ('core.refresh_tokens', 'expires_at < $1', 'jobs.expired_token_days'),
                ('core.login_sessions', 'expires_at < $1', 'jobs.expired_token_days'),
                ('core.one_time_tokens', 'expires_at < $1', 'jobs.expired_token_days'),
                ('core.revoked_tokens', 'expires_at < $1', 'jobs.expired_token_days'),
                (
                    'ops.login_attempts',
                    'last_failed_at < $1 and (locked_until is null or locked_until < $1)',
                    'jobs.expired_token_days'
                ),
                ('ops.connections', 'closed_at < $1', 'jobs.connection_days'),
                (
                    'ops.bridges',
                    'last_seen_at < $1 and not exists ('
                    'select from ops.connections as c where c.bridge_id = bridges.id)',
                    'jobs.job_run_days'
                ),
                ('ops.job_runs', 'started_at < $1', 'jobs.job_run_days'),
                ('ops.failed_messages', 'received_at < $1', 'jobs.failed_message_days'),
                ('ops.outbox', 'delivered_at < $1', 'jobs.job_run_days'),
                -- An entry that somebody decided on stays: it keeps an ignored one ignored.
                (
                    'core.unknown_charge_points',
                    'last_seen_at < $1 and state = ''waiting''',
                    'jobs.unknown_days'
                ),
                (
                    'core.unknown_id_tokens',
                    'last_seen_at < $1 and state = ''waiting''',
                    'jobs.unknown_days'
                ),
                -- access.expire_people knows which.
                ('sign-ups and e-mails', null, 'access.unverified_user_days')
        ) as s (table_name, condition, setting)
    loop
        v_count := 0;
        loop
            if v_step.condition is null then
                v_step_count := access.expire_people(5000);
            else
                v_step_count := jobs.delete_expired(
                    v_step.table_name, v_step.condition, v_step.expired_at
                );
            end if;
            v_count := v_count + v_step_count;
            exit when v_step_count < 5000;
            if clock_timestamp() >= v_stop_at then
                v_has_more := true;
                exit;
            end if;
        end loop;
        if v_count > 0 then
            v_done := v_done || format('%s of %s', v_count, v_step.table_name);
        end if;
    end loop;
    if v_done = '{}' then
        return '';
    end if;
    return 'deleted ' || array_to_string(v_done, ', ')
        || case when v_has_more then '; more is left' else '' end;
end;
$$;
revoke all on function jobs.expire_records() from public;
grant execute on function jobs.expire_records() to jobs;
comment on function jobs.expire_records() is
    'Delete expired sign-ins, tokens, log rows and inbox entries in small steps.';

-- db/code/jobs/maintain_partitions.sql ----------------------------------------

-- Make partitions ahead of time and drop those past retention.
--
-- Partitions are made with `like` and attached, which locks out nobody (`partition of` blocks
-- readers and writers of the whole table); an empty table needs no check to be attached at once.
-- `like` copies neither row-level security nor grants: the first is switched on, and there are
-- none of the second, so a partition is reached through its parent only.
-- Between the first and the last partition there is no gap, however long this job did not run:
-- ops.partitioned_tables says which range exists, and writers clamp times by it.
-- Dropping locks the whole table for a moment: where that takes longer than 200 ms the
-- partition stays until the next run.
-- Runs keep apart by the tables' rows in ops.partitioned_tables, which only the owner can lock. A
-- table that another run holds is passed over and named in the answer.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due, ocpp.handle_calls and ocpp.log_frames (when a partition is missing),
--            python -m db migrate.
-- Writes:    partitions of the tables in ops.partitioned_tables, and their ranges there.
-- Returns:   what was done and what was passed over, empty for nothing.
create or replace function jobs.list_partitions(p_table regclass)
returns table (partition regclass, lower_at timestamptz, upper_at timestamptz)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        i.inhrelid::regclass,
        b.bounds[1]::timestamptz,
        b.bounds[2]::timestamptz
    from pg_catalog.pg_inherits as i
    inner join pg_catalog.pg_class as c on c.oid = i.inhrelid
    cross join lateral (
        select regexp_match(
            pg_get_expr(c.relpartbound, c.oid),
            '^FOR VALUES FROM \(''([^'']+)''\) TO \(''([^'']+)''\)$'
        ) as bounds
    ) as b
    where i.inhparent = p_table
    order by 2
$$;
revoke all on function jobs.list_partitions(regclass) from public;
comment on function jobs.list_partitions(regclass) is
    'The partitions of a table that is partitioned by time, and the range of each.';

create or replace function jobs.create_partition(
    p_table regclass,
    p_name text,
    p_lower_at timestamptz,
    p_upper_at timestamptz
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format(
        'create table %s (like %s including all excluding identity)', p_name, p_table
    );
    execute format('alter table %s enable row level security', p_name);
    execute format(
        'alter table %s attach partition %s for values from (%L) to (%L)',
        p_table, p_name, p_lower_at, p_upper_at
    );
end;
$$;
revoke all on function jobs.create_partition(regclass, text, timestamptz, timestamptz)
from public;
comment on function jobs.create_partition(regclass, text, timestamptz, timestamptz) is
    'Make one partition and attach it without locking anybody out.';

create or replace function jobs.drop_partition(p_name text)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_lock_timeout constant text := current_setting('lock_timeout');
    v_done text;
begin
    perform set_config('lock_timeout', '200ms', true);
    begin
        execute format('drop table %s', p_name);
        v_done := 'dropped ' || p_name;
    exception
        when lock_not_available then
            v_done := 'left ' || p_name || ', which is in use';
    end;
    perform set_config('lock_timeout', v_lock_timeout, true);
    return v_done;
end;
$$;
revoke all on function jobs.drop_partition(text) from public;
comment on function jobs.drop_partition(text) is
    'Drop a partition, or leave it for the next run where somebody holds it.';

create or replace function jobs.maintain_partitions()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name text;
    v_table ops.partitioned_tables;
    v_partition record;
    v_unit interval;
    v_keep_from timestamptz;
    v_done text[] := '{}';
begin
    for v_name in
        select t.table_name from ops.partitioned_tables as t order by t.table_name
    loop
        select t.* into v_table
        from ops.partitioned_tables as t
        where t.table_name = v_name
        for no key update skip locked;
        if not found then
            v_done := v_done || ('left ' || v_name || ', which another run holds');
            continue;
        end if;
        v_unit := ('1 ' || v_table.partition_by)::interval;
        v_keep_from := date_trunc(v_table.partition_by, now() - v_table.retention, 'UTC');

        for v_partition in
            select
                format(
                    '%s_%s',
                    v_table.table_name,
                    to_char(
                        g.lower_at at time zone 'UTC',
                        case v_table.partition_by when 'day' then 'YYYY_MM_DD' else 'YYYY_MM' end
                    )
                ) as name,
                g.lower_at,
                date_add(g.lower_at, v_unit, 'UTC') as upper_at
            from generate_series(
                greatest(
                    v_keep_from,
                    least(
                        v_table.lower_at,
                        date_trunc(v_table.partition_by, now() - v_table.behind, 'UTC')
                    )
                ),
                date_trunc(v_table.partition_by, now() + v_table.ahead, 'UTC'),
                v_unit,
                'UTC'
            ) as g (lower_at)
            where not exists (
                select
                from jobs.list_partitions(v_table.table_name::regclass) as l
                where l.lower_at = g.lower_at
            )
            order by g.lower_at
        loop
            perform jobs.create_partition(
                v_table.table_name::regclass, v_partition.name, v_partition.lower_at,
                v_partition.upper_at
            );
            v_done := v_done || ('made ' || v_partition.name);
        end loop;

        for v_partition in
            select l.partition::text as name
            from jobs.list_partitions(v_table.table_name::regclass) as l
            where l.upper_at <= v_keep_from
            order by l.lower_at
        loop
            v_done := v_done || jobs.drop_partition(v_partition.name);
        end loop;

        update ops.partitioned_tables as t
        set lower_at = l.lower_at, upper_at = l.upper_at
        from (
            select min(p.lower_at) as lower_at, max(p.upper_at) as upper_at
            from jobs.list_partitions(v_table.table_name::regclass) as p
        ) as l
        where
            t.table_name = v_table.table_name
            and (t.lower_at, t.upper_at) is distinct from (l.lower_at, l.upper_at);
    end loop;
    return array_to_string(v_done, ', ');
end;
$$;
revoke all on function jobs.maintain_partitions() from public;
grant execute on function jobs.maintain_partitions() to jobs;
comment on function jobs.maintain_partitions() is
    'Make partitions ahead of time and drop those past retention; returns what was done.';

-- db/code/jobs/mark_lost_connections.sql ----------------------------------------

-- Close the connections of bridges that fell silent.
--
-- A bridge that has not reported for fleet.bridge_lease_s is gone with all its sockets. If it
-- was only slow, its next report tells it to close them, and the chargers come back.
-- When this job itself is late by a third of that time, the server may have stood still and no
-- bridge could report: all of them get a new lease, and are judged when it is over.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    ops.bridges (row locked), ops.connections, ops.presence.
-- Returns:   what was done, empty for nothing.
create or replace function jobs.mark_lost_connections()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_lease constant interval := make_interval(
        secs => access.get_setting('fleet.bridge_lease_s')::double precision
    );
    v_bridge_ids uuid[];
    v_count integer;
begin
    if exists (
        select from ops.job_schedules as s
        where
            s.job = 'mark_lost_connections'
            and s.next_run_at < clock_timestamp() - v_lease / 3
    ) then
        update ops.bridges as b
        set last_seen_at = clock_timestamp()
        where
            b.id in (
                select b.id
                from ops.bridges as b
                where b.last_seen_at < clock_timestamp() and b.stopped_at is null
                order by b.id
                for update skip locked
            );
        return '';
    end if;
    v_bridge_ids := array(
        select b.id
        from ops.bridges as b
        where
            b.last_seen_at < clock_timestamp() - v_lease
            and exists (
                select from ops.connections as c where c.bridge_id = b.id and c.closed_at is null
            )
        order by b.id
        -- A bridge that reports at this moment holds its row, and lives.
        for update of b skip locked
    );
    if v_bridge_ids = '{}' then
        return '';
    end if;
    v_count := fleet.end_connections(
        array(
            select c.id
            from ops.connections as c
            where c.bridge_id = any(v_bridge_ids) and c.closed_at is null
        ),
        1006,
        'bridge lost'
    );
    update ops.bridges as b
    set stopped_at = clock_timestamp()
    where b.id = any(v_bridge_ids) and b.stopped_at is null;
    return format(
        'closed %s connections of bridges %s', v_count, array_to_string(v_bridge_ids, ', ')
    );
end;
$$;
revoke all on function jobs.mark_lost_connections() from public;
grant execute on function jobs.mark_lost_connections() to jobs;
comment on function jobs.mark_lost_connections() is
    'Close the connections of bridges that fell silent; returns what was done.';

-- db/code/jobs/run_due.sql ----------------------------------------

-- Run the job that has been due for longest, if any.
--
-- One job a call, and so one transaction a job: what a job locks is free when it is done, and a
-- failure takes nothing else along. The caller repeats until no row is returned.
-- A job whose detail ends in 'more is left' has its next turn in 5 seconds at the latest.
-- The schedule's row is locked while its job runs and passed over by others: however many
-- runners there are, each run happens once. A failed job waits for its next turn, too.
-- ops.job_runs gets a row only when something was done or failed.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner, pg_cron.
-- Writes:    ops.job_schedules, ops.job_runs, and what the jobs write.
create or replace function jobs.run_due(p_runner text)
returns table (job text, outcome text, detail text)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_job text;
    v_started_at constant timestamptz := clock_timestamp();
    v_outcome text := 'done';
    v_detail text;
begin
    select s.job into v_job
    from ops.job_schedules as s
    where s.is_enabled and s.next_run_at <= v_started_at
    order by s.next_run_at
    limit 1
    for update skip locked;
    if v_job is null then
        return;
    end if;

    begin
        execute format('select jobs.%I()', v_job) into v_detail;
        set constraints all immediate;
        v_detail := coalesce(v_detail, '');
    exception
        -- A time-out is caught as well, or the job that always hits it would always be the one
        -- that has been due for longest, and no other would ever run.
        when query_canceled or others then
            v_outcome := 'failed';
            v_detail := format('%s: %s', sqlstate, sqlerrm);
            raise log 'job % failed: %', v_job, v_detail;
    end;

    update ops.job_schedules as s
    set next_run_at = clock_timestamp() + case
        when v_outcome = 'done' and v_detail like '%more is left'
            then least(s.every, interval '5 seconds')
        else s.every
    end
    where s.job = v_job;
    if v_outcome = 'failed' or v_detail <> '' then
        insert into ops.job_runs (job, runner, started_at, finished_at, outcome, detail)
        values (
            v_job, left(coalesce(p_runner, ''), 100), v_started_at, clock_timestamp(), v_outcome,
            left(v_detail, 2000)
        );
    end if;
    return query select v_job, v_outcome, v_detail;
end;
$$;
revoke all on function jobs.run_due(text) from public;
grant execute on function jobs.run_due(text) to jobs;
comment on function jobs.run_due(text) is
    'Run the job that has been due for longest; returns what it did, or no row.';

-- db/code/ocpp/check_error_code.sql ----------------------------------------

-- The error code that a CALLERROR may carry: the one given if the specification lists it.
--
-- OCPP-J 1.6 §4.2.3 with its own spelling of OccurenceConstraintViolation.
-- Called by: ocpp.handle_calls.
create or replace function ocpp.check_error_code(p_code text)
returns text
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case
        when p_code in (
            'NotImplemented', 'NotSupported', 'InternalError', 'ProtocolError', 'SecurityError',
            'FormationViolation', 'PropertyConstraintViolation', 'OccurenceConstraintViolation',
            'TypeConstraintViolation', 'GenericError'
        ) then p_code
        else 'GenericError'
    end
$$;
revoke all on function ocpp.check_error_code(text) from public;
comment on function ocpp.check_error_code(text) is
    'The given OCPP-J error code, or GenericError when the specification does not list it.';

-- db/code/ocpp/close_connections.sql ----------------------------------------

-- Record the end of sockets.
--
-- Arrays run in parallel, one entry a socket; ids that are unknown or closed already are passed
-- over, so that a report can be repeated.
-- Security definer: the bridge has no right on any table.
-- Called by: the bridge, when sockets have closed.
-- Writes:    ops.connections, ops.presence.
create or replace function ocpp.close_connections(
    p_connection_ids bigint[],
    p_codes integer[],
    p_reasons text[]
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Without the code of each socket first: end_connections sets one for all.
    perform fleet.lock_presence(p_connection_ids);
    update ops.connections as c
    set close_code = r.code, close_reason = left(r.reason, 200)
    from unnest(p_connection_ids, p_codes, p_reasons) as r (connection_id, code, reason)
    where c.id = r.connection_id and c.closed_at is null;
    perform fleet.end_connections(p_connection_ids, null, null);
end;
$$;
revoke all on function ocpp.close_connections(bigint[], integer[], text[]) from public;
grant execute on function ocpp.close_connections(bigint[], integer[], text[]) to bridge;
comment on function ocpp.close_connections(bigint[], integer[], text[]) is
    'Record that sockets have closed, each with its WebSocket code and reason.';

-- db/code/ocpp/compact_json.sql ----------------------------------------

-- JSON as text without the spaces that PostgreSQL prints between its tokens.
--
-- Each string is matched as a whole, so that a space within one stays.
-- Called by: ocpp.handle_calls.
create or replace function ocpp.compact_json(p_value jsonb)
returns text
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_text constant text := p_value::text;
begin
    if strpos(v_text, ' ') = 0 then
        return v_text;
    end if;
    return regexp_replace(v_text, '("(?:[^"\\]|\\.)*")|([:,]) ', '\1\2', 'g');
end;
$$;
revoke all on function ocpp.compact_json(jsonb) from public;
comment on function ocpp.compact_json(jsonb) is 'JSON text without spaces between its tokens.';

-- db/code/ocpp/find_handler.sql ----------------------------------------

-- The statement that calls the handler of an action, null where the action has none.
--
-- StartTransaction over ocpp1.6 is ocpp16.start_transaction(ops.ocpp_call, jsonb), with exactly
-- these arguments. Names arrive from chargers: only what is a plain camel-case word is looked up,
-- so that no two spellings name one function, and the name that is executed is the catalogue's.
-- Called by: ocpp.handle_calls.
create or replace function ocpp.find_handler(p_subprotocol text, p_action text)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_action !~ '^([A-Z][a-z0-9]+){1,9}$' or length(p_action) > 60 then
        return null;
    end if;
    return 'select ' || to_regprocedure(
        replace(p_subprotocol, '.', '') || '.'
        || lower(regexp_replace(p_action, '(?<=.)([A-Z])', '_\1', 'g'))
        || '(ops.ocpp_call, jsonb)'
    )::oid::regproc::text || '($1, $2)';
end;
$$;
revoke all on function ocpp.find_handler(text, text) from public;
comment on function ocpp.find_handler(text, text) is
    'The statement that calls the handler of an action, null where it has none.';

-- db/code/ocpp/format_timestamp.sql ----------------------------------------

-- A moment as every charger can read it: YYYY-MM-DDTHH:MM:SSZ (quirk 45).
--
-- Called by: the handlers of every protocol.
create or replace function ocpp.format_timestamp(p_at timestamptz)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
end;
$$;
revoke all on function ocpp.format_timestamp(timestamptz) from public;
comment on function ocpp.format_timestamp(timestamptz) is
    'A moment in UTC to the second, ending in Z.';

-- db/code/ocpp/get_integer.sql ----------------------------------------

-- A whole number of a payload within 32 bits, sent as a number or as text; null when it is none.
--
-- Called by: the handlers of every protocol. OCPP 1.6 integers are 32 bits wide; 1.0 is 1, and
-- 1.5 is no integer.
create or replace function ocpp.get_integer(p_payload jsonb, p_key text)
returns integer
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_number constant numeric := ocpp.parse_numeric(ocpp.get_text(p_payload, p_key));
begin
    if v_number between -2147483648 and 2147483647 and v_number = trunc(v_number) then
        return v_number::integer;
    end if;
    return null;
end;
$$;
revoke all on function ocpp.get_integer(jsonb, text) from public;
comment on function ocpp.get_integer(jsonb, text) is
    'A whole number of a payload within 32 bits, null when it is none.';

-- db/code/ocpp/get_numeric.sql ----------------------------------------

-- A number of a payload, sent as a number or as text; null when it is none.
--
-- Called by: the handlers of every protocol.
create or replace function ocpp.get_numeric(p_payload jsonb, p_key text)
returns numeric
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return ocpp.parse_numeric(ocpp.get_text(p_payload, p_key));
end;
$$;
revoke all on function ocpp.get_numeric(jsonb, text) from public;
comment on function ocpp.get_numeric(jsonb, text) is
    'A number of a payload, sent as a number or as text; null when it is none.';

-- db/code/ocpp/get_text.sql ----------------------------------------

-- A text of a payload, whatever its length, without control characters and blanks at its ends.
--
-- Called by: the handlers of every protocol. A number or a boolean is read as its text; a list,
-- an object, an empty text and an absent key are null.
create or replace function ocpp.get_text(p_payload jsonb, p_key text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if jsonb_typeof(p_payload -> p_key) in ('string', 'number', 'boolean') then
        return ocpp.trim_text(p_payload ->> p_key);
    end if;
    return null;
end;
$$;
revoke all on function ocpp.get_text(jsonb, text) from public;
comment on function ocpp.get_text(jsonb, text) is
    'A text of a payload as it is compared and kept, null when there is none.';

-- db/code/ocpp/handle_calls.sql ----------------------------------------

-- Handle a batch of calls from chargers: one function a message, one transaction for all.
--
-- Arrays run in parallel, one entry a message, at most 40: each message runs in a subtransaction
-- of its own, and past 64 of those PostgreSQL gets slow. Messages are taken by charge point and,
-- within one, in the order given, so that two batches lock rows in the same order.
-- The handler of an action is the function of the connection's protocol schema that bears its
-- name in snake case and takes (ops.ocpp_call, jsonb): every function of that signature there is
-- an entry point for chargers. It refuses with errcode 'OCPP1', the OCPP error code in detail.
-- A message whose data the database cannot take (classes 21 to 23, or an error raised by name) is
-- put by in ops.failed_messages and answered InternalError; its batch mates do not notice.
-- Trouble of ours must never reach a charger as an answer (DESIGN 5). What is one message's (a row
-- that somebody keeps locked, a missing object or right) leaves that message undone and without
-- an outcome: the bridge closes its socket and the charger sends it again. What is everybody's
-- (shutdown, time-out, memory, disk, read-only server, a deadlock that does not go away) fails the
-- whole batch.
-- The first message that waits for a lock has all of lock_timeout, those after it a moment each:
-- a table that is locked must not hold up whoever does not need it.
-- Returned is one row a message that has an outcome: its answer as compact JSON, or an OCPP error.
-- Security definer: the bridge has no right on any table. Generic plans, for the handlers too:
-- every statement here looks up keys or inserts, and planning it anew for each array costs more
-- than running it (measured: 40 % of a single call).
-- Called by: the bridge.
-- Writes:    what the handlers write, ops.presence, ops.message_log, ops.failed_messages.
-- Errors:    22023 for arrays of different or excessive length; 55000 for a connection that is
--            not there, was refused, or closed more than a minute ago, which is time enough for
--            what was under way (run the others singly, close that socket); 40001, 40P01 (try
--            again).
create or replace function ocpp.handle_calls(
    p_connection_ids bigint[],
    p_message_ids text[],
    p_actions text[],
    p_payloads text[],
    p_violations text[],
    p_received_at timestamptz[]
)
returns table (ordinal integer, reply text, error_code text, error_description text)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    v_size constant integer := coalesce(cardinality(p_connection_ids), 0);
    v_now constant timestamptz := clock_timestamp();
    v_message record;
    v_call ops.ocpp_call;
    v_text text;
    v_payload jsonb;
    v_result jsonb;
    v_reply text;
    v_code text;
    v_description text;
    v_sqlstate text;
    v_error text;
    v_attempt integer;
    v_is_undone boolean;
    -- Its later messages wait for the one that was left undone.
    v_undone_charge_point_id bigint;
    v_lock_timeout constant text := current_setting('lock_timeout');
    -- Statements by protocol and action, so that a batch looks up each once.
    v_kind text;
    v_kinds text[] := '{}';
    v_handlers text[] := '{}';
    v_handler text;
    v_tenant_ids bigint[];
    v_charge_point_ids bigint[];
    v_received_at timestamptz[];
    v_replies text[];
    v_codes text[];
    v_descriptions text[];
    v_stale_ids bigint[] := '{}';
    v_has_secret boolean;
begin
    if v_size = 0 then
        return;
    end if;
    if
        v_size > 40
        or cardinality(p_message_ids) is distinct from v_size
        or cardinality(p_actions) is distinct from v_size
        or cardinality(p_payloads) is distinct from v_size
        or cardinality(p_violations) is distinct from v_size
        or cardinality(p_received_at) is distinct from v_size
    then
        raise exception using
            errcode = '22023',
            message = 'a batch is at most 40 messages in arrays of one length';
    end if;
    -- What is acknowledged is on disk, whatever the login's settings say.
    if current_setting('synchronous_commit') in ('off', 'local') then
        perform set_config('synchronous_commit', 'on', true);
    end if;

    v_replies := array_fill(null::text, array[v_size]);
    v_codes := v_replies;
    v_descriptions := v_replies;
    v_tenant_ids := array_fill(null::bigint, array[v_size]);
    v_charge_point_ids := v_tenant_ids;
    v_received_at := array_fill(v_now, array[v_size]);

    for v_message in
        select
            m.ordinal::integer as ordinal, m.message_id, m.action, m.payload, m.violations,
            case
                when m.received_at between v_now - interval '1 hour' and v_now
                    then m.received_at
                else v_now
            end as received_at,
            c.id as connection_id, c.tenant_id, c.charge_point_id, c.subprotocol,
            p.connection_id = c.id and p.last_seen_at < v_now - interval '3 seconds' as is_stale
        from unnest(
            p_connection_ids, p_message_ids, p_actions, p_payloads, p_violations, p_received_at
        ) with ordinality as m (
            connection_id, message_id, action, payload, violations, received_at, ordinal
        )
        -- `offset 0` keeps these look-ups by key, whatever the planner knows of the tables.
        left join lateral (
            select c.id, c.tenant_id, c.charge_point_id, c.subprotocol
            from ops.connections as c
            where
                c.id = m.connection_id
                and c.outcome = 'accepted'
                and (c.closed_at is null or c.closed_at > v_now - interval '1 minute')
            offset 0
        ) as c on true
        left join lateral (
            select p.connection_id, p.last_seen_at
            from ops.presence as p
            where p.tenant_id = c.tenant_id and p.charge_point_id = c.charge_point_id
            offset 0
        ) as p on true
        order by c.charge_point_id, m.ordinal
    loop
        v_reply := null;
        v_code := null;
        v_description := null;
        v_sqlstate := null;
        v_attempt := 0;
        v_text := v_message.payload;
        if v_message.is_stale then
            v_stale_ids := v_stale_ids || v_message.connection_id;
        end if;

        if v_message.connection_id is null then
            -- A failover lost the row: an answer would burn a retry of the charger, a closed
            -- socket brings it back under a new connection.
            raise exception using
                errcode = '55000',
                message = 'a connection of the batch is not known or is closed';
        end if;
        v_tenant_ids[v_message.ordinal] := v_message.tenant_id;
        v_charge_point_ids[v_message.ordinal] := v_message.charge_point_id;
        v_received_at[v_message.ordinal] := v_message.received_at;
        v_kind := v_message.subprotocol || ' ' || v_message.action;
        v_handler := v_handlers[array_position(v_kinds, v_kind)];
        if v_handler is null then
            v_handler := ocpp.find_handler(v_message.subprotocol, v_message.action);
            v_kinds := v_kinds || v_kind;
            v_handlers := v_handlers || v_handler;
        end if;
        v_is_undone := v_message.charge_point_id is not distinct from v_undone_charge_point_id;
        if v_handler is null and not v_is_undone then
            v_code := 'NotImplemented';
            v_description := 'this action is not known here';
        end if;

        while v_reply is null and v_code is null and not v_is_undone loop
            v_attempt := v_attempt + 1;
            begin
                set constraints all deferred;
                v_payload := null;
                v_payload := ocpp.parse_payload(v_text);
                v_call := (
                    v_message.connection_id, v_message.tenant_id, v_message.charge_point_id,
                    v_message.message_id, v_message.received_at,
                    ocpp.strip_nul(v_message.violations)::jsonb
                );
                execute v_handler into v_result using v_call, v_payload;
                -- A deferred constraint speaks here, or it would take the batch down at commit.
                set constraints all immediate;
                v_reply := ocpp.compact_json(coalesce(v_result, '{}'));
            exception
                when sqlstate 'OCPP1' then
                    get stacked diagnostics
                        v_code = pg_exception_detail,
                        v_description = message_text;
                    v_code := ocpp.check_error_code(v_code);
                when serialization_failure or deadlock_detected then
                    if v_attempt >= 3 then
                        raise;
                    end if;
                when
                    connection_exception or invalid_transaction_state
                    or insufficient_resources
                    or operator_intervention or system_error
                    or data_corrupted or index_corrupted
                then
                    -- Ours, not the charger's: the batch fails as a whole.
                    raise;
                when others then
                    get stacked diagnostics
                        v_sqlstate = returned_sqlstate,
                        v_error = message_text;
                    if v_payload is null and left(v_sqlstate, 2) in ('22', '54') then
                        if v_attempt = 1 then
                            v_text := ocpp.drop_half_surrogates(v_text);
                            v_sqlstate := null;
                        else
                            v_code := 'FormationViolation';
                            v_description := 'the payload is not valid JSON';
                        end if;
                    elsif
                        left(v_sqlstate, 2) in ('21', '22', '23', 'PT') or v_sqlstate = 'P0001'
                    then
                        v_code := 'InternalError';
                        v_description := 'the message could not be processed and was kept';
                    else
                        v_is_undone := true;
                    end if;
            end;
        end loop;

        if v_is_undone then
            v_undone_charge_point_id := v_message.charge_point_id;
            if v_sqlstate = '55P03' then
                perform set_config('lock_timeout', '50ms', true);
            end if;
            if v_sqlstate is not null then
                raise warning 'ocpp: % of connection % is left undone: % %',
                    v_message.action, v_message.connection_id, v_sqlstate, v_error;
            end if;
        elsif v_sqlstate is not null then
            raise log 'ocpp: % of connection % failed: % %',
                v_message.action, v_message.connection_id, v_sqlstate, v_error;
            insert into ops.failed_messages (
                tenant_id, charge_point_id, connection_id, message_id, action, payload,
                sqlstate, error, received_at
            )
            values (
                v_message.tenant_id, v_message.charge_point_id, v_message.connection_id,
                v_message.message_id, v_message.action, ocpp.mask_payload(v_message.payload),
                v_sqlstate, v_error, v_message.received_at
            );
        end if;
        v_replies[v_message.ordinal] := v_reply;
        v_codes[v_message.ordinal] := v_code;
        v_descriptions[v_message.ordinal] := v_description;
    end loop;

    perform set_config('lock_timeout', v_lock_timeout, true);
    if v_stale_ids <> '{}' then
        perform fleet.touch_presence(v_stale_ids, v_now);
    end if;

    v_has_secret := ocpp.has_secret(
        array_to_string(p_payloads, ' ') || array_to_string(v_replies, ' ')
    );
    for v_round in 1 .. 2 loop
        begin
            insert into ops.message_log (
                tenant_id, charge_point_id, connection_id, received_at, direction, message_type,
                message_id, action, payload, error_code
            )
            select
                m.tenant_id, m.charge_point_id, m.connection_id, f.received_at, f.direction,
                f.message_type, left(m.message_id, 200), left(m.action, 200),
                case when v_has_secret then ocpp.mask_payload(f.payload) else f.payload end,
                f.error_code
            from unnest(
                p_connection_ids, v_tenant_ids, v_charge_point_ids, v_received_at, p_message_ids,
                p_actions, p_payloads, v_replies, v_codes, v_descriptions
            ) with ordinality as m (
                connection_id, tenant_id, charge_point_id, received_at, message_id, action,
                payload, reply, error_code, description, ordinal
            )
            cross join lateral (
                values
                    ('in', 2::smallint, m.received_at, coalesce(m.payload, 'null'), null),
                    (
                        'out',
                        case when m.error_code is null then 3 else 4 end,
                        clock_timestamp(),
                        coalesce(m.reply, to_jsonb(m.description)::text),
                        m.error_code
                    )
            ) as f (direction, message_type, received_at, payload, error_code)
            where
                m.tenant_id is not null
                and (f.direction = 'in' or m.reply is not null or m.error_code is not null)
            order by m.ordinal, f.direction;
            exit;
        exception
            when check_violation then
                -- There is no partition for today: the jobs runner has been away for days.
                -- Charging goes on without a log rather than not at all.
                if v_round = 2 then
                    raise log 'ocpp: frames are missing in the log: %', sqlerrm;
                else
                    perform jobs.maintain_partitions();
                end if;
        end;
    end loop;

    return query
    select r.ordinal::integer, r.reply, r.code, r.description
    from unnest(v_replies, v_codes, v_descriptions) with ordinality
        as r (reply, code, description, ordinal)
    where r.reply is not null or r.code is not null;
end;
$$;
revoke all on function ocpp.handle_calls(
    bigint[], text[], text[], text[], text[], timestamptz[]
) from public;
grant execute on function ocpp.handle_calls(
    bigint[], text[], text[], text[], text[], timestamptz[]
) to bridge;
comment on function ocpp.handle_calls(
    bigint[], text[], text[], text[], text[], timestamptz[]
) is 'Handle a batch of calls from chargers and return their answers.';

-- db/code/ocpp/judge_timestamp.sql ----------------------------------------

-- What to make of a time that a charger reports: the moment to work with, and what is odd.
--
-- Called by: the handlers of starts, stops and states.
-- flag                    when                                     moment
-- null                    it can be true                           as reported
-- time_missing            none was sent                            received_at
-- time_unreadable         no ISO 8601, or no such date             received_at
-- time_implausible        older than a charger keeps messages      received_at
--                         (quirk 59: 1970, or the default date
--                         of a clock that has lost its power)
-- clock_off_whole_hours   within 2 minutes of 1 to 14 whole hours  ahead: received_at,
--                         off (quirk 58: local time with a Z)      behind: as reported, for a
--                                                                  late replay looks the same
-- time_ahead              ahead by more than the tolerance         received_at
-- The tolerance is the setting charging.clock_tolerance_s, the age charging.max_clock_behind_days.
create or replace function ocpp.judge_timestamp(
    p_text text,
    p_received_at timestamptz,
    out happened_at timestamptz,
    out flag text
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ahead_s double precision;
    v_hours double precision;
begin
    happened_at := ocpp.parse_timestamp(p_text);
    if happened_at is null then
        happened_at := p_received_at;
        flag := case when p_text is null then 'time_missing' else 'time_unreadable' end;
        return;
    elsif
        happened_at < p_received_at - make_interval(
            days => access.get_setting('charging.max_clock_behind_days')::integer
        )
    then
        happened_at := p_received_at;
        flag := 'time_implausible';
        return;
    end if;
    v_ahead_s := extract(epoch from happened_at - p_received_at);
    v_hours := round(v_ahead_s / 3600);
    if abs(v_hours) between 1 and 14 and abs(v_ahead_s - v_hours * 3600) <= 120 then
        flag := 'clock_off_whole_hours';
    elsif v_ahead_s > access.get_setting('charging.clock_tolerance_s')::integer then
        flag := 'time_ahead';
    end if;
    if flag is not null and v_ahead_s > 0 then
        happened_at := p_received_at;
    end if;
end;
$$;
revoke all on function ocpp.judge_timestamp(text, timestamptz) from public;
comment on function ocpp.judge_timestamp(text, timestamptz) is
    'The moment to work with for a time that a charger reports, and what is odd about it.';

-- db/code/ocpp/keep_alive.sql ----------------------------------------

-- Report that a bridge lives, and which sockets it holds.
--
-- p_last_frame_at[i] is when socket i last gave a sign of life: any frame, a pong included
-- (OCPP 2.0.1 part 2 G02.FR.04; quirk 19).
-- Returned are the sockets that the bridge has to close now: replaced by a newer one, closed
-- here in the meantime, their charge point disabled or deleted. A connection that was taken for
-- lost does not come back to life by this report: an epoch ends once, and the charger gets a new
-- one when it reconnects, so that nobody has to reason about an epoch with a gap.
-- Presence rows that a batch holds right now are passed over: it brings them up to date itself.
-- Security definer: the bridge has no right on any table.
-- Called by: the bridge, every bridge.keep_alive_interval_s.
-- Writes:    ops.bridges, ops.presence (asynchronously).
create or replace function ocpp.keep_alive(
    p_bridge_id uuid,
    p_connection_ids bigint[],
    p_last_frame_at timestamptz[]
)
returns bigint[]
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    update ops.bridges as b
    set last_seen_at = clock_timestamp(), stopped_at = null
    where b.id = p_bridge_id;

    update ops.presence as p
    set last_seen_at = s.seen_at
    from (
        select p.tenant_id, p.charge_point_id, least(r.seen_at, clock_timestamp()) as seen_at
        from unnest(p_connection_ids, p_last_frame_at) as r (connection_id, seen_at)
        inner join ops.connections as c on c.id = r.connection_id and c.bridge_id = p_bridge_id
        inner join ops.presence as p
            on p.tenant_id = c.tenant_id and p.charge_point_id = c.charge_point_id
        where
            p.connection_id = r.connection_id
            and p.last_seen_at < r.seen_at - interval '3 seconds'
        order by p.tenant_id, p.charge_point_id
        for update of p skip locked
    ) as s
    where p.tenant_id = s.tenant_id and p.charge_point_id = s.charge_point_id;

    return array(
        select r.connection_id
        from unnest(p_connection_ids) as r (connection_id)
        left join ops.connections as c on c.id = r.connection_id and c.bridge_id = p_bridge_id
        left join core.charge_points as cp
            on cp.tenant_id = c.tenant_id and cp.id = c.charge_point_id
        left join core.tenants as t on t.id = c.tenant_id
        where c.closed_at is not null or (cp.is_enabled and t.is_active) is not true
        order by r.connection_id
    );
end;
$$;
revoke all on function ocpp.keep_alive(uuid, bigint[], timestamptz[]) from public;
grant execute on function ocpp.keep_alive(uuid, bigint[], timestamptz[]) to bridge;
comment on function ocpp.keep_alive(uuid, bigint[], timestamptz[]) is
    'Report a bridge''s open sockets and their last sign of life; returns those it must close.';

-- db/code/ocpp/list_solo_actions.sql ----------------------------------------

-- Actions that the bridge puts in a batch of their own.
--
-- They lock rows that chargers share (an id token's running sessions): side by side in two
-- large batches they would wait for each other or deadlock.
-- Called by: ocpp.start_bridge.
create or replace function ocpp.list_solo_actions()
returns text[]
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select array['StartTransaction', 'StopTransaction']
$$;
revoke all on function ocpp.list_solo_actions() from public;
comment on function ocpp.list_solo_actions() is
    'Actions that touch rows which chargers share, and so go in a batch of their own.';

-- db/code/ocpp/list_subprotocols.sql ----------------------------------------

-- WebSocket subprotocols that the database speaks.
--
-- A protocol version exists where its schema does: ocpp16 speaks ocpp1.6, ocpp201 speaks
-- ocpp2.0.1, so a new version is a new schema and no list to keep.
-- Called by: ocpp.start_bridge, ocpp.open_connection.
create or replace function ocpp.list_subprotocols()
returns table (subprotocol text, version text)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select 'ocpp' || v.version, v.version
    from pg_catalog.pg_namespace as n
    cross join lateral (
        select regexp_replace(substr(n.nspname::text, 5), '([0-9])(?=[0-9])', '\1.', 'g')
            as version
    ) as v
    where n.nspname ~ '^ocpp[0-9]{2,3}$'
$$;
revoke all on function ocpp.list_subprotocols() from public;
comment on function ocpp.list_subprotocols() is
    'WebSocket subprotocols that the database speaks, one for each schema ocpp<version>.';

-- db/code/ocpp/log_frames.sql ----------------------------------------

-- Write frames to the message log that no call of ocpp.handle_calls writes.
--
-- Malformed frames (payload is the whole frame), replies from the bridge's cache, answers that
-- nobody waited for, errors that the bridge forms. Arrays run in parallel, one entry a frame;
-- frames of unknown connections are passed over. Secrets are masked, times that no clock of ours
-- can have made become now. The log may lose its last moments in a crash of the database.
-- Security definer: the bridge has no right on any table.
-- Called by: the bridge.
-- Writes:    ops.message_log.
create or replace function ocpp.log_frames(
    p_connection_ids bigint[],
    p_received_at timestamptz[],
    p_directions text[],
    p_message_types smallint[],
    p_message_ids text[],
    p_actions text[],
    p_payloads text[],
    p_errors text[]
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
begin
    perform set_config('synchronous_commit', 'off', true);
    for v_round in 1 .. 2 loop
        begin
            insert into ops.message_log (
                tenant_id, charge_point_id, connection_id, received_at, direction, message_type,
                message_id, action, payload, error_code
            )
            select
                c.tenant_id, c.charge_point_id, c.id,
                case
                    when f.received_at between v_now - interval '1 hour' and v_now
                        then f.received_at
                    else v_now
                end,
                f.direction, f.message_type, left(f.message_id, 200), left(f.action, 200),
                ocpp.mask_payload(coalesce(f.payload, '')), left(f.error_code, 100)
            from unnest(
                p_connection_ids, p_received_at, p_directions, p_message_types, p_message_ids,
                p_actions, p_payloads, p_errors
            ) with ordinality as f (
                connection_id, received_at, direction, message_type, message_id, action, payload,
                error_code, ordinal
            )
            inner join ops.connections as c on c.id = f.connection_id
            order by f.ordinal;
            return;
        exception
            when check_violation then
                -- There is no partition for today: the jobs runner has been away for days.
                if v_round = 2 then
                    raise log 'ocpp: frames are missing in the log: %', sqlerrm;
                else
                    perform jobs.maintain_partitions();
                end if;
        end;
    end loop;
end;
$$;
revoke all on function ocpp.log_frames(
    bigint[], timestamptz[], text[], smallint[], text[], text[], text[], text[]
) from public;
grant execute on function ocpp.log_frames(
    bigint[], timestamptz[], text[], smallint[], text[], text[], text[], text[]
) to bridge;
comment on function ocpp.log_frames(
    bigint[], timestamptz[], text[], smallint[], text[], text[], text[], text[]
) is 'Write frames to the message log that no call of handle_calls writes.';

-- db/code/ocpp/make_event_key.sql ----------------------------------------

-- The natural key of a start or of an orphaned stop: the same event, sent again, has the same.
--
-- Called by: ocpp16.start_transaction, ocpp16.stop_transaction.
-- p_id is the connector of a start or the transaction id of a stop. Times are compared as moments
-- (a retry may write another offset or fraction) and tokens without case. With p_boot_number the
-- time cannot be true: it stands as sent, followed by the number of the boot (rule R3).
create or replace function ocpp.make_event_key(
    p_id text,
    p_id_token text,
    p_reported_at text,
    p_register text,
    p_boot_number bigint
)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_at constant timestamptz := ocpp.parse_timestamp(p_reported_at);
    v_key text;
begin
    v_key := concat_ws(
        '|',
        coalesce(p_id, ''),
        coalesce(lower(p_id_token), ''),
        case
            when p_boot_number is null
                then to_char(v_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            else coalesce(p_reported_at, '') || '|boot ' || p_boot_number
        end,
        coalesce(trim_scale(ocpp.parse_numeric(p_register))::text, p_register, '')
    );
    -- An index entry has at most a third of a page.
    if length(v_key) > 500 then
        return 'sha256 ' || encode(sha256(convert_to(v_key, 'UTF8')), 'hex');
    end if;
    return v_key;
end;
$$;
revoke all on function ocpp.make_event_key(text, text, text, text, bigint) from public;
comment on function ocpp.make_event_key(text, text, text, text, bigint) is
    'The natural key of a start or of an orphaned stop.';

-- db/code/ocpp/mask_payload.sql ----------------------------------------

-- Mask secrets in the text of a frame before it is stored.
--
-- Works on text, because a malformed frame has secrets too and because the log keeps what was
-- sent byte for byte otherwise. Masked are the values of members named like a key, password,
-- token or secret, structures whole; the value of a configuration key named so (OCPP 1.6 §9.1,
-- AuthorizationKey); `name=value` and `name: value` in free text; private keys, JSON web tokens,
-- and user and password within an address (GetDiagnostics, UpdateFirmware). Where a name was
-- written with escapes (pass\u0077ord), the escapes of such letters are stored decoded.
-- An id token is no secret here: people search the log by it.
-- Called by: ocpp.handle_calls, ocpp.log_frames.
create or replace function ocpp.has_secret(p_payload text)
returns boolean
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Stems of every name in ocpp.mask_payload, and any escape that may hide one.
    return p_payload ~*
        'authori[sz]ation|pass|pwd|psk|secret|private|api[_-]?key|credential|(?:^|[^d])token'
        '|(?:^|[^a-z])pin|eyj|://|\\u00[2-7]';
end;
$$;
revoke all on function ocpp.has_secret(text) from public;
comment on function ocpp.has_secret(text) is
    'Cheap test whether a frame may hold a secret; errs on the side of yes.';

create or replace function ocpp.decode_escapes(p_payload text)
returns text
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payload text := p_payload;
    v_escape text;
begin
    -- At most once for each escape that occurs; those of letters, digits, - _ : = and the quote.
    for v_escape in
        select distinct m.match[1]
        from regexp_matches(
            p_payload, '(u00(?:2d|3[0-9ad]|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9a]))', 'gi'
        ) as m (match)
    loop
        v_payload := regexp_replace(
            v_payload,
            '\\+' || v_escape,
            chr(get_byte(decode(right(v_escape, 2), 'hex'), 0)),
            'g'
        );
    end loop;
    -- A quote stays escaped, as it was before it was written in hexadecimal.
    return regexp_replace(v_payload, '(\\+)u0022', '\1"', 'gi');
end;
$$;
revoke all on function ocpp.decode_escapes(text) from public;
comment on function ocpp.decode_escapes(text) is
    'The text of a frame with \u escapes of the characters of names decoded.';

create or replace function ocpp.mask_payload(p_payload text)
returns text
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name constant text := '[a-z0-9_.-]*(?:authori[sz]ation_?key|passw(?:or)?d|passphrase'
        '|passcode|secret|private[_-]?key|api[_-]?key|credential'
        '|(?:access|auth|refresh|bearer|session|security)[_-]?token)[a-z0-9_.-]*'
        '|(?:[a-z0-9]+[_-])?(?:pass|pwd|psk|pin(?:[_-]?code)?)|(?:x[_-])?token'
        '|(?:proxy-)?authori[sz]ation';
    -- A JSON string, or what there is of one in a frame that was cut short.
    v_string constant text := '"(?:[^"\\]|\\.)*(?:"|$)';
    -- What stands between the quotes of a string that is within a string.
    v_inner constant text := '(?:[^"\\]|\\{4}|\\{3}"|\\{2})*';
    v_flat constant text := '[^"{}\[\]]|' || v_string;
    v_structure text := '[{\[](?:' || v_flat || ')*[}\]]';
    v_payload text := p_payload;
    v_decoded text;
begin
    if not ocpp.has_secret(p_payload) then
        return p_payload;
    end if;
    if p_payload ~* '\\u00[2-7]' then
        v_decoded := ocpp.decode_escapes(p_payload);
        -- Decoded only if that shows a secret: the log keeps what was sent.
        if v_decoded <> p_payload then
            v_payload := ocpp.mask_payload(v_decoded);
            if v_payload <> v_decoded then
                return v_payload;
            end if;
            v_payload := p_payload;
        end if;
    end if;
    -- A structure of structures, four deep; what is deeper ends the frame below.
    for v_depth in 1 .. 3 loop
        v_structure := '[{\[](?:' || v_flat || '|' || v_structure || ')*[}\]]';
    end loop;
    -- {"password":["..."]}
    if v_payload ~* ('"(?:' || v_name || '|value)"\s*:\s*[{\[]') then
        v_payload := regexp_replace(
            v_payload, '("(?:' || v_name || ')"\s*:\s*)' || v_structure, '\1"***"', 'gi'
        );
        v_payload := regexp_replace(
            v_payload, '("(?:' || v_name || ')"\s*:\s*)[{\[].*$', '\1"***"', 'i'
        );
    end if;
    -- {"password":"..."}, {"password":1}
    v_payload := regexp_replace(
        v_payload,
        '("(?:' || v_name || ')"\s*:\s*)(?:' || v_string || '|[^\s"{}\[\],][^"{}\[\],]*)',
        '\1"***"',
        'gi'
    );
    -- {"key":"AuthorizationKey","readonly":false,"value":"..."}, in any order
    if v_payload ~* ('"key"\s*:\s*"(?:' || v_name || ')"') then
        v_payload := regexp_replace(
            v_payload,
            '("key"\s*:\s*"(?:' || v_name || ')"(?:' || v_flat || '|' || v_structure
            || ')*"value"\s*:\s*)(?:' || v_string || '|' || v_structure || '|[^\s"{}\[\],]+)',
            '\1"***"',
            'gi'
        );
        v_payload := regexp_replace(
            v_payload,
            '("value"\s*:\s*)(?:' || v_string || '|' || v_structure || '|[^\s"{}\[\],]+)'
            || '((?:' || v_flat || '|' || v_structure || ')*"key"\s*:\s*"(?:' || v_name || ')")',
            '\1"***"\2',
            'gi'
        );
    end if;
    -- The same within a string, as DataTransfer carries it: {\"password\":\"...\"}
    if strpos(v_payload, '\"') > 0 then
        v_payload := regexp_replace(
            v_payload,
            '(\\+"(?:' || v_name || ')\\+"\s*:\s*\\+")' || v_inner,
            '\1***',
            'gi'
        );
        v_payload := regexp_replace(
            v_payload,
            '((\\+)"(?:' || v_name || ')\\+"\s*:\s*)'
            '(?:[{\[](?:[^{}\[\]]|[{\[][^{}\[\]]*[}\]])*(?:[}\]]|$)|[^\s"\\{}\[\],]+)',
            '\1\2"***\2"',
            'gi'
        );
        v_payload := regexp_replace(
            v_payload,
            '(\\+"key\\+"\s*:\s*\\+"(?:' || v_name
            || ')\\+"[^{}]*\\+"value\\+"\s*:\s*\\+")' || v_inner,
            '\1***',
            'gi'
        );
        v_payload := regexp_replace(
            v_payload,
            '(\\+"value\\+"\s*:\s*\\+")' || v_inner
            || '(\\+"[^{}]*\\+"key\\+"\s*:\s*\\+"(?:' || v_name || ')\\+")',
            '\1***\2',
            'gi'
        );
    end if;
    v_payload := regexp_replace(
        v_payload,
        '-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(-----END [A-Z ]*PRIVATE KEY-----)?',
        '***',
        'g'
    );
    -- JSON web tokens: base64 of {" and a dot.
    v_payload := regexp_replace(
        v_payload, 'eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)*', '***', 'g'
    );
    -- ftp://user:password@host/, https://host/?token=...
    v_payload := regexp_replace(v_payload, '(://)[^/@\s"]+@', '\1***@', 'g');
    v_payload := regexp_replace(
        v_payload,
        '([?&][a-z0-9_-]*(?:token|sig|signature|password|secret|key)=)[^&"\s]*',
        '\1***',
        'gi'
    );
    -- AuthorizationKey=...; Password: ...
    v_payload := regexp_replace(
        v_payload,
        '((?:\m|\\[nrt])(?:' || v_name || ')\s*[=:]\s*(?:(?:basic|bearer)\s+)?)'
        '(?:\\+"[^"\\]*|(?:[^\s"\\;,&{}\[\]]|\\\\)+)',
        '\1***',
        'gi'
    );
    return v_payload;
end;
$$;
revoke all on function ocpp.mask_payload(text) from public;
comment on function ocpp.mask_payload(text) is
    'The text of a frame with its secrets replaced by ***.';

-- db/code/ocpp/open_connection.sql ----------------------------------------

-- Decide on the handshake of a charger, and open its connection.
--
-- p_path:     segments of the address after the bridge's prefix, percent-decoded once, no empty
--             ones. The last is the identity (OCPP-J 1.6 §3.1.1); the one before it names the
--             tenant where it is a tenant's slug and is passed over otherwise (quirk 5).
-- p_password: the bytes behind the first colon of the Basic credentials.
-- Returned is what the bridge answers: status 101 with connection_id, identity and subprotocol
-- (to be named in the handshake only if the client offered it); 101 with connection_id null,
-- close_code and close_reason (finish the handshake without a subprotocol, then close:
-- OCPP-J 1.6 §3.2); or another status with a reason for our log.
--
-- An unknown charger and a wrong key get the same 401 after the same work. Refusals of a known
-- charge point are counted in one row a minute. An accepted connection is a new epoch: the one
-- before it is closed, and ops.presence points at the new one.
-- Security definer: the bridge has no right on any table.
-- Called by: the bridge, once a handshake.
-- Writes:    ops.presence (row locked), ops.connections, core.charge_point_keys,
--            core.charge_points, core.unknown_charge_points.
create or replace function ocpp.open_connection(
    p_bridge_id uuid,
    p_path text[],
    p_username text,
    p_password bytea,
    p_offered_subprotocols text[],
    p_remote_address text,
    p_is_tls boolean,
    p_user_agent text
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_identity constant text := p_path[cardinality(p_path)];
    v_offered constant text[] := coalesce(p_offered_subprotocols, '{}');
    v_tenant_id bigint;
    v_charge_point core.charge_points;
    v_key record;
    v_connection ops.connections;
    v_refusal text;
    v_status integer := 401;
begin
    -- The charset of OCPP 2.0.1 part 4 §3.1.1, without the colon that Basic splits at.
    if v_identity is null or v_identity !~ '^[!-9;-~]{1,48}$' then
        return jsonb_build_object('status', 404, 'reason', 'no identity in the path');
    end if;
    if not exists (select from ops.bridges as b where b.id = p_bridge_id) then
        return jsonb_build_object('status', 503, 'reason', 'unknown bridge');
    end if;

    select t.id into v_tenant_id
    from core.tenants as t
    where t.slug = lower(p_path[cardinality(p_path) - 1]);
    select cp.* into v_charge_point
    from core.charge_point_identities as i
    inner join core.charge_points as cp on cp.tenant_id = i.tenant_id and cp.id = i.charge_point_id
    where
        i.identity_key = lower(v_identity)
        and i.tenant_id = coalesce(v_tenant_id, i.tenant_id);
    -- Whatever was found: the same work.
    select k.key_id, k.is_hex_form into v_key
    from fleet.find_charge_point_key(v_charge_point.tenant_id, v_charge_point.id, p_password) as k;

    v_refusal := case
        when v_charge_point.id is null then 'unknown_charge_point'
        when v_charge_point.security_profile = 0 then null
        when v_charge_point.security_profile = 3 then 'needs_client_certificate'
        when v_charge_point.security_profile = 2 and p_is_tls is not true then 'needs_tls'
        when p_password is null then 'no_credentials'
        -- OCPP 1.6 Security Whitepaper A00.FR.204.
        when lower(p_username) is distinct from lower(v_identity) then 'wrong_user_name'
        when v_key.key_id is null then 'wrong_key'
    end;
    if v_refusal = 'unknown_charge_point' then
        perform set_config('synchronous_commit', 'off', true);
        perform fleet.record_unknown_charge_point(
            v_tenant_id, v_identity, left(p_remote_address, 100), left(p_user_agent, 200),
            v_offered, p_password is not null
        );
        return jsonb_build_object('status', v_status, 'reason', v_refusal);
    end if;

    if v_refusal is null and not (
        v_charge_point.is_enabled
        and (select t.is_active from core.tenants as t where t.id = v_charge_point.tenant_id)
    ) then
        v_refusal := 'disabled';
        v_status := 403;
    end if;
    if v_refusal is null then
        -- OCPP-J 1.6 §3.1.2 wants the header; quirk 1 is for chargers that never send it.
        select l.subprotocol into v_connection.subprotocol
        from unnest(
            case
                when v_offered <> '{}' then v_offered
                else array[v_charge_point.quirks ->> 'assume_subprotocol']
            end
        ) with ordinality as o (subprotocol, ordinal)
        inner join ocpp.list_subprotocols() as l on l.subprotocol = o.subprotocol
        order by o.ordinal
        limit 1;
        if v_connection.subprotocol is null then
            v_refusal := 'no_common_subprotocol';
            v_status := 101;
        end if;
    end if;

    v_connection.tenant_id := v_charge_point.tenant_id;
    v_connection.charge_point_id := v_charge_point.id;
    v_connection.bridge_id := p_bridge_id;
    v_connection.refuse_reason := v_refusal;
    v_connection.remote_address := left(p_remote_address, 100);
    v_connection.user_agent := left(p_user_agent, 200);
    v_connection.is_tls := coalesce(p_is_tls, false);
    if v_refusal is not null then
        perform set_config('synchronous_commit', 'off', true);
        perform fleet.record_refusal(v_connection);
        return jsonb_build_object('status', v_status) || case
            when v_status = 101 then jsonb_build_object(
                'connection_id', null,
                'subprotocol', null,
                'close_code', 1002,
                'close_reason', 'no common subprotocol'
            )
            else jsonb_build_object('reason', v_refusal)
        end;
    end if;

    v_connection.security_profile := v_charge_point.security_profile;
    v_connection.flags := array_remove(
        array[
            case when v_offered = '{}' then 'assumed_subprotocol' end,
            case when v_key.is_hex_form then 'hex_key' end,
            case when v_key.key_id is null then 'no_key' end
        ],
        null
    );
    v_connection := fleet.begin_connection(v_connection);
    perform fleet.note_charge_point_key_use(
        v_charge_point.tenant_id, v_charge_point.id, v_key.key_id
    );
    update core.charge_points as cp
    set ocpp_version = substr(v_connection.subprotocol, length('ocpp') + 1)
    where
        cp.tenant_id = v_charge_point.tenant_id
        and cp.id = v_charge_point.id
        and cp.ocpp_version is distinct from substr(v_connection.subprotocol, length('ocpp') + 1);
    return jsonb_build_object(
        'status', 101,
        'connection_id', v_connection.id,
        'identity', v_charge_point.identity,
        'subprotocol', v_connection.subprotocol
    );
end;
$$;
revoke all on function ocpp.open_connection(
    uuid, text[], text, bytea, text[], text, boolean, text
) from public;
grant execute on function ocpp.open_connection(
    uuid, text[], text, bytea, text[], text, boolean, text
) to bridge;
comment on function ocpp.open_connection(
    uuid, text[], text, bytea, text[], text, boolean, text
) is 'Decide on the handshake of a charger and open its connection.';

-- db/code/ocpp/parse_numeric.sql ----------------------------------------

-- A number out of text as chargers write it, or null.
--
-- Called by: the readers of payloads, charging.record_meter_values.
-- "", "NaN", "Infinity", "12,5" and "0x1F" are null (quirk 57: numeric would take NaN silently),
-- and so is what is beyond 1e12, more than any register or number of OCPP can mean.
create or replace function ocpp.parse_numeric(p_text text)
returns numeric
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_number numeric;
begin
    if
        length(p_text) > 60
        or p_text !~ '^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?\s*$'
    then
        return null;
    end if;
    v_number := p_text::numeric;
    if v_number not between -1e12 and 1e12 then
        return null;
    end if;
    return v_number;
end;
$$;
revoke all on function ocpp.parse_numeric(text) from public;
comment on function ocpp.parse_numeric(text) is
    'A finite number out of a charger''s text, null when it is none or beyond 1e12.';

-- db/code/ocpp/parse_payload.sql ----------------------------------------

-- Read the payload of a call: a JSON object, with null for an empty one (OCPP-J 1.6 §4.2.1).
--
-- Called by: ocpp.handle_calls.
-- Errors:    OCPP1 FormationViolation for JSON that is no object; class 22 or 54 for no JSON.
create or replace function ocpp.strip_nul(p_json text)
returns text
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if strpos(p_json, '\u0000') = 0 then
        return p_json;
    end if;
    -- An escaped backslash before the letters u0000 is no escape of NUL: count the backslashes.
    return regexp_replace(p_json, '(?<!\\)((?:\\\\)*)\\u0000', '\1', 'g');
end;
$$;
revoke all on function ocpp.strip_nul(text) from public;
comment on function ocpp.strip_nul(text) is
    'JSON text without escapes of NUL, which jsonb cannot hold.';

create or replace function ocpp.drop_half_surrogates(p_json text)
returns text
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    -- Escaped backslashes and whole pairs are matched so that they are kept (\1); half of a
    -- pair names no character and goes.
    select regexp_replace(
        p_json,
        '(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})'
        '|\\u[dD][89a-fA-F][0-9a-fA-F]{2}',
        '\1',
        'g'
    )
$$;
revoke all on function ocpp.drop_half_surrogates(text) from public;
comment on function ocpp.drop_half_surrogates(text) is
    'JSON text without escapes of half a surrogate pair, which jsonb refuses.';

create or replace function ocpp.parse_payload(p_payload text)
returns jsonb
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payload constant jsonb := ocpp.strip_nul(coalesce(p_payload, 'null'))::jsonb;
begin
    case jsonb_typeof(v_payload)
        when 'object' then
            return v_payload;
        when 'null' then
            return '{}';
        else
            raise exception using
                errcode = 'OCPP1',
                message = 'the payload is not a JSON object',
                detail = 'FormationViolation';
    end case;
end;
$$;
revoke all on function ocpp.parse_payload(text) from public;
comment on function ocpp.parse_payload(text) is
    'The payload of a call as a JSON object; null means an empty one.';

-- db/code/ocpp/parse_timestamp.sql ----------------------------------------

-- A moment out of ISO 8601 text as chargers write it, or null.
--
-- Called by: ocpp.judge_timestamp, charging.record_meter_values.
-- Fractions and offsets are read (OCPP 1.6 errata §3.10); a missing zone means UTC (§3.13 of
-- OCPP 1.6 recommends it), a missing second zero. A date that does not exist is null. Whether
-- the moment can be true is ocpp.judge_timestamp's question.
create or replace function ocpp.parse_timestamp(p_text text)
returns timestamptz
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_text text;
begin
    if
        length(p_text) > 60
        or p_text !~ (
            '^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?'
            '\s*([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)?\s*$'
        )
    then
        return null;
    end if;
    v_text := replace(upper(btrim(p_text)), ',', '.');
    if v_text !~ '(Z|[+-][0-9]{2}(:?[0-9]{2})?)$' then
        v_text := v_text || 'Z';
    end if;
    if pg_input_is_valid(v_text, 'timestamptz') then
        return v_text::timestamptz;
    end if;
    return null;
end;
$$;
revoke all on function ocpp.parse_timestamp(text) from public;
comment on function ocpp.parse_timestamp(text) is
    'A moment out of ISO 8601 text, null when it is none; without a zone it is UTC.';

-- db/code/ocpp/refuse_payload.sql ----------------------------------------

-- Refuse a call because of one field, with the error code of OCPP-J 1.6 §4.2.3 that fits.
--
-- Called by: handlers of messages of which nothing could be stored without the field. Never by
-- those of transactions: a CALLERROR burns the charger's retries and then loses the session.
-- Errors:    OCPP1 always: OccurenceConstraintViolation (the specification's spelling) when the
--            field is absent, TypeConstraintViolation when it is a list, an object or unreadable,
--            PropertyConstraintViolation when its value is out of range.
create or replace function ocpp.refuse_payload(p_payload jsonb, p_key text)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'OCPP1',
        message = case
            when coalesce(jsonb_typeof(p_payload -> p_key), 'null') = 'null'
                then format('%s is required', p_key)
            else format('%s is not usable', p_key)
        end,
        detail = case
            when coalesce(jsonb_typeof(p_payload -> p_key), 'null') = 'null'
                then 'OccurenceConstraintViolation'
            when ocpp.get_numeric(p_payload, p_key) is not null
                or p_payload ->> p_key = ''
                then 'PropertyConstraintViolation'
            else 'TypeConstraintViolation'
        end;
end;
$$;
revoke all on function ocpp.refuse_payload(jsonb, text) from public;
comment on function ocpp.refuse_payload(jsonb, text) is
    'Refuse a call because a field it cannot do without is absent or unusable.';

-- db/code/ocpp/start_bridge.sql ----------------------------------------

-- Register a bridge process and tell it how to work.
--
-- The answer holds every setting named bridge.* under its short name, the protocols by
-- subprotocol, and the actions that are batched alone: the bridge has no defaults of its own.
-- A bridge that starts has no sockets: what an earlier life of the same id left open is closed.
-- Security definer: the bridge has no right on any table.
-- Called by: the bridge, once at its start and after each loss of the database.
-- Writes:    ops.bridges, ops.connections, ops.presence.
create or replace function ocpp.start_bridge(p_bridge_id uuid, p_host text)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.bridges as b (id, host)
    values (p_bridge_id, left(coalesce(p_host, ''), 200))
    on conflict (id) do update
        set host = excluded.host,
            started_at = excluded.started_at,
            last_seen_at = excluded.last_seen_at,
            stopped_at = null;
    perform fleet.end_connections(
        array(
            select c.id
            from ops.connections as c
            where c.bridge_id = p_bridge_id and c.closed_at is null
        ),
        1012,
        'bridge restarted'
    );
    return (
        select jsonb_object_agg(substr(s.name, length('bridge.') + 1), s.value)
        from ops.settings as s
        where s.name like 'bridge.%'
    ) || jsonb_build_object(
        'protocols', (
            select jsonb_object_agg(l.subprotocol, l.version)
            from ocpp.list_subprotocols() as l
        ),
        'solo_actions', to_jsonb(ocpp.list_solo_actions())
    );
end;
$$;
revoke all on function ocpp.start_bridge(uuid, text) from public;
grant execute on function ocpp.start_bridge(uuid, text) to bridge;
comment on function ocpp.start_bridge(uuid, text) is
    'Register a bridge process, close what its earlier life left open and return its settings.';

-- db/code/ocpp/stop_bridge.sql ----------------------------------------

-- Take leave of a bridge process: its connections are closed and its chargers offline.
--
-- Security definer: the bridge has no right on any table.
-- Called by: the bridge, when it has drained.
-- Writes:    ops.bridges, ops.connections, ops.presence.
create or replace function ocpp.stop_bridge(p_bridge_id uuid)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update ops.bridges as b
    set stopped_at = now(), last_seen_at = now()
    where b.id = p_bridge_id and b.stopped_at is null;
    perform fleet.end_connections(
        array(
            select c.id
            from ops.connections as c
            where c.bridge_id = p_bridge_id and c.closed_at is null
        ),
        1012,
        'bridge stopped'
    );
end;
$$;
revoke all on function ocpp.stop_bridge(uuid) from public;
grant execute on function ocpp.stop_bridge(uuid) to bridge;
comment on function ocpp.stop_bridge(uuid) is
    'Close every connection of a bridge process that stops.';

-- db/code/ocpp/trim_text.sql ----------------------------------------

-- Text without control characters and blanks at its ends, null when nothing is left.
--
-- Called by: the readers of payloads. Chargers append NUL, DLE and line ends to words that are
-- compared (quirks 36 and 37); what stands between the ends stays.
create or replace function ocpp.trim_text(p_text text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return nullif(
        btrim(
            p_text,
            E'\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0009\u000a\u000b\u000c\u000d\u000e'
            '\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c'
            '\u001d\u001e\u001f \u007f\u00a0\ufeff'
        ),
        ''
    );
end;
$$;
revoke all on function ocpp.trim_text(text) from public;
comment on function ocpp.trim_text(text) is
    'Text without control characters and blanks at its ends, null when nothing is left.';

-- db/code/ocpp16/authorize.sql ----------------------------------------

-- OCPP 1.6 §4.1, Authorize: may this token charge here?
--
-- Called by: ocpp.handle_calls.
-- Errors:    OCPP1 OccurenceConstraintViolation without idTag, TypeConstraintViolation for one
--            that is no text.
create or replace function ocpp16.authorize(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id_token constant text := ocpp.get_text(p_payload, 'idTag');
begin
    if v_id_token is null then
        perform ocpp.refuse_payload(p_payload, 'idTag');
    end if;
    return jsonb_build_object(
        'idTagInfo',
        charging.get_id_token_info(
            charging.authorize_id_token(
                p_call.tenant_id, p_call.charge_point_id, v_id_token, 'authorize',
                p_call.received_at, null
            )
        )
    );
end;
$$;
revoke all on function ocpp16.authorize(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.authorize(ops.ocpp_call, jsonb) is
    'OCPP 1.6 Authorize: whether a token may charge at this charge point.';

-- db/code/ocpp16/boot_notification.sql ----------------------------------------

-- OCPP 1.6 §4.2, BootNotification: the charge point says what it is and learns the time.
--
-- Called by: ocpp.handle_calls.
-- Texts may be longer than OCPP allows (quirk 49); 500 characters of each are kept, and the
-- message log has the whole. chargeBoxSerialNumber is the deprecated name of
-- chargePointSerialNumber (§6.3) and read where that is absent.
create or replace function ocpp16.boot_notification(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_device core.charge_points;
    v_boot record;
begin
    v_device.vendor := left(ocpp.get_text(p_payload, 'chargePointVendor'), 500);
    v_device.model := left(ocpp.get_text(p_payload, 'chargePointModel'), 500);
    v_device.serial_number := left(
        coalesce(
            ocpp.get_text(p_payload, 'chargePointSerialNumber'),
            ocpp.get_text(p_payload, 'chargeBoxSerialNumber')
        ),
        500
    );
    v_device.firmware_version := left(ocpp.get_text(p_payload, 'firmwareVersion'), 500);
    v_device.iccid := left(ocpp.get_text(p_payload, 'iccid'), 500);
    v_device.imsi := left(ocpp.get_text(p_payload, 'imsi'), 500);
    v_device.meter_type := left(ocpp.get_text(p_payload, 'meterType'), 500);
    v_device.meter_serial_number := left(ocpp.get_text(p_payload, 'meterSerialNumber'), 500);
    v_device.ocpp_version := '1.6';
    v_boot := fleet.record_boot(
        p_call.tenant_id, p_call.charge_point_id, v_device, p_call.received_at
    );
    return jsonb_build_object(
        'status', v_boot.registration_status,
        'currentTime', ocpp.format_timestamp(clock_timestamp()),
        'interval', v_boot.interval_s
    );
end;
$$;
revoke all on function ocpp16.boot_notification(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.boot_notification(ops.ocpp_call, jsonb) is
    'OCPP 1.6 BootNotification: keep what the charge point is, answer time and interval.';

-- db/code/ocpp16/data_transfer.sql ----------------------------------------

-- OCPP 1.6 §4.3, DataTransfer: a vendor's own message, of which we know none.
--
-- Called by: ocpp.handle_calls, whose message log keeps the message.
-- Errors:    OCPP1 OccurenceConstraintViolation without vendorId.
create or replace function ocpp16.data_transfer(
    p_call ops.ocpp_call,
    p_payload jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if ocpp.get_text(p_payload, 'vendorId') is null then
        perform ocpp.refuse_payload(p_payload, 'vendorId');
    end if;
    return '{"status": "UnknownVendorId"}';
end;
$$;
revoke all on function ocpp16.data_transfer(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.data_transfer(ops.ocpp_call, jsonb) is
    'OCPP 1.6 DataTransfer: answer that the vendor''s messages are not known here.';

-- db/code/ocpp16/diagnostics_status_notification.sql ----------------------------------------

-- OCPP 1.6 §4.4, DiagnosticsStatusNotification: how an upload of diagnostics goes.
--
-- Called by: ocpp.handle_calls, whose message log keeps the message.
-- Errors:    OCPP1 OccurenceConstraintViolation without status.
create or replace function ocpp16.diagnostics_status_notification(
    p_call ops.ocpp_call,
    p_payload jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if ocpp.get_text(p_payload, 'status') is null then
        perform ocpp.refuse_payload(p_payload, 'status');
    end if;
    return '{}';
end;
$$;
revoke all on function ocpp16.diagnostics_status_notification(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.diagnostics_status_notification(ops.ocpp_call, jsonb) is
    'OCPP 1.6 DiagnosticsStatusNotification: acknowledge.';

-- db/code/ocpp16/firmware_status_notification.sql ----------------------------------------

-- OCPP 1.6 §4.5, FirmwareStatusNotification: how a firmware update goes.
--
-- Called by: ocpp.handle_calls, whose message log keeps the message.
-- Errors:    OCPP1 OccurenceConstraintViolation without status.
create or replace function ocpp16.firmware_status_notification(
    p_call ops.ocpp_call,
    p_payload jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if ocpp.get_text(p_payload, 'status') is null then
        perform ocpp.refuse_payload(p_payload, 'status');
    end if;
    return '{}';
end;
$$;
revoke all on function ocpp16.firmware_status_notification(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.firmware_status_notification(ops.ocpp_call, jsonb) is
    'OCPP 1.6 FirmwareStatusNotification: acknowledge.';

-- db/code/ocpp16/heartbeat.sql ----------------------------------------

-- OCPP 1.6 §4.6, Heartbeat: a sign of life, answered with the time.
--
-- Called by: ocpp.handle_calls, which notes the sign of life of every message.
create or replace function ocpp16.heartbeat(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return jsonb_build_object('currentTime', ocpp.format_timestamp(clock_timestamp()));
end;
$$;
revoke all on function ocpp16.heartbeat(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.heartbeat(ops.ocpp_call, jsonb) is
    'OCPP 1.6 Heartbeat: answer the time.';

-- db/code/ocpp16/log_status_notification.sql ----------------------------------------

-- OCPP 1.6 security whitepaper, LogStatusNotification: how an upload of a log goes.
--
-- Called by: ocpp.handle_calls, whose message log keeps the message.
-- Errors:    OCPP1 OccurenceConstraintViolation without status.
create or replace function ocpp16.log_status_notification(
    p_call ops.ocpp_call,
    p_payload jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if ocpp.get_text(p_payload, 'status') is null then
        perform ocpp.refuse_payload(p_payload, 'status');
    end if;
    return '{}';
end;
$$;
revoke all on function ocpp16.log_status_notification(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.log_status_notification(ops.ocpp_call, jsonb) is
    'OCPP 1.6 LogStatusNotification: acknowledge.';

-- db/code/ocpp16/meter_values.sql ----------------------------------------

-- OCPP 1.6 §4.7, MeterValues: readings of a connector, or of the main meter (connector 0).
--
-- Called by: ocpp.handle_calls.
-- Never refused: what cannot be read is kept as sent. Readings with a transaction id that no
-- session of this charge point has, or has any more, stay unattached (quirks 68 and 69). Readings
-- of another EVSE than the session's, or of the main meter, do not touch its live figures.
create or replace function ocpp16.meter_values(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_connector_id constant integer := ocpp.get_integer(p_payload, 'connectorId');
    v_transaction_id constant text := ocpp.get_text(p_payload, 'transactionId');
    v_session_id bigint;
    v_attach_until timestamptz;
    v_session_evse_no smallint;
    v_evse_no smallint;
begin
    if v_transaction_id is not null then
        -- The charge point is part of every look-up by a transaction id (rule R5). A charger may
        -- stamp its last reading a moment after the stop.
        select
            s.id, e.evse_no,
            case when s.state = 'ended' then s.ended_at + interval '1 minute' end
        into v_session_id, v_session_evse_no, v_attach_until
        from core.sessions as s
        left join core.evses as e on e.tenant_id = s.tenant_id and e.id = s.evse_id
        where
            s.tenant_id = p_call.tenant_id
            and s.charge_point_id = p_call.charge_point_id
            and s.transaction_id = v_transaction_id;
    end if;
    if v_connector_id between 1 and 1000 then
        select e.evse_no into v_evse_no
        from core.connectors as c
        inner join core.evses as e on e.tenant_id = c.tenant_id and e.id = c.evse_id
        where
            c.tenant_id = p_call.tenant_id
            and c.charge_point_id = p_call.charge_point_id
            and c.ocpp16_connector_id = v_connector_id;
        v_evse_no := coalesce(v_evse_no, v_connector_id::smallint);
    elsif v_connector_id is distinct from 0 then
        v_evse_no := v_session_evse_no;
    end if;

    perform charging.record_meter_values(
        p_call.tenant_id, p_call.charge_point_id, coalesce(v_evse_no, 0::smallint), v_session_id,
        v_transaction_id, v_attach_until, p_call.received_at, p_payload -> 'meterValue',
        coalesce(v_session_evse_no <> coalesce(v_evse_no, 0), false)
    );
    return '{}';
end;
$$;
revoke all on function ocpp16.meter_values(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.meter_values(ops.ocpp_call, jsonb) is
    'OCPP 1.6 MeterValues: keep the readings, unattached where no session claims them.';

-- db/code/ocpp16/security_event_notification.sql ----------------------------------------

-- OCPP 1.6 security whitepaper, SecurityEventNotification: something that matters to security.
--
-- Called by: ocpp.handle_calls, whose message log keeps the message.
-- Errors:    OCPP1 OccurenceConstraintViolation without type.
create or replace function ocpp16.security_event_notification(
    p_call ops.ocpp_call,
    p_payload jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if ocpp.get_text(p_payload, 'type') is null then
        perform ocpp.refuse_payload(p_payload, 'type');
    end if;
    return '{}';
end;
$$;
revoke all on function ocpp16.security_event_notification(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.security_event_notification(ops.ocpp_call, jsonb) is
    'OCPP 1.6 SecurityEventNotification: acknowledge, or the charger repeats it for ever.';

-- db/code/ocpp16/signed_firmware_status_notification.sql ----------------------------------------

-- OCPP 1.6 security whitepaper, SignedFirmwareStatusNotification: how a signed update goes.
--
-- Called by: ocpp.handle_calls, whose message log keeps the message.
-- Errors:    OCPP1 OccurenceConstraintViolation without status.
create or replace function ocpp16.signed_firmware_status_notification(
    p_call ops.ocpp_call,
    p_payload jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if ocpp.get_text(p_payload, 'status') is null then
        perform ocpp.refuse_payload(p_payload, 'status');
    end if;
    return '{}';
end;
$$;
revoke all on function ocpp16.signed_firmware_status_notification(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.signed_firmware_status_notification(ops.ocpp_call, jsonb) is
    'OCPP 1.6 SignedFirmwareStatusNotification: acknowledge.';

-- db/code/ocpp16/start_transaction.sql ----------------------------------------

-- OCPP 1.6 §4.8, StartTransaction: a session began, whatever we think of it.
--
-- Called by: ocpp.handle_calls.
-- Never refused. The natural key of a start is connector, token, time and register (rule R3);
-- where the time cannot be true the number of the boot joins it, or two sessions of a charger
-- without a clock would merge (quirk 59). Flags of the session tell what was odd:
--     start_<flag of ocpp.judge_timestamp>, connector_unknown, id_token_missing,
--     meter_start_missing, schema_violation
create or replace function ocpp16.start_transaction(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id_token constant text := charging.clean_id_token(ocpp.get_text(p_payload, 'idTag'));
    v_reported constant text := ocpp.get_text(p_payload, 'timestamp');
    v_meter_start_wh constant numeric := ocpp.get_numeric(p_payload, 'meterStart');
    v_connector core.connectors;
    v_time record;
    v_boot_number bigint;
    v_session core.sessions;
begin
    v_connector := fleet.ensure_connector(
        p_call.tenant_id, p_call.charge_point_id, ocpp.get_integer(p_payload, 'connectorId')
    );
    v_time := ocpp.judge_timestamp(v_reported, p_call.received_at);
    select coalesce(max(p.boot_number), 0) into v_boot_number
    from ops.presence as p
    where p.tenant_id = p_call.tenant_id and p.charge_point_id = p_call.charge_point_id;

    v_session := charging.start_session(
        p_call.tenant_id, p_call.charge_point_id, v_connector, 'ocpp1.6',
        ocpp.make_event_key(
            ocpp.get_text(p_payload, 'connectorId'), v_id_token, v_reported,
            p_payload ->> 'meterStart',
            case
                when v_time.flag in ('time_missing', 'time_unreadable', 'time_implausible')
                    then v_boot_number
            end
        ),
        v_id_token, v_time.happened_at, left(v_reported, 64), p_call.received_at, v_meter_start_wh,
        ocpp.get_integer(p_payload, 'reservationId'), v_boot_number,
        array_remove(
            array[
                'start_' || v_time.flag,
                case when v_connector.id is null then 'connector_unknown' end,
                case when v_id_token is null then 'id_token_missing' end,
                case when v_meter_start_wh is null then 'meter_start_missing' end,
                case when p_call.violations is not null then 'schema_violation' end
            ],
            null
        )
    );
    return jsonb_build_object(
        'transactionId', v_session.transaction_id::integer,
        'idTagInfo',
        charging.restate_id_token_info(
            p_call.tenant_id, v_session.id_token, v_session.authorization_status
        )
    );
end;
$$;
revoke all on function ocpp16.start_transaction(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.start_transaction(ops.ocpp_call, jsonb) is
    'OCPP 1.6 StartTransaction: record the session and say whether its token is accepted.';

-- db/code/ocpp16/status_notification.sql ----------------------------------------

-- OCPP 1.6 §4.9, StatusNotification: the state of a connector, or of the charge point (0).
--
-- Called by: ocpp.handle_calls.
-- A number never seen becomes a connector, as far as fleet.ensure_connector lets it: the states
-- of one that did not go to the history alone. An absent status is kept as Unknown. 500
-- characters of each text are kept; the message log has the whole.
-- Errors:    OCPP1 OccurenceConstraintViolation or the like for a connectorId that cannot be a
--            connector: there is nothing to keep a state of.
create or replace function ocpp16.status_notification(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_connector_id constant integer := ocpp.get_integer(p_payload, 'connectorId');
    v_status constant text := coalesce(left(ocpp.get_text(p_payload, 'status'), 500), 'Unknown');
    v_connector core.connectors;
    v_time record;
begin
    if v_connector_id is null or v_connector_id not between 0 and 1000 then
        perform ocpp.refuse_payload(p_payload, 'connectorId');
    end if;
    v_connector := fleet.ensure_connector(
        p_call.tenant_id, p_call.charge_point_id, v_connector_id
    );
    v_connector.ocpp16_connector_id := v_connector_id;
    -- The timestamp is optional (§6.47).
    v_time := ocpp.judge_timestamp(ocpp.get_text(p_payload, 'timestamp'), p_call.received_at);
    if
        fleet.record_connector_status(
            p_call.tenant_id, p_call.charge_point_id, v_connector, v_status,
            left(ocpp.get_text(p_payload, 'errorCode'), 500),
            left(ocpp.get_text(p_payload, 'info'), 500),
            left(ocpp.get_text(p_payload, 'vendorId'), 500),
            left(ocpp.get_text(p_payload, 'vendorErrorCode'), 500),
            v_time.happened_at, p_call.received_at
        )
        and v_connector.id is not null
    then
        perform charging.apply_connector_status(
            v_connector, v_status, v_time.happened_at, p_call.received_at
        );
    end if;
    return '{}';
end;
$$;
revoke all on function ocpp16.status_notification(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.status_notification(ops.ocpp_call, jsonb) is
    'OCPP 1.6 StatusNotification: keep the state and carry it over to the session.';

-- db/code/ocpp16/stop_transaction.sql ----------------------------------------

-- OCPP 1.6 §4.10, StopTransaction: a session ended, whatever we know of it.
--
-- Called by: ocpp.handle_calls.
-- Never refused: a stop of no session makes one (rule R6), and one that comes again is answered
-- as before. transactionData is kept first, so that the energy is checked against it; what cannot
-- be kept of it never costs the stop. Flags of the session tell what was odd:
--     stop_<flag of ocpp.judge_timestamp>, meter_stop_missing, matched_without_id,
--     matched_by_guess (without id, though the stop had somebody else's: held),
--     readings_unreadable, schema_violation
create or replace function ocpp16.stop_transaction(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_transaction_id constant text := ocpp.get_text(p_payload, 'transactionId');
    v_id_token constant text := charging.clean_id_token(ocpp.get_text(p_payload, 'idTag'));
    v_reported constant text := ocpp.get_text(p_payload, 'timestamp');
    v_meter_stop_wh constant numeric := trim_scale(
        round(ocpp.get_numeric(p_payload, 'meterStop'), 3)
    );
    v_time record;
    v_stop_key text;
    v_session core.sessions;
    v_is_by_id boolean;
    v_has_foreign_id constant boolean :=
        coalesce(ocpp.parse_numeric(v_transaction_id) > 0, v_transaction_id is not null);
    v_has_unreadable_data boolean := false;
    v_is_orphan boolean;
    v_status text;
begin
    v_time := ocpp.judge_timestamp(v_reported, p_call.received_at);
    v_stop_key := ocpp.make_event_key(
        v_transaction_id, v_id_token, v_reported, p_payload ->> 'meterStop',
        case
            when v_time.flag in ('time_missing', 'time_unreadable', 'time_implausible')
                then coalesce(
                    (
                        select p.boot_number
                        from ops.presence as p
                        where
                            p.tenant_id = p_call.tenant_id
                            and p.charge_point_id = p_call.charge_point_id
                    ),
                    0
                )
        end
    );
    v_session := charging.find_session_of_stop(
        p_call.tenant_id, p_call.charge_point_id, v_transaction_id, v_stop_key, v_id_token,
        v_time.happened_at, v_time.flag is null or v_time.flag = 'clock_off_whole_hours',
        v_meter_stop_wh
    );
    v_is_by_id := coalesce(v_session.transaction_id = v_transaction_id, false);
    v_is_orphan := v_session.id is null;
    if v_is_orphan then
        v_session := charging.create_orphan_session(
            p_call.tenant_id, p_call.charge_point_id, 'ocpp1.6', v_transaction_id, v_stop_key,
            v_id_token, v_time.happened_at, p_call.received_at
        );
    end if;

    begin
        perform charging.record_meter_values(
            p_call.tenant_id, p_call.charge_point_id,
            coalesce(
                (
                    select e.evse_no
                    from core.evses as e
                    where e.tenant_id = v_session.tenant_id and e.id = v_session.evse_id
                ),
                0::smallint
            ),
            v_session.id, v_session.transaction_id, null, p_call.received_at,
            p_payload -> 'transactionData'
        );
    exception
        -- Class 22, and values that a column or a partition does not take.
        when data_exception or check_violation then
            v_has_unreadable_data := true;
    end;
    if v_is_orphan then
        v_session := charging.complete_orphan_session(v_session);
    end if;

    -- What was decided when the stop came first holds when it comes again.
    if v_id_token is not null then
        if
            v_session.state = 'ended'
            and lower(v_session.stop_id_token) = lower(v_id_token)
        then
            v_status := v_session.stop_authorization_status;
        else
            v_status := (
                charging.authorize_id_token(
                    p_call.tenant_id, p_call.charge_point_id, v_id_token, 'stop',
                    v_time.happened_at, v_session.id
                )
            ).status;
        end if;
    end if;

    perform charging.end_session(
        v_session, v_time.happened_at, left(v_reported, 64), p_call.received_at, v_meter_stop_wh,
        -- OCPP 1.6 §4.10: Local is assumed.
        coalesce(left(ocpp.get_text(p_payload, 'reason'), 64), 'Local'),
        v_id_token, v_status, case when not v_is_by_id then v_stop_key end,
        array_remove(
            array[
                'stop_' || v_time.flag,
                case when v_meter_stop_wh is null then 'meter_stop_missing' end,
                case when not v_is_by_id and not v_is_orphan then 'matched_without_id' end,
                case
                    when not v_is_by_id and not v_is_orphan and v_has_foreign_id
                        then 'matched_by_guess'
                end,
                case when v_has_unreadable_data then 'readings_unreadable' end,
                case when p_call.violations is not null then 'schema_violation' end
            ],
            null
        )
    );
    return jsonb_strip_nulls(jsonb_build_object(
        'idTagInfo',
        case
            when v_id_token is not null
                then charging.restate_id_token_info(p_call.tenant_id, v_id_token, v_status)
        end
    ));
end;
$$;
revoke all on function ocpp16.stop_transaction(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.stop_transaction(ops.ocpp_call, jsonb) is
    'OCPP 1.6 StopTransaction: end the session, or make one of the stop.';

-- db/code/ops/job_runs.sql ----------------------------------------

-- Runs of jobs concern the whole installation: the platform reads them.
create policy job_runs_select_platform on ops.job_runs for select to platform
using (true);

grant select (id, job, runner, started_at, finished_at, outcome, detail)
on ops.job_runs to platform;

-- db/code/api/charge_point_group_members.sql ----------------------------------------

-- Which charge points are in which group, writable.
create or replace view api.charge_point_group_members
with (security_invoker = true) as
select
    m.tenant_id,
    m.charge_point_group_id,
    m.charge_point_id
from core.charge_point_group_members as m;
alter view api.charge_point_group_members alter column tenant_id set default claims.tenant_id();

grant select (tenant_id, charge_point_group_id, charge_point_id)
on api.charge_point_group_members to staff, platform;
grant insert (tenant_id, charge_point_group_id, charge_point_id)
on api.charge_point_group_members to staff, platform;
grant delete on api.charge_point_group_members to staff, platform;

comment on view api.charge_point_group_members is 'A charge point being in a group.';
comment on column api.charge_point_group_members.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.charge_point_group_members.charge_point_group_id is 'The group.';
comment on column api.charge_point_group_members.charge_point_id is 'The charge point in it.';

-- db/code/api/charge_point_groups.sql ----------------------------------------

-- Groups of charge points, writable.
create or replace view api.charge_point_groups
with (security_invoker = true) as
select
    g.tenant_id,
    g.id,
    g.name,
    g.description,
    g.created_at,
    g.updated_at
from core.charge_point_groups as g;
alter view api.charge_point_groups alter column tenant_id set default claims.tenant_id();

grant select (tenant_id, id, name, description, created_at, updated_at)
on api.charge_point_groups to staff, platform;
grant insert (tenant_id, name, description) on api.charge_point_groups to staff, platform;
grant update (name, description) on api.charge_point_groups to staff, platform;
grant delete on api.charge_point_groups to staff, platform;

comment on view api.charge_point_groups is 'A set of charge points that rights name.';
comment on column api.charge_point_groups.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.charge_point_groups.id is 'Number of the group.';
comment on column api.charge_point_groups.name is 'Name, unique within the tenant.';
comment on column api.charge_point_groups.description is 'What the group is for.';
comment on column api.charge_point_groups.created_at is 'When the row was made.';
comment on column api.charge_point_groups.updated_at is 'When the row was last changed.';

-- db/code/api/charge_points.sql ----------------------------------------

-- Charge points with their presence and the state of their connectors, writable.
create or replace view api.charge_points
with (security_invoker = true) as
select
    c.tenant_id,
    c.id,
    c.identity,
    c.site_id,
    c.name,
    c.is_enabled,
    c.registration_status,
    c.security_profile,
    c.quirks,
    c.max_power_w,
    c.vendor,
    c.model,
    c.serial_number,
    c.firmware_version,
    c.iccid,
    c.imsi,
    c.meter_type,
    c.meter_serial_number,
    c.ocpp_version,
    c.created_at,
    c.updated_at,
    coalesce(
        (
            select fleet.is_online(p.is_connected, p.last_seen_at, p.heartbeat_interval_s)
            from ops.presence as p
            where p.tenant_id = c.tenant_id and p.charge_point_id = c.id
        ),
        false
    ) as is_online,
    (
        select p.last_seen_at
        from ops.presence as p
        where p.tenant_id = c.tenant_id and p.charge_point_id = c.id
    ) as last_seen_at,
    (
        select o.opened_at
        from ops.presence as p
        inner join ops.connections as o on o.id = p.connection_id
        where p.tenant_id = c.tenant_id and p.charge_point_id = c.id and p.is_connected
    ) as connected_since,
    (
        select p.last_boot_at
        from ops.presence as p
        where p.tenant_id = c.tenant_id and p.charge_point_id = c.id
    ) as last_boot_at,
    (
        select coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'connector_id', k.ocpp16_connector_id,
                    'evse_no', e.evse_no,
                    'connector_no', k.connector_no,
                    'status', k.status,
                    'error_code', k.error_code,
                    'error_info', k.error_info,
                    'since', k.status_at
                )
                order by k.ocpp16_connector_id
            ),
            '[]'
        )
        from core.connectors as k
        inner join core.evses as e on e.tenant_id = k.tenant_id and e.id = k.evse_id
        where k.tenant_id = c.tenant_id and k.charge_point_id = c.id
    ) as connectors_status
from core.charge_points as c;
alter view api.charge_points alter column tenant_id set default claims.tenant_id();

-- What the scalar subqueries read, for those who read the view.
grant select (
    tenant_id, charge_point_id, connection_id, is_connected, last_seen_at, heartbeat_interval_s,
    last_boot_at
) on ops.presence to staff, customer, platform;
grant select (id, opened_at) on ops.connections to staff, customer, platform;
grant select (
    tenant_id, id, identity, site_id, name, is_enabled, registration_status, security_profile,
    quirks, max_power_w, vendor, model, serial_number, firmware_version, iccid, imsi,
    meter_type, meter_serial_number, ocpp_version, created_at, updated_at, is_online,
    last_seen_at, connected_since, last_boot_at, connectors_status
) on api.charge_points to staff, customer, platform;
grant insert (
    tenant_id, identity, site_id, name, is_enabled, registration_status, security_profile,
    quirks, max_power_w
) on api.charge_points to staff, platform;
grant update (
    identity, site_id, name, is_enabled, registration_status, security_profile, quirks,
    max_power_w
) on api.charge_points to staff, platform;
grant delete on api.charge_points to staff, platform;

comment on view api.charge_points is
    E'A charging station: what operators decide about it, what it said at boot, and whether '
    'it is there.\n'
    'One that has sessions cannot be deleted: set is_enabled to false.';
comment on column api.charge_points.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.charge_points.id is 'Number of the charge point.';
comment on column api.charge_points.identity is
    'OCPP identity: the last part of the address it connects to. Unique across tenants, '
    'whatever its case; never shown to the public.';
comment on column api.charge_points.site_id is 'The site it stands at.';
comment on column api.charge_points.name is 'Name for people.';
comment on column api.charge_points.is_enabled is
    'False: it may not connect. The way to retire a charge point that has sessions.';
comment on column api.charge_points.registration_status is
    'The answer to its BootNotification: Accepted, Pending or Rejected.';
comment on column api.charge_points.security_profile is
    'OCPP security profile, 1 to 3; 0, without a key, is an exception.';
comment on column api.charge_points.quirks is
    'Exceptions for a charger that does not follow OCPP: assume_subprotocol (a text) stands in '
    'for the subprotocol that it does not offer.';
comment on column api.charge_points.max_power_w is
    'Power that the charge point can draw at most, in watts.';
comment on column api.charge_points.vendor is 'Vendor, as reported at boot.';
comment on column api.charge_points.model is 'Model, as reported at boot.';
comment on column api.charge_points.serial_number is 'Serial number, as reported at boot.';
comment on column api.charge_points.firmware_version is 'Firmware version, as reported at boot.';
comment on column api.charge_points.iccid is 'Number of its SIM card, as reported at boot.';
comment on column api.charge_points.imsi is
    'Subscriber number of its SIM card, as reported at boot.';
comment on column api.charge_points.meter_type is 'Type of its meter, as reported at boot.';
comment on column api.charge_points.meter_serial_number is
    'Serial number of its meter, as reported at boot.';
comment on column api.charge_points.ocpp_version is 'OCPP version of its latest connection.';
comment on column api.charge_points.created_at is 'When the row was made.';
comment on column api.charge_points.updated_at is 'When the row was last changed.';
comment on column api.charge_points.is_online is
    'Whether it is connected and gave a sign of life within two heartbeats.';
comment on column api.charge_points.last_seen_at is 'Its latest sign of life.';
comment on column api.charge_points.connected_since is
    'When its present connection was opened; null while it has none.';
comment on column api.charge_points.last_boot_at is 'When it last reported that it had started.';
comment on column api.charge_points.connectors_status is
    'State of each connector: connector_id (OCPP 1.6), evse_no, connector_no, status, '
    'error_code, error_info, since.';

-- db/code/api/charging_sessions.sql ----------------------------------------

-- Charging sessions, read-only. (Casts keep the table's domains out of the API's types.)
create or replace view api.charging_sessions
with (security_invoker = true) as
select
    s.tenant_id,
    s.id,
    s.charge_point_id,
    s.evse_id,
    s.connector_id,
    s.id_token_id,
    s.user_id,
    s.id_token,
    s.protocol,
    s.transaction_id,
    s.state::text as state,
    s.charging_state::text as charging_state,
    s.authorization_status,
    s.authorization_reason,
    s.started_at,
    s.ended_at,
    round(extract(epoch from coalesce(s.ended_at, now()) - s.started_at))::bigint as duration_s,
    s.meter_start_wh::numeric as meter_start_wh,
    s.meter_stop_wh::numeric as meter_stop_wh,
    s.energy_wh::numeric as energy_wh,
    s.last_meter_wh,
    s.last_reading_at,
    s.power_w,
    s.soc_percent::numeric as soc_percent,
    s.stop_reason,
    -- Somebody else may have ended it, and a card's number is enough to charge with.
    case
        when
            coalesce((select claims.role()), '') <> 'customer'
            or lower(s.stop_id_token) = any(array(
                select lower(t.id_token)
                from core.id_tokens as t
                where t.user_id = (select claims.user_id())
            ))
            then s.stop_id_token
    end as stop_id_token,
    s.stop_authorization_status,
    s.hold_reason,
    s.hold_details,
    s.flags,
    s.reservation_id,
    s.started_at_reported,
    s.start_received_at,
    s.ended_at_reported,
    s.stop_received_at,
    s.created_at,
    s.updated_at
from core.sessions as s;

grant select (
    tenant_id, id, charge_point_id, evse_id, connector_id, id_token_id, user_id, id_token,
    protocol, transaction_id, state, charging_state, authorization_status, authorization_reason,
    started_at, ended_at, duration_s, meter_start_wh, meter_stop_wh, energy_wh, last_meter_wh,
    last_reading_at, power_w, soc_percent, stop_reason, stop_id_token, stop_authorization_status,
    hold_reason, hold_details, flags, reservation_id, started_at_reported, start_received_at,
    ended_at_reported, stop_received_at, created_at, updated_at
) on api.charging_sessions to staff, customer, platform;

comment on view api.charging_sessions is
    E'A charging session: who charged where and when, and how much energy it took.\n'
    'Figures of an active session are live. meter_values, session_events, charge_points, evses, '
    'connectors and id_tokens can be embedded.';
comment on column api.charging_sessions.tenant_id is 'The tenant that owns the row.';
comment on column api.charging_sessions.id is 'Number of the session.';
comment on column api.charging_sessions.charge_point_id is 'Where it took place.';
comment on column api.charging_sessions.evse_id is 'The EVSE; null when none is known.';
comment on column api.charging_sessions.connector_id is 'The connector; null when none is known.';
comment on column api.charging_sessions.id_token_id is 'The registered token, if it is one.';
comment on column api.charging_sessions.user_id is 'The person whose token it is.';
comment on column api.charging_sessions.id_token is 'The token that started it, as it was shown.';
comment on column api.charging_sessions.protocol is 'The OCPP version it was reported in.';
comment on column api.charging_sessions.transaction_id is
    'The transaction id that charge point and central system use between them.';
comment on column api.charging_sessions.state is
    'active; presumed_ended (over as it seems, no stop was heard); ended.';
comment on column api.charging_sessions.charging_state is
    'What happens now: Charging, SuspendedEV, SuspendedEVSE, EVConnected or Idle.';
comment on column api.charging_sessions.authorization_status is
    'What the charger was told about the token: Accepted, Blocked, Expired, Invalid or '
    'ConcurrentTx.';
comment on column api.charging_sessions.authorization_reason is
    'Why: the reason behind authorization_status.';
comment on column api.charging_sessions.started_at is
    'When it started: the charger''s time, or that of receipt where the charger''s cannot be true.';
comment on column api.charging_sessions.ended_at is
    'When it ended; of a presumed end, its last sign of life.';
comment on column api.charging_sessions.duration_s is 'Seconds from start to end, or until now.';
comment on column api.charging_sessions.meter_start_wh is
    'Register at the start, in watt-hours, as reported.';
comment on column api.charging_sessions.meter_stop_wh is
    'Register at the end, in watt-hours, as reported.';
comment on column api.charging_sessions.energy_wh is
    'Energy in watt-hours: from start to stop, so far while it is active; null when the '
    'registers contradict each other. What speaks against it stands in hold_details.';
comment on column api.charging_sessions.last_meter_wh is
    'Register at the newest reading, in watt-hours.';
comment on column api.charging_sessions.last_reading_at is 'Time of the newest reading.';
comment on column api.charging_sessions.power_w is
    'Power at the newest reading, in watts; null once it is over.';
comment on column api.charging_sessions.soc_percent is
    'State of charge of the vehicle at the newest reading that told it, in percent.';
comment on column api.charging_sessions.stop_reason is
    'Why it ended, as the charger said: Local, Remote, EVDisconnected, PowerLoss ...';
comment on column api.charging_sessions.stop_id_token is
    'The token that ended it, if one did; a driver sees only their own.';
comment on column api.charging_sessions.stop_authorization_status is
    'What the charger was told about the token that ended it.';
comment on column api.charging_sessions.hold_reason is
    'Why it must not be billed as it is: unknown_start, presumed_end, matched_by_guess, '
    'stop_conflict, meter_start_missing, meter_stop_missing, unit_conflict, zero_begin, '
    'register_overlap, register_reset, stop_below_start, impossible_power, negative_duration, '
    'implausible_duration or time_in_future; null when nothing speaks against it.';
comment on column api.charging_sessions.hold_details is
    'Everything that speaks against billing, a list with the figures; hold_reason is the first.';
comment on column api.charging_sessions.flags is
    'What was odd without being a reason to hold, such as stop_clock_off_whole_hours.';
comment on column api.charging_sessions.reservation_id is 'The reservation it used, if any.';
comment on column api.charging_sessions.started_at_reported is
    'Start time, as the charger wrote it.';
comment on column api.charging_sessions.start_received_at is 'When the start was heard.';
comment on column api.charging_sessions.ended_at_reported is 'End time, as the charger wrote it.';
comment on column api.charging_sessions.stop_received_at is 'When the stop was heard.';
comment on column api.charging_sessions.created_at is 'When the row was made.';
comment on column api.charging_sessions.updated_at is 'When the row was last changed.';

-- db/code/api/connectors.sql ----------------------------------------

-- Connectors, writable.
create or replace view api.connectors
with (security_invoker = true) as
select
    k.tenant_id,
    k.id,
    k.charge_point_id,
    k.evse_id,
    k.connector_no,
    k.ocpp16_connector_id,
    k.connector_type,
    k.format,
    k.power_type,
    k.max_voltage_v,
    k.max_current_a,
    k.max_power_w,
    k.is_discovered,
    k.status,
    k.status_at,
    k.error_code,
    k.error_info,
    k.vendor_error_code,
    k.status_received_at,
    k.created_at,
    k.updated_at
from core.connectors as k;
alter view api.connectors alter column tenant_id set default claims.tenant_id();

grant select (
    tenant_id, id, charge_point_id, evse_id, connector_no, ocpp16_connector_id, connector_type,
    format, power_type, max_voltage_v, max_current_a, max_power_w, is_discovered, status,
    status_at, error_code, error_info, vendor_error_code, status_received_at, created_at,
    updated_at
) on api.connectors to staff, customer, platform;
grant insert (
    tenant_id, charge_point_id, evse_id, connector_no, ocpp16_connector_id, connector_type,
    format, power_type, max_voltage_v, max_current_a, max_power_w
) on api.connectors to staff, platform;
grant update (
    connector_no, ocpp16_connector_id, connector_type, format, power_type, max_voltage_v,
    max_current_a, max_power_w, is_discovered
) on api.connectors to staff, platform;
grant delete on api.connectors to staff, platform;

comment on view api.connectors is
    'An outlet of an EVSE with its ratings and the state it last reported.';
comment on column api.connectors.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.connectors.id is 'Number of the connector.';
comment on column api.connectors.charge_point_id is 'The charge point it is part of.';
comment on column api.connectors.evse_id is 'The EVSE (its row id) it is part of.';
comment on column api.connectors.connector_no is
    'Its number within the EVSE: OCPP 2.0.1 connectorId, from 1.';
comment on column api.connectors.ocpp16_connector_id is
    'Its number within the charge point: OCPP 1.6 connectorId, from 1.';
comment on column api.connectors.connector_type is
    'Plug type as in OCPI ConnectorType, such as IEC_62196_T2 or IEC_62196_T2_COMBO.';
comment on column api.connectors.format is 'SOCKET or CABLE.';
comment on column api.connectors.power_type is
    'AC_1_PHASE, AC_2_PHASE, AC_2_PHASE_SPLIT, AC_3_PHASE or DC.';
comment on column api.connectors.max_voltage_v is
    'Highest voltage in volts (line to neutral for AC).';
comment on column api.connectors.max_current_a is 'Highest current in amperes.';
comment on column api.connectors.max_power_w is 'Highest power in watts.';
comment on column api.connectors.is_discovered is
    'True when the charger spoke of it before anybody had entered it.';
comment on column api.connectors.status is
    'State last reported, as in OCPP StatusNotification; Unknown until then.';
comment on column api.connectors.status_at is 'Since when, by the charger.';
comment on column api.connectors.error_code is 'Error reported with it.';
comment on column api.connectors.error_info is 'Free text reported with it.';
comment on column api.connectors.vendor_error_code is
    'The vendor''s own error code reported with it.';
comment on column api.connectors.status_received_at is 'When the report arrived.';
comment on column api.connectors.created_at is 'When the row was made.';
comment on column api.connectors.updated_at is 'When the row was last changed.';

-- db/code/api/evses.sql ----------------------------------------

-- EVSEs, writable.
create or replace view api.evses
with (security_invoker = true) as
select
    e.tenant_id,
    e.id,
    e.charge_point_id,
    e.evse_no,
    e.evse_id,
    e.physical_reference,
    e.is_discovered,
    e.created_at,
    e.updated_at
from core.evses as e;
alter view api.evses alter column tenant_id set default claims.tenant_id();

grant select (
    tenant_id, id, charge_point_id, evse_no, evse_id, physical_reference, is_discovered,
    created_at, updated_at
) on api.evses to staff, customer, platform;
grant insert (tenant_id, charge_point_id, evse_no, evse_id, physical_reference)
on api.evses to staff, platform;
grant update (evse_no, evse_id, physical_reference, is_discovered)
on api.evses to staff, platform;
grant delete on api.evses to staff, platform;

comment on view api.evses is 'A part of a charge point that charges one vehicle at a time.';
comment on column api.evses.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.evses.id is 'Number of the EVSE.';
comment on column api.evses.charge_point_id is 'The charge point it is part of.';
comment on column api.evses.evse_no is
    'Its number within the charge point: OCPP 2.0.1 evseId, from 1.';
comment on column api.evses.evse_id is
    'Public EVSE id in ISO 15118 / eMI3 form such as DE*ABC*E1234 (or legacy DIN); brought '
    'into its normal form when written.';
comment on column api.evses.physical_reference is 'What is printed on it for people.';
comment on column api.evses.is_discovered is
    'True when the charger spoke of it before anybody had entered it.';
comment on column api.evses.created_at is 'When the row was made.';
comment on column api.evses.updated_at is 'When the row was last changed.';

-- db/code/api/id_token_groups.sql ----------------------------------------

-- Groups of id tokens, writable.
create or replace view api.id_token_groups
with (security_invoker = true) as
select
    g.tenant_id,
    g.id,
    g.group_token,
    g.name,
    g.created_at,
    g.updated_at
from core.id_token_groups as g;
alter view api.id_token_groups alter column tenant_id set default claims.tenant_id();

grant select (tenant_id, id, group_token, name, created_at, updated_at)
on api.id_token_groups to staff, customer, platform;
grant insert (tenant_id, group_token, name) on api.id_token_groups to staff, platform;
grant update (group_token, name) on api.id_token_groups to staff, platform;
grant delete on api.id_token_groups to staff, platform;

comment on view api.id_token_groups is
    'Tokens that may end each other''s sessions and share rights.';
comment on column api.id_token_groups.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.id_token_groups.id is 'Number of the group.';
comment on column api.id_token_groups.group_token is
    'The group''s own token, at most 20 characters: OCPP 1.6 calls it parentIdTag.';
comment on column api.id_token_groups.name is 'Name for people.';
comment on column api.id_token_groups.created_at is 'When the row was made.';
comment on column api.id_token_groups.updated_at is 'When the row was last changed.';

-- db/code/api/id_token_rights.sql ----------------------------------------

-- Where id tokens may charge, writable.
create or replace view api.id_token_rights
with (security_invoker = true) as
select
    r.tenant_id,
    r.id,
    r.id_token_id,
    r.id_token_group_id,
    r.site_id,
    r.charge_point_group_id,
    r.created_at
from core.id_token_rights as r;
alter view api.id_token_rights alter column tenant_id set default claims.tenant_id();

grant select (
    tenant_id, id, id_token_id, id_token_group_id, site_id, charge_point_group_id, created_at
) on api.id_token_rights to staff, platform;
grant insert (
    tenant_id, id_token_id, id_token_group_id, site_id, charge_point_group_id
) on api.id_token_rights to staff, platform;
grant delete on api.id_token_rights to staff, platform;

comment on view api.id_token_rights is
    E'Where a token, or every token of a group, may charge.\n'
    'A token without any right, its own or its group''s, may charge everywhere.';
comment on column api.id_token_rights.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.id_token_rights.id is 'Number of the right.';
comment on column api.id_token_rights.id_token_id is
    'The token that has the right; or a group has it.';
comment on column api.id_token_rights.id_token_group_id is
    'The group whose tokens all have the right.';
comment on column api.id_token_rights.site_id is
    'Where: at this site; or at a group of charge points.';
comment on column api.id_token_rights.charge_point_group_id is
    'Where: at the charge points of this group.';
comment on column api.id_token_rights.created_at is 'When the row was made.';

-- db/code/api/id_tokens.sql ----------------------------------------

-- Id tokens, writable.
create or replace view api.id_tokens
with (security_invoker = true) as
select
    t.tenant_id,
    t.id,
    t.id_token,
    t.type,
    t.id_token_group_id,
    t.user_id,
    t.contract_id,
    t.label,
    t.is_blocked,
    t.block_reason,
    t.valid_from,
    t.expires_at,
    t.max_concurrent_transactions,
    t.created_at,
    t.updated_at
from core.id_tokens as t;
alter view api.id_tokens alter column tenant_id set default claims.tenant_id();

grant select (
    tenant_id, id, id_token, type, id_token_group_id, user_id, contract_id, label, is_blocked,
    block_reason, valid_from, expires_at, max_concurrent_transactions, created_at, updated_at
) on api.id_tokens to staff, customer, platform;
grant insert (
    tenant_id, id_token, type, id_token_group_id, user_id, contract_id, label, is_blocked,
    block_reason, valid_from, expires_at, max_concurrent_transactions
) on api.id_tokens to staff, platform;
grant update (
    id_token, type, id_token_group_id, user_id, contract_id, label, is_blocked, block_reason,
    valid_from, expires_at, max_concurrent_transactions
) on api.id_tokens to staff, platform;
grant delete on api.id_tokens to staff, platform;

comment on view api.id_tokens is 'What a driver shows to charge: a card, a key fob, a contract.';
comment on column api.id_tokens.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.id_tokens.id is 'Number of the token.';
comment on column api.id_tokens.id_token is
    'What the reader sends: compared without case, unique within the tenant.';
comment on column api.id_tokens.type is
    'Kind of token as in OCPP 2.0.1 IdTokenEnumType, such as ISO14443 (a card) or eMAID.';
comment on column api.id_tokens.id_token_group_id is 'The group it belongs to.';
comment on column api.id_tokens.user_id is 'The person it belongs to: a member of the tenant.';
comment on column api.id_tokens.contract_id is
    'Contract id (eMAID) such as NL-TNM-000122045-U; brought into its normal form when '
    'written, a missing check digit is computed.';
comment on column api.id_tokens.label is 'Name for people.';
comment on column api.id_tokens.is_blocked is 'True: it may not charge.';
comment on column api.id_tokens.block_reason is 'Why it is blocked, for people.';
comment on column api.id_tokens.valid_from is 'Before this it may not charge.';
comment on column api.id_tokens.expires_at is 'From this moment on it may not charge.';
comment on column api.id_tokens.max_concurrent_transactions is
    'How many sessions it may run at the same time; 0 means any number.';
comment on column api.id_tokens.created_at is 'When the row was made.';
comment on column api.id_tokens.updated_at is 'When the row was last changed.';

-- db/code/api/meter_value_samples.sql ----------------------------------------

-- Meter values, one row per sample, read-only.
--
-- Columns come first, in their units; then what has no column, as it was sent. (A figure of type
-- real goes through its text, which is the shortest that means it: the cast to numeric rounds.)
create or replace view api.meter_value_samples
with (security_invoker = true) as
select
    m.tenant_id,
    m.charge_point_id,
    m.evse_no,
    m.session_id,
    m.sampled_at,
    m.received_at,
    m.context,
    s.measurand,
    s.phase,
    null::text as location,
    s.unit,
    s.value,
    null::text as value_reported,
    null::text as format,
    false as is_as_sent
from core.meter_values as m
cross join lateral (
    values
        ('Energy.Active.Import.Register', null::text, 'Wh', m.energy_wh),
        ('Energy.Active.Export.Register', null, 'Wh', m.energy_export_wh),
        ('Power.Active.Import', null, 'W', m.power_w::text::numeric),
        ('Power.Active.Import', 'L1', 'W', m.power_l1_w::text::numeric),
        ('Power.Active.Import', 'L2', 'W', m.power_l2_w::text::numeric),
        ('Power.Active.Import', 'L3', 'W', m.power_l3_w::text::numeric),
        ('Power.Offered', null, 'W', m.power_offered_w::text::numeric),
        ('Current.Import', null, 'A', m.current_a::text::numeric),
        ('Current.Import', 'L1', 'A', m.current_l1_a::text::numeric),
        ('Current.Import', 'L2', 'A', m.current_l2_a::text::numeric),
        ('Current.Import', 'L3', 'A', m.current_l3_a::text::numeric),
        ('Current.Offered', null, 'A', m.current_offered_a::text::numeric),
        ('Voltage', null, 'V', m.voltage_v::text::numeric),
        ('Voltage', 'L1-N', 'V', m.voltage_l1_v::text::numeric),
        ('Voltage', 'L2-N', 'V', m.voltage_l2_v::text::numeric),
        ('Voltage', 'L3-N', 'V', m.voltage_l3_v::text::numeric),
        ('SoC', null, 'Percent', m.soc_percent::text::numeric),
        ('Temperature', null, 'Celsius', m.temperature_celsius::text::numeric)
) as s (measurand, phase, unit, value)
where s.value is not null
union all
select
    m.tenant_id,
    m.charge_point_id,
    m.evse_no,
    m.session_id,
    m.sampled_at,
    m.received_at,
    coalesce(s.sample ->> 'context', m.context),
    coalesce(s.sample ->> 'measurand', 'Energy.Active.Import.Register'),
    s.sample ->> 'phase',
    s.sample ->> 'location',
    s.sample ->> 'unit',
    case
        when
            coalesce(s.sample ->> 'format', 'Raw') = 'Raw'
            and s.sample ->> 'value' ~ '^\s*[+-]?[0-9]{1,30}(\.[0-9]{1,30})?\s*$'
            then (s.sample ->> 'value')::numeric
    end,
    s.sample ->> 'value',
    coalesce(s.sample ->> 'format', 'Raw'),
    true
from core.meter_values as m
cross join lateral jsonb_array_elements(m.other_samples) as s (sample);

grant select (
    tenant_id, charge_point_id, evse_no, session_id, sampled_at, received_at, context,
    measurand, phase, location, unit, value, value_reported, format, is_as_sent
) on api.meter_value_samples to staff, customer, platform;

create trigger meter_value_samples__refuse_change
instead of insert or update or delete on api.meter_value_samples
for each row execute function charging.tg_meter_value_samples__refuse_change();

comment on view api.meter_value_samples is
    E'A single measured value: meter_values, one row per measurand and phase.\n'
    'Ask for a session_id, or for a charge_point_id and a range of sampled_at.';
comment on column api.meter_value_samples.tenant_id is 'The tenant that owns the row.';
comment on column api.meter_value_samples.charge_point_id is 'The charge point.';
comment on column api.meter_value_samples.evse_no is
    'Number of the EVSE; 0 is the main meter of the charge point.';
comment on column api.meter_value_samples.session_id is 'The session; null for readings of none.';
comment on column api.meter_value_samples.sampled_at is
    'When it was measured; the time of receipt where flags say time_clamped.';
comment on column api.meter_value_samples.received_at is 'When it was heard.';
comment on column api.meter_value_samples.context is
    'Why it was taken: Sample.Periodic, Sample.Clock, Transaction.Begin ...';
comment on column api.meter_value_samples.measurand is 'What was measured, in the words of OCPP.';
comment on column api.meter_value_samples.phase is 'The phase, when it is of one.';
comment on column api.meter_value_samples.location is
    'Where it was measured, when it was not at the outlet.';
comment on column api.meter_value_samples.unit is 'Unit of value; as sent where is_as_sent.';
comment on column api.meter_value_samples.value is 'The figure; null when it is none.';
comment on column api.meter_value_samples.value_reported is
    'The value as it was sent, where is_as_sent; signed data stands here to the letter.';
comment on column api.meter_value_samples.format is 'Raw or SignedData, where is_as_sent.';
comment on column api.meter_value_samples.is_as_sent is
    'True for what has no column of its own: not normalised, but as the charger sent it.';

-- db/code/api/search_ocpp_messages.sql ----------------------------------------

-- Search the message log.
--
-- Definer: under row-level security a search in text cannot use what indexes there are
-- (DESIGN 24), so the tenant is an explicit filter here and the right is checked by hand. The
-- range of time is required and at most 31 days, which bounds what one request can read.
-- `text` is looked for in the payload as it stands, whatever its case.
-- Errors:    PT400 time_range_invalid, PT400 row_limit_invalid, PT400 search_too_broad,
--            PT403 permission_missing, PT404 charge_point_unknown.
create or replace function api.search_ocpp_messages(
    since timestamptz,
    until timestamptz default null,
    charge_point_id bigint default null,
    text text default null,
    action text default null,
    direction text default null,
    message_id text default null,
    max_rows integer default 100
)
returns setof api.ocpp_messages
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_until constant timestamptz := coalesce(search_ocpp_messages.until, now());
    v_tenant_id bigint := claims.tenant_id();
    v_conditions text := '';
begin
    perform access.require_permission('messages.read');
    if
        search_ocpp_messages.since is null
        or search_ocpp_messages.since >= v_until
        or v_until > search_ocpp_messages.since + interval '31 days'
    then
        raise exception using
            errcode = 'PT400',
            message = 'a search covers more than nothing and at most 31 days',
            detail = '{"error":"time_range_invalid"}',
            hint = 'Give since and until, at most 31 days apart.';
    end if;
    if coalesce(search_ocpp_messages.max_rows, 0) not between 1 and 1000 then
        raise exception using
            errcode = 'PT400',
            message = 'max_rows is a number from 1 to 1000',
            detail = '{"error":"row_limit_invalid"}',
            hint = 'Ask for the rest with until set to the received_at of the last row.';
    end if;

    if search_ocpp_messages.charge_point_id is not null then
        select c.tenant_id into v_tenant_id
        from core.charge_points as c
        where
            c.id = search_ocpp_messages.charge_point_id
            and (c.tenant_id = v_tenant_id or claims.role() = 'platform');
        if not found then
            raise exception using
                errcode = 'PT404',
                message = 'there is no such charge point',
                detail = '{"error":"charge_point_unknown"}',
                hint = 'See charge_points for those that exist.';
        end if;
        v_conditions := v_conditions || ' and m.charge_point_id = $4';
    elsif claims.role() = 'platform' then
        v_tenant_id := null;
    end if;
    -- Only the conditions that are asked for, so that each search gets the plan it needs.
    if v_tenant_id is not null then
        v_conditions := v_conditions || ' and m.tenant_id = $1';
    end if;
    if search_ocpp_messages.text <> '' then
        v_conditions := v_conditions || ' and strpos(lower(m.payload), lower($5)) > 0';
    end if;
    if search_ocpp_messages.action is not null then
        v_conditions := v_conditions || ' and m.action = $6';
    end if;
    if search_ocpp_messages.direction is not null then
        v_conditions := v_conditions || ' and m.direction = $7';
    end if;
    if search_ocpp_messages.message_id is not null then
        v_conditions := v_conditions || ' and m.message_id = $8';
    end if;
    return query execute
        'select m.tenant_id, m.id, m.charge_point_id, c.identity, m.connection_id, '
        'm.received_at, m.direction, case m.message_type '
        'when 2 then ''CALL'' when 3 then ''CALLRESULT'' when 4 then ''CALLERROR'' end, '
        'm.message_id, m.action, m.payload, m.error_code '
        'from ops.message_log as m inner join core.charge_points as c '
        'on c.tenant_id = m.tenant_id and c.id = m.charge_point_id '
        'where m.received_at >= $2 and m.received_at < $3' || v_conditions
        || ' order by m.received_at desc, m.id desc limit $9'
    using
        v_tenant_id, search_ocpp_messages.since, v_until, search_ocpp_messages.charge_point_id,
        search_ocpp_messages.text, search_ocpp_messages.action, search_ocpp_messages.direction,
        search_ocpp_messages.message_id, search_ocpp_messages.max_rows;
exception
    when query_canceled then
        raise exception using
            errcode = 'PT400',
            message = 'the search takes too long',
            detail = '{"error":"search_too_broad"}',
            hint = 'Name a charge point, or a shorter range of time.';
end;
$$;
revoke all on function api.search_ocpp_messages(
    timestamptz, timestamptz, bigint, text, text, text, text, integer
) from public;
grant execute on function api.search_ocpp_messages(
    timestamptz, timestamptz, bigint, text, text, text, text, integer
) to staff, platform;
comment on function api.search_ocpp_messages(
    timestamptz, timestamptz, bigint, text, text, text, text, integer
) is
    E'Search the OCPP message log.\n'
    'since is required, until is now when left out; at most 31 days. text is looked for in the '
    'payload, whatever its case. Newest first; for more, repeat with until set to the '
    'received_at of the last row. Needs the permission messages.read.';

-- db/code/api/session_events.sql ----------------------------------------

-- What happened to sessions, read-only.
create or replace view api.session_events
with (security_invoker = true) as
select
    e.tenant_id,
    e.session_id,
    e.id,
    e.event,
    e.from_state,
    e.to_state,
    e.happened_at,
    e.received_at,
    -- As in api.charging_sessions: a driver sees no card but their own.
    case
        when
            coalesce((select claims.role()), '') <> 'customer'
            or not e.details ? 'id_token'
            or lower(e.details ->> 'id_token') = any(array(
                select lower(t.id_token)
                from core.id_tokens as t
                where t.user_id = (select claims.user_id())
            ))
            then e.details
        else e.details - 'id_token'
    end as details
from core.session_events as e;

grant select (
    tenant_id, session_id, id, event, from_state, to_state, happened_at, received_at, details
) on api.session_events to staff, customer, platform;

comment on view api.session_events is 'What happened to a charging session, in order of id.';
comment on column api.session_events.tenant_id is 'The tenant that owns the row.';
comment on column api.session_events.session_id is 'The session.';
comment on column api.session_events.id is 'Number of the event.';
comment on column api.session_events.event is
    'started, orphan_created (made of a stop without a start), start_merged, '
    'charging_state_changed, presumed_by_start, presumed_by_available, presumed_by_silence, '
    'stopped, stop_repeated (a second stop that says something else) or stop_replaced (the stop '
    'by its own id, after one that was matched without).';
comment on column api.session_events.from_state is 'State before; null at the beginning.';
comment on column api.session_events.to_state is 'State after.';
comment on column api.session_events.happened_at is 'When it happened.';
comment on column api.session_events.received_at is 'When it was heard.';
comment on column api.session_events.details is
    'What the charger said, or what changed; a driver sees no id_token but their own.';

-- db/code/api/sites.sql ----------------------------------------

-- Sites, writable.
create or replace view api.sites
with (security_invoker = true) as
select
    s.tenant_id,
    s.id,
    s.name,
    s.address,
    s.postal_code,
    s.city,
    s.country_code,
    s.latitude,
    s.longitude,
    s.time_zone,
    s.is_public,
    s.created_at,
    s.updated_at
from core.sites as s;
alter view api.sites alter column tenant_id set default claims.tenant_id();

grant select (
    tenant_id, id, name, address, postal_code, city, country_code, latitude, longitude,
    time_zone, is_public, created_at, updated_at
) on api.sites to staff, customer, platform;
grant insert (
    tenant_id, name, address, postal_code, city, country_code, latitude, longitude, time_zone,
    is_public
) on api.sites to staff, platform;
grant update (
    name, address, postal_code, city, country_code, latitude, longitude, time_zone, is_public
) on api.sites to staff, platform;
grant delete on api.sites to staff, platform;

comment on view api.sites is 'A place with charge points: address, coordinates, time zone.';
comment on column api.sites.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.sites.id is 'Number of the site.';
comment on column api.sites.name is 'Name of the place, unique within the tenant.';
comment on column api.sites.address is 'Street and house number.';
comment on column api.sites.postal_code is 'Postal code.';
comment on column api.sites.city is 'Town.';
comment on column api.sites.country_code is 'Country: two capital letters of ISO 3166-1.';
comment on column api.sites.latitude is
    'Degrees north, WGS 84; together with longitude or not at all.';
comment on column api.sites.longitude is 'Degrees east, WGS 84.';
comment on column api.sites.time_zone is
    'IANA time zone, such as Europe/Berlin: local prices and days follow it. '
    'Left out, it is the tenant''s.';
comment on column api.sites.is_public is 'Whether the place may be shown to everybody.';
comment on column api.sites.created_at is 'When the row was made.';
comment on column api.sites.updated_at is 'When the row was last changed.';

-- db/code/core/analysts.sql ----------------------------------------

-- Which tenant a database login sees: the owner's alone, read by claims.tenant_id().
create trigger analysts__log_change after insert or update or delete on core.analysts
for each row execute function audit.tg_log_change();

-- db/code/core/api_keys.sql ----------------------------------------

-- API keys: staff see their own, with api_keys.write all of their tenant; the platform all.
-- Written by functions only.
create policy api_keys_select_staff on core.api_keys for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy api_keys_select_permission on core.api_keys as restrictive for select to staff
using (user_id = (select claims.user_id()) or (select claims.has_permission('api_keys.write')));
create policy api_keys_select_platform on core.api_keys for select to platform
using (true);

grant select (
    tenant_id, id, user_id, name, prefix, created_at, expires_at, revoked_at, last_used_at
) on core.api_keys to staff, platform;

create trigger api_keys__log_change after insert or update or delete on core.api_keys
for each row execute function audit.tg_log_change('key_hash', '-last_used_at');

-- db/code/core/audit_log.sql ----------------------------------------

-- The audit log: staff with audit.read see their tenant's, the platform all. Nobody changes or
-- deletes a row, not even with session_replication_role; old partitions are dropped whole.
create policy audit_log_select_staff on core.audit_log for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy audit_log_select_permission on core.audit_log as restrictive for select to staff
using ((select claims.has_permission('audit.read')));
create policy audit_log_select_platform on core.audit_log for select to platform
using (true);

grant select (
    tenant_id, id, changed_at, user_id, actor, table_name, row_key, operation, old_values,
    new_values
) on core.audit_log to staff, platform;

create trigger audit_log__refuse_change before update or delete on core.audit_log
for each row execute function audit.tg_audit_log__refuse_change();
create trigger audit_log__refuse_truncate before truncate on core.audit_log
for each statement execute function audit.tg_audit_log__refuse_change();
alter table core.audit_log enable always trigger audit_log__refuse_change;
alter table core.audit_log enable always trigger audit_log__refuse_truncate;

-- db/code/core/authorizations.sql ----------------------------------------

-- Decisions about shown tokens: staff read their tenant's, the platform all. Written by
-- charging.authorize_id_token only; append-only, hence without an audit of its own.
create policy authorizations_select_staff on core.authorizations for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy authorizations_select_platform on core.authorizations for select to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, id_token, id_token_id, user_id, source, status, reason,
    decided_at
) on core.authorizations to staff, platform;

-- db/code/core/charge_point_group_members.sql ----------------------------------------

-- Members of groups: staff read their tenant's and add or remove them with charge_points.write;
-- the platform all. There is nothing to update.
create policy charge_point_group_members_select_staff on core.charge_point_group_members
for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy charge_point_group_members_select_platform on core.charge_point_group_members
for select to platform
using (true);
create policy charge_point_group_members_insert_staff on core.charge_point_group_members
for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy charge_point_group_members_delete_staff on core.charge_point_group_members
for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy charge_point_group_members_insert_permission on core.charge_point_group_members
as restrictive
for insert to staff
with check ((select claims.has_permission('charge_points.write')));
create policy charge_point_group_members_delete_permission on core.charge_point_group_members
as restrictive
for delete to staff
using ((select claims.has_permission('charge_points.write')));
create policy charge_point_group_members_insert_platform on core.charge_point_group_members
for insert to platform
with check (true);
create policy charge_point_group_members_delete_platform on core.charge_point_group_members
for delete to platform
using (true);

grant select (tenant_id, charge_point_group_id, charge_point_id)
on core.charge_point_group_members to staff, platform;
grant insert (tenant_id, charge_point_group_id, charge_point_id)
on core.charge_point_group_members to staff, platform;
grant delete on core.charge_point_group_members to staff, platform;

create trigger charge_point_group_members__require_permission
before insert or delete on core.charge_point_group_members
for each statement execute function access.tg_require_permission('charge_points.write');
create trigger charge_point_group_members__log_change
after insert or update or delete
on core.charge_point_group_members
for each row execute function audit.tg_log_change();
create trigger charge_point_group_members__limit_delete
after delete on core.charge_point_group_members
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();

-- db/code/core/charge_point_groups.sql ----------------------------------------

-- Groups of charge points: staff read their tenant's and write them with charge_points.write; the
-- platform all. A group that rights name cannot be deleted: the foreign key says so.
create policy charge_point_groups_select_staff on core.charge_point_groups for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy charge_point_groups_select_platform on core.charge_point_groups
for select to platform
using (true);
create policy charge_point_groups_insert_staff on core.charge_point_groups for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy charge_point_groups_update_staff on core.charge_point_groups for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy charge_point_groups_delete_staff on core.charge_point_groups for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy charge_point_groups_insert_permission on core.charge_point_groups as restrictive
for insert to staff
with check ((select claims.has_permission('charge_points.write')));
create policy charge_point_groups_update_permission on core.charge_point_groups as restrictive
for update to staff
using ((select claims.has_permission('charge_points.write')))
with check ((select claims.has_permission('charge_points.write')));
create policy charge_point_groups_delete_permission on core.charge_point_groups as restrictive
for delete to staff
using ((select claims.has_permission('charge_points.write')));
create policy charge_point_groups_insert_platform on core.charge_point_groups
for insert to platform
with check (true);
create policy charge_point_groups_update_platform on core.charge_point_groups
for update to platform
using (true)
with check (true);
create policy charge_point_groups_delete_platform on core.charge_point_groups
for delete to platform
using (true);

grant select (tenant_id, id, name, description, created_at, updated_at)
on core.charge_point_groups to staff, platform;
grant insert (tenant_id, name, description) on core.charge_point_groups to staff, platform;
grant update (name, description) on core.charge_point_groups to staff, platform;
grant delete on core.charge_point_groups to staff, platform;

create trigger charge_point_groups__require_permission
before insert or update or delete on core.charge_point_groups
for each statement execute function access.tg_require_permission('charge_points.write');
create trigger charge_point_groups__touch_updated_at before update on core.charge_point_groups
for each row execute function audit.tg_touch_updated_at();
create trigger charge_point_groups__log_change
after insert or update or delete
on core.charge_point_groups
for each row execute function audit.tg_log_change();
create trigger charge_point_groups__limit_update after update on core.charge_point_groups
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger charge_point_groups__limit_delete after delete on core.charge_point_groups
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();

-- db/code/core/charge_point_keys.sql ----------------------------------------

-- Keys of charge points: staff see their tenant's without the hash, the platform all. Written by
-- functions only, which show a key once.
create policy charge_point_keys_select_staff on core.charge_point_keys for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy charge_point_keys_select_platform on core.charge_point_keys for select to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, is_human_chosen, created_at, first_used_at, last_used_at,
    retired_at
) on core.charge_point_keys to staff, platform;

create trigger charge_point_keys__log_change
after insert or delete or update of retired_at
on core.charge_point_keys
for each row execute function audit.tg_log_change('key_hash');

-- db/code/core/charge_points.sql ----------------------------------------

-- Charge points: staff read their tenant's and write them with charge_points.write; the platform
-- all. What a charge point says of itself at boot is written by functions only, and is no matter
-- for the audit: a charger could fill it with texts of any length.
-- Drivers see no rows, and so never an identity, which together with a key is how a charger
-- signs in. They may name the table, so that embedding it into a session of theirs is empty and
-- not an error.
create policy charge_points_select_staff on core.charge_points for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy charge_points_select_platform on core.charge_points for select to platform
using (true);
create policy charge_points_insert_staff on core.charge_points for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy charge_points_update_staff on core.charge_points for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy charge_points_delete_staff on core.charge_points for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy charge_points_insert_permission on core.charge_points as restrictive
for insert to staff
with check ((select claims.has_permission('charge_points.write')));
create policy charge_points_update_permission on core.charge_points as restrictive
for update to staff
using ((select claims.has_permission('charge_points.write')))
with check ((select claims.has_permission('charge_points.write')));
create policy charge_points_delete_permission on core.charge_points as restrictive
for delete to staff
using ((select claims.has_permission('charge_points.write')));
create policy charge_points_insert_platform on core.charge_points for insert to platform
with check (true);
create policy charge_points_update_platform on core.charge_points for update to platform
using (true)
with check (true);
create policy charge_points_delete_platform on core.charge_points for delete to platform
using (true);

grant select (
    tenant_id, id, identity, site_id, name, is_enabled, registration_status, security_profile,
    quirks, max_power_w, vendor, model, serial_number, firmware_version, iccid, imsi,
    meter_type, meter_serial_number, ocpp_version, created_at, updated_at
) on core.charge_points to staff, customer, platform;
grant insert (
    tenant_id, identity, site_id, name, is_enabled, registration_status, security_profile,
    quirks, max_power_w
) on core.charge_points to staff, platform;
grant update (
    identity, site_id, name, is_enabled, registration_status, security_profile, quirks,
    max_power_w
) on core.charge_points to staff, platform;
grant delete on core.charge_points to staff, platform;

create trigger charge_points__require_permission
before insert or update or delete on core.charge_points
for each statement execute function access.tg_require_permission('charge_points.write');
create trigger charge_points__list_identity
after insert or update of identity on core.charge_points
for each row execute function fleet.tg_charge_points__list_identity();
create trigger charge_points__touch_updated_at before update on core.charge_points
for each row execute function audit.tg_touch_updated_at();
create trigger charge_points__log_change after insert or update or delete on core.charge_points
for each row execute function audit.tg_log_change(
    '-vendor', '-model', '-serial_number', '-firmware_version', '-iccid', '-imsi', '-meter_type',
    '-meter_serial_number', '-ocpp_version'
);
create trigger charge_points__limit_update after update on core.charge_points
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger charge_points__limit_delete after delete on core.charge_points
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();

-- db/code/core/connector_status_changes.sql ----------------------------------------

-- History of connector states: staff read their tenant's, the platform all. Append-only, written
-- by fleet.record_connector_status.
create policy connector_status_changes_select_staff on core.connector_status_changes
for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy connector_status_changes_select_platform on core.connector_status_changes
for select to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, ocpp16_connector_id, status, error_code, info, vendor_id,
    vendor_error_code, reported_at, received_at
) on core.connector_status_changes to staff, platform;

-- db/code/core/connectors.sql ----------------------------------------

-- Connectors: staff read their tenant's and write them with charge_points.write; the platform all.
-- Their state is written by functions only, too often for the audit: only what people change
-- is logged. Drivers see no rows (see core/charge_points.sql).
create policy connectors_select_staff on core.connectors for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy connectors_select_platform on core.connectors for select to platform
using (true);
create policy connectors_insert_staff on core.connectors for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy connectors_update_staff on core.connectors for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy connectors_delete_staff on core.connectors for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy connectors_insert_permission on core.connectors as restrictive for insert to staff
with check ((select claims.has_permission('charge_points.write')));
create policy connectors_update_permission on core.connectors as restrictive for update to staff
using ((select claims.has_permission('charge_points.write')))
with check ((select claims.has_permission('charge_points.write')));
create policy connectors_delete_permission on core.connectors as restrictive for delete to staff
using ((select claims.has_permission('charge_points.write')));
create policy connectors_insert_platform on core.connectors for insert to platform
with check (true);
create policy connectors_update_platform on core.connectors for update to platform
using (true)
with check (true);
create policy connectors_delete_platform on core.connectors for delete to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, evse_id, connector_no, ocpp16_connector_id, connector_type,
    format, power_type, max_voltage_v, max_current_a, max_power_w, is_discovered, status,
    status_at, error_code, error_info, vendor_error_code, status_received_at, created_at,
    updated_at
) on core.connectors to staff, customer, platform;
grant insert (
    tenant_id, charge_point_id, evse_id, connector_no, ocpp16_connector_id, connector_type,
    format, power_type, max_voltage_v, max_current_a, max_power_w
) on core.connectors to staff, platform;
grant update (
    connector_no, ocpp16_connector_id, connector_type, format, power_type, max_voltage_v,
    max_current_a, max_power_w, is_discovered
) on core.connectors to staff, platform;
grant delete on core.connectors to staff, platform;

create trigger connectors__require_permission before insert or update or delete on core.connectors
for each statement execute function access.tg_require_permission('charge_points.write');
create trigger connectors__touch_updated_at before update on core.connectors
for each row execute function audit.tg_touch_updated_at();
create trigger connectors__log_change
after insert or delete or update of
    connector_no, ocpp16_connector_id, connector_type, format, power_type, max_voltage_v,
    max_current_a, max_power_w, is_discovered
on core.connectors
for each row execute function audit.tg_log_change();
create trigger connectors__limit_update after update on core.connectors
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger connectors__limit_delete after delete on core.connectors
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();

-- db/code/core/credentials.sql ----------------------------------------

-- Password hashes: no policy and no grant. The audit says when one changed.
create trigger credentials__log_change after insert or update or delete on core.credentials
for each row execute function audit.tg_log_change('-changed_at');

-- db/code/core/evses.sql ----------------------------------------

-- EVSEs: staff read their tenant's and write them with charge_points.write; the platform all.
-- Drivers see no rows (see core/charge_points.sql).
create policy evses_select_staff on core.evses for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy evses_select_platform on core.evses for select to platform
using (true);
create policy evses_insert_staff on core.evses for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy evses_update_staff on core.evses for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy evses_delete_staff on core.evses for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy evses_insert_permission on core.evses as restrictive for insert to staff
with check ((select claims.has_permission('charge_points.write')));
create policy evses_update_permission on core.evses as restrictive for update to staff
using ((select claims.has_permission('charge_points.write')))
with check ((select claims.has_permission('charge_points.write')));
create policy evses_delete_permission on core.evses as restrictive for delete to staff
using ((select claims.has_permission('charge_points.write')));
create policy evses_insert_platform on core.evses for insert to platform
with check (true);
create policy evses_update_platform on core.evses for update to platform
using (true)
with check (true);
create policy evses_delete_platform on core.evses for delete to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, evse_no, evse_id, physical_reference, is_discovered,
    created_at, updated_at
) on core.evses to staff, customer, platform;
grant insert (tenant_id, charge_point_id, evse_no, evse_id, physical_reference)
on core.evses to staff, platform;
grant update (evse_no, evse_id, physical_reference, is_discovered)
on core.evses to staff, platform;
grant delete on core.evses to staff, platform;

create trigger evses__require_permission before insert or update or delete on core.evses
for each statement execute function access.tg_require_permission('charge_points.write');
create trigger evses__normalise before insert or update of evse_id on core.evses
for each row execute function fleet.tg_evses__normalise();
create trigger evses__touch_updated_at before update on core.evses
for each row execute function audit.tg_touch_updated_at();
create trigger evses__log_change after insert or update or delete on core.evses
for each row execute function audit.tg_log_change();
create trigger evses__limit_update after update on core.evses
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger evses__limit_delete after delete on core.evses
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();

-- db/code/core/id_token_groups.sql ----------------------------------------

-- Groups of tokens: staff read their tenant's and write them with id_tokens.write; the platform
-- all. Drivers see no rows, but may name the table, so that embedding it is no error.
create policy id_token_groups_select_staff on core.id_token_groups for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy id_token_groups_select_platform on core.id_token_groups for select to platform
using (true);
create policy id_token_groups_insert_staff on core.id_token_groups for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy id_token_groups_update_staff on core.id_token_groups for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy id_token_groups_delete_staff on core.id_token_groups for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy id_token_groups_insert_permission on core.id_token_groups as restrictive
for insert to staff
with check ((select claims.has_permission('id_tokens.write')));
create policy id_token_groups_update_permission on core.id_token_groups as restrictive
for update to staff
using ((select claims.has_permission('id_tokens.write')))
with check ((select claims.has_permission('id_tokens.write')));
create policy id_token_groups_delete_permission on core.id_token_groups as restrictive
for delete to staff
using ((select claims.has_permission('id_tokens.write')));
create policy id_token_groups_insert_platform on core.id_token_groups for insert to platform
with check (true);
create policy id_token_groups_update_platform on core.id_token_groups for update to platform
using (true)
with check (true);
create policy id_token_groups_delete_platform on core.id_token_groups for delete to platform
using (true);

grant select (tenant_id, id, group_token, name, created_at, updated_at)
on core.id_token_groups to staff, customer, platform;
grant insert (tenant_id, group_token, name) on core.id_token_groups to staff, platform;
grant update (group_token, name) on core.id_token_groups to staff, platform;
grant delete on core.id_token_groups to staff, platform;

create trigger id_token_groups__require_permission
before insert or update or delete on core.id_token_groups
for each statement execute function access.tg_require_permission('id_tokens.write');
create trigger id_token_groups__touch_updated_at before update on core.id_token_groups
for each row execute function audit.tg_touch_updated_at();
create trigger id_token_groups__log_change
after insert or update or delete
on core.id_token_groups
for each row execute function audit.tg_log_change();
create trigger id_token_groups__limit_update after update on core.id_token_groups
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger id_token_groups__limit_delete after delete on core.id_token_groups
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();

-- db/code/core/id_token_rights.sql ----------------------------------------

-- Rights of tokens: staff read their tenant's and add or remove them with id_tokens.write; the
-- platform all. There is nothing to update.
create policy id_token_rights_select_staff on core.id_token_rights for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy id_token_rights_select_platform on core.id_token_rights for select to platform
using (true);
create policy id_token_rights_insert_staff on core.id_token_rights for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy id_token_rights_delete_staff on core.id_token_rights for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy id_token_rights_insert_permission on core.id_token_rights as restrictive
for insert to staff
with check ((select claims.has_permission('id_tokens.write')));
create policy id_token_rights_delete_permission on core.id_token_rights as restrictive
for delete to staff
using ((select claims.has_permission('id_tokens.write')));
create policy id_token_rights_insert_platform on core.id_token_rights for insert to platform
with check (true);
create policy id_token_rights_delete_platform on core.id_token_rights for delete to platform
using (true);

grant select (
    tenant_id, id, id_token_id, id_token_group_id, site_id, charge_point_group_id, created_at
) on core.id_token_rights to staff, platform;
grant insert (
    tenant_id, id_token_id, id_token_group_id, site_id, charge_point_group_id
) on core.id_token_rights to staff, platform;
grant delete on core.id_token_rights to staff, platform;

create trigger id_token_rights__require_permission before insert or delete on core.id_token_rights
for each statement execute function access.tg_require_permission('id_tokens.write');
create trigger id_token_rights__log_change
after insert or update or delete
on core.id_token_rights
for each row execute function audit.tg_log_change();
create trigger id_token_rights__limit_delete after delete on core.id_token_rights
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();

-- db/code/core/id_tokens.sql ----------------------------------------

-- Id tokens: staff read their tenant's and write them with id_tokens.write; a driver reads their
-- own; the platform all.
create policy id_tokens_select_staff on core.id_tokens for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy id_tokens_select_customer on core.id_tokens for select to customer
using (
    tenant_id = (select claims.tenant_id()) and user_id = (select claims.user_id())
);
create policy id_tokens_select_platform on core.id_tokens for select to platform
using (true);
create policy id_tokens_insert_staff on core.id_tokens for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy id_tokens_update_staff on core.id_tokens for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy id_tokens_delete_staff on core.id_tokens for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy id_tokens_insert_permission on core.id_tokens as restrictive for insert to staff
with check ((select claims.has_permission('id_tokens.write')));
create policy id_tokens_update_permission on core.id_tokens as restrictive for update to staff
using ((select claims.has_permission('id_tokens.write')))
with check ((select claims.has_permission('id_tokens.write')));
create policy id_tokens_delete_permission on core.id_tokens as restrictive for delete to staff
using ((select claims.has_permission('id_tokens.write')));
create policy id_tokens_insert_platform on core.id_tokens for insert to platform
with check (true);
create policy id_tokens_update_platform on core.id_tokens for update to platform
using (true)
with check (true);
create policy id_tokens_delete_platform on core.id_tokens for delete to platform
using (true);

grant select (
    tenant_id, id, id_token, type, id_token_group_id, user_id, contract_id, label, is_blocked,
    block_reason, valid_from, expires_at, max_concurrent_transactions, created_at, updated_at
) on core.id_tokens to staff, customer, platform;
grant insert (
    tenant_id, id_token, type, id_token_group_id, user_id, contract_id, label, is_blocked,
    block_reason, valid_from, expires_at, max_concurrent_transactions
) on core.id_tokens to staff, platform;
grant update (
    id_token, type, id_token_group_id, user_id, contract_id, label, is_blocked, block_reason,
    valid_from, expires_at, max_concurrent_transactions
) on core.id_tokens to staff, platform;
grant delete on core.id_tokens to staff, platform;

create trigger id_tokens__require_permission before insert or update or delete on core.id_tokens
for each statement execute function access.tg_require_permission('id_tokens.write');
create trigger id_tokens__normalise before insert or update of contract_id on core.id_tokens
for each row execute function fleet.tg_id_tokens__normalise();
create trigger id_tokens__close_inbox after insert or update of id_token on core.id_tokens
for each row execute function fleet.tg_id_tokens__close_inbox();
create trigger id_tokens__touch_updated_at before update on core.id_tokens
for each row execute function audit.tg_touch_updated_at();
create trigger id_tokens__log_change after insert or update or delete on core.id_tokens
for each row execute function audit.tg_log_change();
create trigger id_tokens__limit_update after update on core.id_tokens
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger id_tokens__limit_delete after delete on core.id_tokens
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();

-- db/code/core/identities.sql ----------------------------------------

-- Who an outside subject is: the platform's alone, for a person may belong to many tenants.
create policy identities_select_platform on core.identities for select to platform
using (true);
create policy identities_insert_platform on core.identities for insert to platform
with check (true);
create policy identities_delete_platform on core.identities for delete to platform
using (true);

grant select (issuer, subject, user_id, created_at) on core.identities to platform;
grant insert (issuer, subject, user_id) on core.identities to platform;
grant delete on core.identities to platform;

create trigger identities__log_change after insert or update or delete on core.identities
for each row execute function audit.tg_log_change();
create trigger identities__limit_update after update on core.identities
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger identities__limit_delete after delete on core.identities
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();

-- db/code/core/identity_providers.sql ----------------------------------------

-- Outside issuers: the platform's alone.
create policy identity_providers_select_platform on core.identity_providers
for select to platform
using (true);
create policy identity_providers_insert_platform on core.identity_providers
for insert to platform
with check (true);
create policy identity_providers_update_platform on core.identity_providers
for update to platform
using (true)
with check (true);
create policy identity_providers_delete_platform on core.identity_providers
for delete to platform
using (true);

grant select (issuer, audience, requires_jti, is_active, created_at)
on core.identity_providers to platform;
grant insert (issuer, audience, requires_jti, is_active)
on core.identity_providers to platform;
grant update (audience, requires_jti, is_active) on core.identity_providers to platform;
grant delete on core.identity_providers to platform;

create trigger identity_providers__log_change
after insert or update or delete on core.identity_providers
for each row execute function audit.tg_log_change();
create trigger identity_providers__limit_update after update on core.identity_providers
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger identity_providers__limit_delete after delete on core.identity_providers
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();

-- db/code/core/memberships.sql ----------------------------------------

-- Memberships: staff see their own, with users.read all of their tenant; the platform all.
-- Written by functions only.
create policy memberships_select_staff on core.memberships for select to staff
using (tenant_id = (select claims.tenant_id()));
-- Within the tenant this `or` costs no index: the tenant's rows are few.
create policy memberships_select_permission on core.memberships as restrictive
for select to staff
using (user_id = (select claims.user_id()) or (select claims.has_permission('users.read')));
create policy memberships_select_platform on core.memberships for select to platform
using (true);

grant select (tenant_id, user_id, role_id, is_active, accepted_at, created_at, updated_at)
on core.memberships to staff, platform;

create trigger memberships__keep_an_admin after update or delete on core.memberships
for each row execute function access.tg_memberships__keep_an_admin();
create trigger memberships__keep_a_platform_admin after update or delete on core.memberships
for each row execute function access.tg_keep_a_platform_admin();
create trigger memberships__touch_updated_at before update on core.memberships
for each row execute function audit.tg_touch_updated_at();
create trigger memberships__log_change after insert or update or delete on core.memberships
for each row execute function audit.tg_log_change();

-- db/code/core/meter_values.sql ----------------------------------------

-- Meter values: staff read their tenant's, a driver those of their own sessions, the platform
-- all. Written by charging.record_meter_values only.
create policy meter_values_select_staff on core.meter_values for select to staff
using (tenant_id = (select claims.tenant_id()));
-- One look-up of the driver's sessions a query, and then the index on sessions.
create policy meter_values_select_customer on core.meter_values for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and session_id = any(array(
        select s.id
        from core.sessions as s
        where
            s.tenant_id = (select claims.tenant_id())
            and s.user_id = (select claims.user_id())
    ))
);
create policy meter_values_select_platform on core.meter_values for select to platform
using (true);

grant select (
    tenant_id, charge_point_id, evse_no, session_id, transaction_id, sampled_at,
    sampled_at_reported, received_at, context, energy_wh, energy_export_wh, power_w, power_l1_w,
    power_l2_w, power_l3_w, power_offered_w, current_a, current_l1_a, current_l2_a, current_l3_a,
    current_offered_a, voltage_v, voltage_l1_v, voltage_l2_v, voltage_l3_v, soc_percent,
    temperature_celsius, other_samples, flags
) on core.meter_values to staff, customer, platform;

-- db/code/core/role_permissions.sql ----------------------------------------

-- What roles may do: staff read their tenant's, the platform all. Written by functions only.
create policy role_permissions_select_staff on core.role_permissions for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy role_permissions_select_platform on core.role_permissions for select to platform
using (true);

grant select (tenant_id, role_id, permission) on core.role_permissions to staff, platform;

create trigger role_permissions__log_change
after insert or update or delete on core.role_permissions
for each row execute function audit.tg_log_change();

-- db/code/core/roles.sql ----------------------------------------

-- Roles: staff read their tenant's, the platform all. Written by functions only, which see to
-- it that nobody gives what they do not have.
create policy roles_select_staff on core.roles for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy roles_select_platform on core.roles for select to platform
using (true);

grant select (tenant_id, id, name, audience, is_built_in, description, created_at, updated_at)
on core.roles to staff, platform;

create trigger roles__touch_updated_at before update on core.roles
for each row execute function audit.tg_touch_updated_at();
create trigger roles__log_change after insert or update or delete on core.roles
for each row execute function audit.tg_log_change();

-- db/code/core/session_events.sql ----------------------------------------

-- Events of sessions: who may read the session reads them. Append-only, written by
-- charging.record_session_event.
create policy session_events_select_staff on core.session_events for select to staff
using (tenant_id = (select claims.tenant_id()));
-- One look-up of the driver's sessions a query, and then the key's index.
create policy session_events_select_customer on core.session_events for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and session_id = any(array(
        select s.id
        from core.sessions as s
        where
            s.tenant_id = (select claims.tenant_id())
            and s.user_id = (select claims.user_id())
    ))
);
create policy session_events_select_platform on core.session_events for select to platform
using (true);

grant select (
    tenant_id, session_id, id, event, from_state, to_state, happened_at, received_at, details
) on core.session_events to staff, customer, platform;

-- db/code/core/sessions.sql ----------------------------------------

-- Sessions: staff read their tenant's, a driver their own, the platform all. Written by the
-- functions of schema charging only, which tell their story in core.session_events; keys by which
-- repeated messages are known are nobody's to read.
create policy sessions_select_staff on core.sessions for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy sessions_select_customer on core.sessions for select to customer
using (
    tenant_id = (select claims.tenant_id()) and user_id = (select claims.user_id())
);
create policy sessions_select_platform on core.sessions for select to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, evse_id, connector_id, protocol, transaction_id, state,
    charging_state, id_token, id_token_id, user_id, authorization_status, authorization_reason,
    started_at, started_at_reported, start_received_at, ended_at, ended_at_reported,
    stop_received_at, meter_start_wh, meter_stop_wh, energy_wh, last_meter_wh, last_reading_at,
    power_w, soc_percent, stop_reason, stop_id_token, stop_authorization_status, reservation_id,
    hold_reason, hold_details, flags, created_at, updated_at
) on core.sessions to staff, customer, platform;

-- db/code/core/sites.sql ----------------------------------------

-- Sites: staff read their tenant's and write them with sites.write; the platform all.
-- Drivers see no rows: a public map will have a view of its own. They may name the table, so
-- that embedding a site into a session of theirs is empty and not an error.
create policy sites_select_staff on core.sites for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy sites_select_platform on core.sites for select to platform
using (true);
create policy sites_insert_staff on core.sites for insert to staff
with check (tenant_id = (select claims.tenant_id()));
create policy sites_update_staff on core.sites for update to staff
using (tenant_id = (select claims.tenant_id()))
with check (tenant_id = (select claims.tenant_id()));
create policy sites_delete_staff on core.sites for delete to staff
using (tenant_id = (select claims.tenant_id()));
create policy sites_insert_permission on core.sites as restrictive for insert to staff
with check ((select claims.has_permission('sites.write')));
create policy sites_update_permission on core.sites as restrictive for update to staff
using ((select claims.has_permission('sites.write')))
with check ((select claims.has_permission('sites.write')));
create policy sites_delete_permission on core.sites as restrictive for delete to staff
using ((select claims.has_permission('sites.write')));
create policy sites_insert_platform on core.sites for insert to platform
with check (true);
create policy sites_update_platform on core.sites for update to platform
using (true)
with check (true);
create policy sites_delete_platform on core.sites for delete to platform
using (true);

grant select (
    tenant_id, id, name, address, postal_code, city, country_code, latitude, longitude,
    time_zone, is_public, created_at, updated_at
) on core.sites to staff, customer, platform;
grant insert (
    tenant_id, name, address, postal_code, city, country_code, latitude, longitude, time_zone,
    is_public
) on core.sites to staff, platform;
grant update (
    name, address, postal_code, city, country_code, latitude, longitude, time_zone, is_public
) on core.sites to staff, platform;
grant delete on core.sites to staff, platform;

create trigger sites__require_permission before insert or update or delete on core.sites
for each statement execute function access.tg_require_permission('sites.write');
create trigger sites__check before insert or update of country_code, time_zone
on core.sites
for each row execute function fleet.tg_sites__check();
create trigger sites__touch_updated_at before update on core.sites
for each row execute function audit.tg_touch_updated_at();
create trigger sites__log_change after insert or update or delete on core.sites
for each row execute function audit.tg_log_change();
create trigger sites__limit_update after update on core.sites
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger sites__limit_delete after delete on core.sites
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();

-- db/code/core/tenants.sql ----------------------------------------

-- Tenants: everybody reads their own, the platform all. Staff with tenant.write change the
-- name and the like; what identifies a tenant is the platform's.
create policy tenants_select_staff on core.tenants for select to staff
using (id = (select claims.tenant_id()));
create policy tenants_select_customer on core.tenants for select to customer
using (id = (select claims.tenant_id()));
create policy tenants_select_platform on core.tenants for select to platform
using (true);
create policy tenants_update_staff on core.tenants for update to staff
using (id = (select claims.tenant_id()))
with check (id = (select claims.tenant_id()));
create policy tenants_update_permission on core.tenants as restrictive for update to staff
using ((select claims.has_permission('tenant.write')))
with check ((select claims.has_permission('tenant.write')));
create policy tenants_insert_platform on core.tenants for insert to platform
with check (true);
create policy tenants_update_platform on core.tenants for update to platform
using (true)
with check (true);

grant select (
    id, slug, name, country_code, party_id, time_zone, currency, language, is_active,
    allows_sign_up, created_at, updated_at
) on core.tenants to staff, customer, platform;
grant update (name, time_zone, currency, language, allows_sign_up) on core.tenants to staff;
grant insert (
    slug, name, country_code, party_id, time_zone, currency, language, is_active, allows_sign_up
) on core.tenants to platform;
grant update (
    slug, name, country_code, party_id, time_zone, currency, language, is_active, allows_sign_up
) on core.tenants to platform;

create trigger tenants__require_permission before update on core.tenants
for each statement execute function access.tg_require_permission('tenant.write');
create trigger tenants__check before insert or update of time_zone on core.tenants
for each row execute function access.tg_tenants__check();
create trigger tenants__keep_a_platform_admin after update of is_active on core.tenants
for each row when (old.is_active and not new.is_active)
execute function access.tg_keep_a_platform_admin();
create trigger tenants__create_roles after insert on core.tenants
for each row execute function access.tg_tenants__create_roles();
create trigger tenants__touch_updated_at before update on core.tenants
for each row execute function audit.tg_touch_updated_at();
create trigger tenants__log_change after insert or update or delete on core.tenants
for each row execute function audit.tg_log_change();
create trigger tenants__limit_update after update on core.tenants
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger tenants__limit_delete after delete on core.tenants
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();

-- db/code/core/unknown_charge_points.sql ----------------------------------------

-- Chargers that nobody has registered: staff see those that named their tenant, the platform all,
-- those without a tenant included. Written by functions only.
create policy unknown_charge_points_select_staff on core.unknown_charge_points for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy unknown_charge_points_select_platform on core.unknown_charge_points
for select to platform
using (true);

grant select (
    id, tenant_id, identity, state, attempts, first_seen_at, last_seen_at, remote_address,
    user_agent, offered_subprotocols, has_sent_key, decided_at, decided_by
) on core.unknown_charge_points to staff, platform;

create trigger unknown_charge_points__log_change
after update of state
on core.unknown_charge_points
for each row when (old.state is distinct from new.state)
execute function audit.tg_log_change();

-- db/code/core/unknown_id_tokens.sql ----------------------------------------

-- Tokens that nobody has registered: staff see their tenant's, the platform all. Written by
-- functions only.
create policy unknown_id_tokens_select_staff on core.unknown_id_tokens for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy unknown_id_tokens_select_platform on core.unknown_id_tokens for select to platform
using (true);

grant select (
    tenant_id, id, id_token, state, attempts, first_seen_at, last_seen_at, last_charge_point_id,
    decided_at, decided_by
) on core.unknown_id_tokens to staff, platform;

create trigger unknown_id_tokens__log_change after update of state on core.unknown_id_tokens
for each row when (old.state is distinct from new.state)
execute function audit.tg_log_change();

-- db/code/core/users.sql ----------------------------------------

-- People: staff with users.read see those of their tenant, everybody of the staff themselves,
-- the platform all. Written by functions only: a person may belong to several tenants.
create policy users_select_staff on core.users for select to staff
using (
    id in (
        select m.user_id
        from core.memberships as m
        where m.tenant_id = (select claims.tenant_id())
    )
);
create policy users_select_platform on core.users for select to platform
using (true);

grant select (id, email, full_name, language, is_active, email_verified_at, created_at, updated_at)
on core.users to staff, platform;

create trigger users__keep_a_platform_admin after update of is_active on core.users
for each row when (old.is_active and not new.is_active)
execute function access.tg_keep_a_platform_admin();
create trigger users__touch_updated_at before update on core.users
for each row execute function audit.tg_touch_updated_at();
create trigger users__log_change after insert or update or delete on core.users
for each row execute function audit.tg_log_change();

-- db/code/ops/connections.sql ----------------------------------------

-- Connections: staff read their tenant's, the platform all. Written by functions only.
create policy connections_select_staff on ops.connections for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy connections_select_platform on ops.connections for select to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, outcome, refuse_reason, attempts, subprotocol, remote_address,
    user_agent, is_tls, security_profile, flags, opened_at, closed_at, close_code, close_reason
) on ops.connections to staff, platform;

-- db/code/ops/message_log.sql ----------------------------------------

-- The message log: staff with messages.read see their tenant's frames, the platform all, drivers
-- none. Written by functions only; old partitions are dropped whole.
create policy message_log_select_staff on ops.message_log for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy message_log_select_permission on ops.message_log as restrictive
for select to staff
using ((select claims.has_permission('messages.read')));
create policy message_log_select_platform on ops.message_log for select to platform
using (true);

grant select (
    tenant_id, id, charge_point_id, connection_id, received_at, direction, message_type,
    message_id, action, payload, error_code
) on ops.message_log to staff, platform;

-- db/code/ops/presence.sql ----------------------------------------

-- Presence: staff read their tenant's, the platform all. Written by functions only.
create policy presence_select_staff on ops.presence for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy presence_select_platform on ops.presence for select to platform
using (true);

-- db/code/ops/secrets.sql ----------------------------------------

-- Secrets: the owner's alone; the audit says when one changed, never what it is.
create trigger secrets__touch_updated_at before update on ops.secrets
for each row execute function audit.tg_touch_updated_at();
create trigger secrets__log_change after insert or update or delete on ops.secrets
for each row execute function audit.tg_log_change('value');

-- db/code/ops/settings.sql ----------------------------------------

-- Settings: the owner's alone; the audit says who changed what.
create trigger settings__touch_updated_at before update on ops.settings
for each row execute function audit.tg_touch_updated_at();
create trigger settings__log_change after insert or update or delete on ops.settings
for each row execute function audit.tg_log_change();

-- db/code/api/relationships.sql ----------------------------------------

-- Relationships for embedding, where tables have no foreign key or views hide it:
-- meter_values?select=*,charge_points(identity), charging_sessions?select=*,meter_values(*).
--
-- PostgREST takes a function of a row for a relationship that has the function's name; hence the
-- same name for several rows. What a person may not read is not embedded: functions are invokers.

create or replace function api.charge_points(reading api.meter_values)
returns setof api.charge_points rows 1
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select c.*
    from api.charge_points as c
    where c.tenant_id = $1.tenant_id and c.id = $1.charge_point_id;
$$;
revoke all on function api.charge_points(api.meter_values) from public;
grant execute on function api.charge_points(api.meter_values) to staff, customer, platform;
comment on function api.charge_points(api.meter_values) is
    'The charge point of a reading, to embed into meter_values.';

create or replace function api.charge_points(message api.ocpp_messages)
returns setof api.charge_points rows 1
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select c.*
    from api.charge_points as c
    where c.tenant_id = $1.tenant_id and c.id = $1.charge_point_id;
$$;
revoke all on function api.charge_points(api.ocpp_messages) from public;
grant execute on function api.charge_points(api.ocpp_messages) to staff, platform;
comment on function api.charge_points(api.ocpp_messages) is
    'The charge point of a message, to embed into ocpp_messages.';

create or replace function api.charge_points(decision api.authorizations)
returns setof api.charge_points rows 1
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select c.*
    from api.charge_points as c
    where c.tenant_id = $1.tenant_id and c.id = $1.charge_point_id;
$$;
revoke all on function api.charge_points(api.authorizations) from public;
grant execute on function api.charge_points(api.authorizations) to staff, platform;
comment on function api.charge_points(api.authorizations) is
    'The charge point of a decision, to embed into authorizations.';

create or replace function api.charge_points(change api.connector_status_changes)
returns setof api.charge_points rows 1
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select c.*
    from api.charge_points as c
    where c.tenant_id = $1.tenant_id and c.id = $1.charge_point_id;
$$;
revoke all on function api.charge_points(api.connector_status_changes) from public;
grant execute on function api.charge_points(api.connector_status_changes) to staff, platform;
comment on function api.charge_points(api.connector_status_changes) is
    'The charge point of a change, to embed into connector_status_changes.';

create or replace function api.charging_sessions(reading api.meter_values)
returns setof api.charging_sessions rows 1
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select s.*
    from api.charging_sessions as s
    where s.tenant_id = $1.tenant_id and s.id = $1.session_id;
$$;
revoke all on function api.charging_sessions(api.meter_values) from public;
grant execute on function api.charging_sessions(api.meter_values) to staff, customer, platform;
comment on function api.charging_sessions(api.meter_values) is
    'The session of a reading, to embed into meter_values.';

create or replace function api.users(change api.audit_log)
returns setof api.users rows 1
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select u.*
    from api.users as u
    where u.id = $1.user_id
    order by u.tenant_id is distinct from $1.tenant_id, u.tenant_id
    limit 1;
$$;
revoke all on function api.users(api.audit_log) from public;
grant execute on function api.users(api.audit_log) to staff, platform;
comment on function api.users(api.audit_log) is
    'Who made a change, to embed into audit_log.';

-- The times of the session bound the search, so that few partitions are read: readings with a
-- time that cannot be true lie under the time of their receipt, before the last change.
create or replace function api.meter_values(session api.charging_sessions)
returns setof api.meter_values
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select m.*
    from api.meter_values as m
    where
        m.tenant_id = $1.tenant_id
        and m.session_id = $1.id
        and m.sampled_at >= least($1.started_at, $1.created_at) - interval '1 day'
        and m.sampled_at
        <= greatest($1.ended_at, $1.last_reading_at, $1.updated_at) + interval '1 day'
    order by m.sampled_at;
$$;
revoke all on function api.meter_values(api.charging_sessions) from public;
grant execute on function api.meter_values(api.charging_sessions) to staff, customer, platform;
comment on function api.meter_values(api.charging_sessions) is
    'Readings of a session, to embed into charging_sessions.';

insert into ops.applied_code (path, checksum, objects) values
    ('access/check_full_name.sql', '15a198b4ba23b69e2aad1617fa8b5261484b5a64de8d3fe355333035c230dadc',
    '["function access.check_full_name"]'),
    ('access/check_password.sql', '7958bc0b864b782086f3df23b8186af7d31d4d25d64575eb8274abd8c0e2967e',
    '["function access.check_password"]'),
    ('access/check_permissions.sql', 'bfe64999a9418a48684c7d7f1530cd462cd60fef9f3dfc23ebe9aa98c902f79e',
    '["function access.check_permissions"]'),
    ('access/check_role_text.sql', 'd31cc39658b1ff31501ce9f3df2558063163e865d9f8a3cffa3db1585536c056',
    '["function access.check_role_text"]'),
    ('access/check_time_zone.sql', '8cef5dbaa57167e178867c4e37d89077fe073ef7df3a69feda026db168d246b1',
    '["function access.check_time_zone"]'),
    ('access/clean_email.sql', 'f565afcfd10cb5beaf8314d7cbcdcc7fc0cba0ff74dbc3f4571bd91548f3e6c1',
    '["function access.clean_email"]'),
    ('access/create_built_in_roles.sql', '26947b0ade480f8f0cd686c4ecbd2117793256d4092145b22c59e2dd81e23b6b',
    '["function access.create_built_in_roles"]'),
    ('access/create_sign_in_tokens.sql', 'b20e35cdfde1c42eaf228ef75929f26bf253994f807dc7f2a6e622d875efe72c',
    '["function access.create_sign_in_tokens"]'),
    ('access/create_token.sql', '53d7f847b69b9e7a0751445f9a9b7a34268efbe1249998bded1726470b40faaf',
    '["function access.create_token"]'),
    ('access/discard_unverified.sql', '1e837a275f612a9495ecd733e7066deb04f2b930cf1a406ed613f5dd03bca3b7',
    '["function access.discard_unverified"]'),
    ('access/encode_base64url.sql', '49c2d7660b4fdf03100098209f9421511d9384bb80cf0a698267c44bbd92203b',
    '["function access.encode_base64url"]'),
    ('access/expire_people.sql', 'f74ec5feb975db756f5205db754b981a8aae4b3e4c432760ea4711a59a10e456',
    '["function access.expire_people"]'),
    ('access/get_role.sql', '5fbeb2ec2dd345b7e3498614e3c09370b961ac7ccd4a80972637c1ed5ef9f19a',
    '["function access.get_role"]'),
    ('access/get_secret.sql', 'ff528603ef70ed17dc75c414c0e2a05398a2464529c0cee6d3cf1d04cd95b2b7',
    '["function access.get_secret"]'),
    ('access/get_setting.sql', 'e92d556f6da089f9203da2a1d4c9d74b1c7c509c109dca1bd225fee325257fb4',
    '["function access.get_setting"]'),
    ('access/get_target_tenant.sql', '36ecbfb42c41c0f047c5b2ebb24463be1ab9d4ca57b5558871da9134250261ac',
    '["function access.get_target_tenant"]'),
    ('access/hash_password.sql', '3e8e2c1160272c1e82b860f8f3235733c99518bda1382e6ef4fcf92454cff8f0',
    '["function access.hash_password"]'),
    ('access/hash_token.sql', '7252cdbcb2970405a79d3554b677efc152a4b59000aa4d7baf9008c2feb098f4',
    '["function access.hash_token"]'),
    ('access/issue_token.sql', '6ce811756d0cb8e3c2eb7df4d95bf7f846013d592487fb6b7a2bcca04be97129',
    '["function access.issue_token"]'),
    ('access/lock_member.sql', '63bf93d1dc68c45ec10e6e11692cbef639b5b934d485e652b9d2c79a33ed4cd9',
    '["function access.lock_member"]'),
    ('access/lock_role.sql', 'ebacc8483ea10cca808d08f83f3cc00be1604bee7bd006758ca11430cc6babfe',
    '["function access.lock_role"]'),
    ('access/open_sign_in.sql', 'd69155d2bf78da419423895d6f1a21a5a38b26c54bedf7f658ce1ed76108ab2c',
    '["function access.open_sign_in"]'),
    ('access/refuse_attempt.sql', '57aa0051f1c1ee4c5a23ee10af0c401c1c56501cc6b90e97bc30b1a4928e286a',
    '["function access.refuse_attempt"]'),
    ('access/refuse_request.sql', 'ccf8cfcdbcf44a0caa581e11d532e43004c2120656e1c92974399c1c98ac6269',
    '["function access.refuse_request"]'),
    ('access/require_permission.sql', '051c8ea95e7a13a0d8cd916b7a42c1243d04caa0f0852cf9b5a2302779113e92',
    '["function access.require_permission", "function access.tg_require_permission"]'),
    ('access/require_person.sql', '00ea57839bf2e61ecc88eed82ce5a7e36bd12a322606acecefdfae8318249722',
    '["function access.require_person"]'),
    ('access/require_role_within.sql', 'd352958ae939967f552056fe3d8ddce8f3f8e3416495fd0dff0dc679df14009d',
    '["function access.require_role_within"]'),
    ('access/revoke_sign_ins.sql', '9e48cced915c5c560290d7d0a26efe45bd67e70429bedfcb1a0f4e082db6d7df',
    '["function access.revoke_sign_ins"]'),
    ('access/send_nothing.sql', 'ff5c39e0fb17719814723d64b3da5b0f2a9debc4e955dd97f7e27aed85b1e33b',
    '["function access.send_nothing"]'),
    ('access/send_token.sql', '0538c823f7c396505c058c5c9296a8b1d1180ada7908eb89de7f8b62f8ba6fa1',
    '["function access.send_token"]'),
    ('access/set_password.sql', 'dd8243c91c4f354ec8e79fbb1edb230a9c0bf6231b5b9a4a4025ec97a8e6a7b3',
    '["function access.set_password"]'),
    ('access/set_role_permissions.sql', 'd6daec3035cca4b0a8f678a9f6899de4aa0c7633fb14c521c3cd44972cc1d85e',
    '["function access.set_role_permissions"]'),
    ('access/sign_jwt.sql', '85b4523ecf07cb9c4391a8b2434310465f1e28c82c5e1867842e36eea60cc812',
    '["function access.sign_jwt"]'),
    ('access/supabase_token_hook.sql', 'ef941d8809f0fc0c6ee47b06646926ddb724577ce224c8d1a392949e5144d427',
    '["function access.get_supabase_claims", "function access.supabase_token_hook"]'),
    ('access/tg_keep_a_platform_admin.sql', 'afc32e8b7ae0bff78d646637ac466334e98a06955df9b12b5b00157adce3ee88',
    '["function access.tg_keep_a_platform_admin"]'),
    ('access/tg_memberships__keep_an_admin.sql', '8091a834f22abf09e502ea362ed0f4a1edbe7681061336245fac0c7c707dbd88',
    '["function access.tg_memberships__keep_an_admin"]'),
    ('access/tg_tenants__check.sql', '5ae7e29f55b07b277d26712714c3503f9b1e0806547f81d118e2966718f2ee48',
    '["function access.tg_tenants__check"]'),
    ('access/tg_tenants__create_roles.sql', '178584909dc1c82bde237db5ea8d4f1224380a995ca424daadb2379dd2b0086c',
    '["function access.tg_tenants__create_roles"]'),
    ('access/try_password.sql', '6f638b85bcf0439756d880691748602679390e9c781197d50502e28a4506f868',
    '["function access.try_password"]'),
    ('access/use_token.sql', '18d7beca1ead38456eec1a1c0e93acffc70c7f50f2ee7062a7c9d82fb01a3045',
    '["function access.use_token"]'),
    ('api/activate_user.sql', '03d1b0658c6b8bca4019e7fdbd77f1f4c6e35ce55a7748ea3f2cc5a07a88c0d3',
    '["function api.activate_user", "grants api.activate_user"]'),
    ('api/admit_charge_point.sql', '2c142815bda27a9cc0e71147cffd53d8aa806c22d08b50e434810a6f07f09e84',
    '["function api.admit_charge_point", "grants api.admit_charge_point"]'),
    ('api/admit_id_token.sql', '92fbba547a58abc8a669fa9fc42b201dcd6034894d1020da2b255e86ba757774',
    '["function api.admit_id_token", "grants api.admit_id_token"]'),
    ('api/api_keys.sql', 'a2adc29a15d819f77fb8afa0e1f346e55cd5ba388e56a2942115bbe70dacad72',
    '["grants api.api_keys", "view api.api_keys"]'),
    ('api/audit_log.sql', '481cdd45e5dd57d7af34e3581846f2be84ac16c2464331e2072c76d92f41cb8e',
    '["grants api.audit_log", "view api.audit_log"]'),
    ('api/authorizations.sql', 'c360aa93d113f76bb5f02820990544911cc9c88202beb0d940f73c95097b2baf',
    '["grants api.authorizations", "view api.authorizations"]'),
    ('api/change_password.sql', '3c6c1b0bbdb08ba00c046a3992b5222d76b8dead9a69e0c55e1d4d516557d254',
    '["function api.change_password", "grants api.change_password"]'),
    ('api/charge_point_group_members.sql', 'e26a53abbeeab46752213ce37719afe92888769217813cb6fed3f9f38d7adbde',
    '["grants api.charge_point_group_members", "view api.charge_point_group_members"]'),
    ('api/charge_point_groups.sql', 'ee52e1a221eaa8b0b7a190ea6f77cc79fe5eb5d635ea974cef736d2636b13e8a',
    '["grants api.charge_point_groups", "view api.charge_point_groups"]'),
    ('api/charge_point_keys.sql', 'dab7332419f53c0de267dc0d0290e8b2165d86afa09ae355092346d522309541',
    '["grants api.charge_point_keys", "view api.charge_point_keys"]'),
    ('api/charge_points.sql', 'ee1871501d2ca5cdb790b86213e98f7f7312c41b6980756720329c7a8651bcc0',
    '["grants api.charge_points", "grants ops.connections", "grants ops.presence", "view api.charge_points"]'),
    ('api/charging_sessions.sql', '311661d04008e9ef38520e2c4bb15fe5f574c3938981d0bfbdf49a49b0249a4a',
    '["grants api.charging_sessions", "view api.charging_sessions"]'),
    ('api/connection_log.sql', '6ca7bb7b6dc4abc9117163ea3c2238e74fd5047dbe635d43dc7e31bc36852648',
    '["grants api.connection_log", "view api.connection_log"]'),
    ('api/connector_status_changes.sql', '6e7eaaca158afe1998642477e076f5d518cea3adceda58e3d051ca4f1b2c3756',
    '["grants api.connector_status_changes", "view api.connector_status_changes"]'),
    ('api/connectors.sql', '6c2fbe67ac7e5ff9861e19dbd4f34230cf5027941bead7d08a8b6327b50c87ee',
    '["grants api.connectors", "view api.connectors"]'),
    ('api/create_api_key.sql', '01bfcba86698839c1e8bf2d2a1ae0b9a455d24b65fe94f72df138763af539fa6',
    '["function api.create_api_key", "grants api.create_api_key"]'),
    ('api/create_charge_point_key.sql', '532a7d1cb3349f387dcc53c7cd592bef6e2e8d0c76c7e121e634dfe64123f633',
    '["function api.create_charge_point_key", "grants api.create_charge_point_key"]'),
    ('api/create_role.sql', 'f4ca5f251969e5c453c7fabb2bc211b67d63c8673da24b9cc679e26aa4bdc7e0',
    '["function api.create_role", "grants api.create_role"]'),
    ('api/deactivate_user.sql', 'e3558400ae1c20f1e984403b91135ef5e550bb6a1a83808007a789e385762684',
    '["function api.deactivate_user", "grants api.deactivate_user"]'),
    ('api/delete_role.sql', '2b8cd92717ce8166f23c526d24f6308047ee6376118fa4a5fc2703ee5d9db0b3',
    '["function api.delete_role", "grants api.delete_role"]'),
    ('api/evses.sql', '278f3f78cb8123d5b4deb51311f67748d78857bee84228090f2799258e591d0b',
    '["grants api.evses", "view api.evses"]'),
    ('api/health.sql', 'da571974563482ff0a932f52b3892586f8a4c9319f11c16bdcaf712f1d2c98cc',
    '["function api.health", "grants api.health"]'),
    ('api/id_token_groups.sql', '97a97b7514ee0cd0166997ef2f4ae6a7223778bfca255a6d3766d28dc64cb5f9',
    '["grants api.id_token_groups", "view api.id_token_groups"]'),
    ('api/id_token_rights.sql', 'b73a9697063d7a845e97a9f3e95b782681fddeb81e59bac9d4578dea75e2c280',
    '["grants api.id_token_rights", "view api.id_token_rights"]'),
    ('api/id_tokens.sql', '4f41c0939f9af6a30e1b2f06e5074a9c6fbb6faa2ca0adcb740d5d0171b2bf17',
    '["grants api.id_tokens", "view api.id_tokens"]'),
    ('api/identities.sql', '33d6c8168b6619c36c56bea344795a4e0c747109c84ffcf20ab3eb94c803ff4d',
    '["grants api.identities", "view api.identities"]'),
    ('api/identity_providers.sql', 'c98d3bb88f23f558e7a15097b2f1f0311fc621dd2574e0d45626e01c0dee0fdf',
    '["grants api.identity_providers", "view api.identity_providers"]'),
    ('api/ignore_charge_point.sql', '9d7e4fd0cd2df61f1ad2ce292a41b1aa0405679d1e3ee89be2f07b9e86a7f6a0',
    '["function api.ignore_charge_point", "grants api.ignore_charge_point"]'),
    ('api/ignore_id_token.sql', '047d3a3216ee6fab0698a677638f545681cfde3363ac459b2bf482bcbdadcaa7',
    '["function api.ignore_id_token", "grants api.ignore_id_token"]'),
    ('api/invite_user.sql', '0eb26e16b102bba5b6fb34d9289251c6bbd32b08e8fc1843cb484b16cc5cb117',
    '["function api.invite_user", "grants api.invite_user"]'),
    ('api/job_runs.sql', '3eb1cbcad94753cdc01c19e42ee744427829c35be7c4d5ca856b52cdb62e8ed8',
    '["grants api.job_runs", "view api.job_runs"]'),
    ('api/login.sql', '799d572f4571006347bfd67010b68bcfd8094a3677ad7090750835e2bf42bfc5',
    '["function api.login", "grants api.login"]'),
    ('api/logout.sql', '52509ffa234133baa1d84bdb16aede898e4a62c9435300b97724ace303dd6fc0',
    '["function api.logout", "grants api.logout"]'),
    ('api/me.sql', '2ed178cba2966fc031a1608d285b63fa56b3ba8730a075fd22367ae27fc37443',
    '["function api.me", "grants api.me"]'),
    ('api/meter_value_samples.sql', 'da2c3eedf3e44119e81b2d582322829ccf3812c52b234e78ce0afe5b406502cc',
    '["grants api.meter_value_samples", "trigger meter_value_samples__refuse_change on api.meter_value_samples", "view api.meter_value_samples"]'),
    ('api/meter_values.sql', '2c3e1a0dd714681607b9ff3b77f3db00d66316327b6ce90c39f729cbb462c7be',
    '["grants api.meter_values", "view api.meter_values"]'),
    ('api/ocpp_messages.sql', 'a0f4a1567a36b18220fe13c7303e1a9f4b254f772c8dec6045d442a1547c88fb',
    '["grants api.ocpp_messages", "view api.ocpp_messages"]'),
    ('api/permissions.sql', 'd2782fe62e7f7f8eb9d3eeddfadecb9e33d61b51474a454b6a26ca5a39095fcd',
    '["grants api.permissions", "view api.permissions"]'),
    ('api/refresh.sql', 'faf0b35d07a3fde972461b9b1d6267170f2a7ea287efcfecaaa2c536a12f58d3',
    '["function api.refresh", "grants api.refresh"]'),
    ('api/relationships.sql', '2c082055213e96b764474277013ae37e837dc64082d5e6920fd2e06a8cb6ce26',
    '["function api.charge_points(api.authorizations)", "function api.charge_points(api.connector_status_changes)", "function api.charge_points(api.meter_values)", "function api.charge_points(api.ocpp_messages)", "function api.charging_sessions(api.meter_values)", "function api.meter_values(api.charging_sessions)", "function api.users(api.audit_log)", "grants api.charge_points", "grants api.charging_sessions", "grants api.meter_values", "grants api.users"]'),
    ('api/request_password_reset.sql', '0d47abf6f03fcb15c73cf437e3c75c888ecb6216614cb3b6648c3d7f50481118',
    '["function api.request_password_reset", "grants api.request_password_reset"]'),
    ('api/reset_password.sql', '5a18ef89777095c2e8981e33f16361fceed1513d6b5c5cf4f3e30b76ae8945b5',
    '["function api.reset_password", "grants api.reset_password"]'),
    ('api/revoke_api_key.sql', 'c85b66da07ebac60df35bcff4a60ef68200cd4d4bcde8f6ff4cbadc8551eabd1',
    '["function api.revoke_api_key", "grants api.revoke_api_key"]'),
    ('api/roles.sql', 'b9e659a922d0149f19463f17321c7e1585f37731e3b32c09d335ed0bc85b4a21',
    '["grants api.roles", "view api.roles"]'),
    ('api/search_ocpp_messages.sql', '615c8f30593551d18c3f19d7165c2f013af5dbc5a8a5489ddcac36daed3542dd',
    '["function api.search_ocpp_messages", "grants api.search_ocpp_messages"]'),
    ('api/session_events.sql', 'a26483fc739eae3aed447ba3c40803fa7b2517364d88dddc17545e70abfe1b20',
    '["grants api.session_events", "view api.session_events"]'),
    ('api/set_user_role.sql', '349fa5b29b0f9f83a8d8dc8358fb1aba27353d021ba4c99ded97698b9a74fc36',
    '["function api.set_user_role", "grants api.set_user_role"]'),
    ('api/sign_up.sql', 'c6a3ef2c647462b44e75ee7a20ccde021f555ac327802bb99847254cda2fcbd8',
    '["function api.sign_up", "grants api.sign_up"]'),
    ('api/sites.sql', 'df208e3bd001cc0f91cef1c471c2298d479da5ecffd2b8a892121b927b772e7b',
    '["grants api.sites", "view api.sites"]'),
    ('api/switch_tenant.sql', '2821249d8d0cc2e9e39599dd87c9c51974862056beb9902152aa2838b3c570cc',
    '["function api.switch_tenant", "grants api.switch_tenant"]'),
    ('api/tenants.sql', 'f745021c577af54b7e6f5c592e9441b0c00fa6bd325d4c023abbd581a57249b3',
    '["grants api.tenants", "view api.tenants"]'),
    ('api/token_for_key.sql', '298c5e3a5cd4cb44e462a90ee8ec100a44f772cf7b4bff6a13b193c0ce793d53',
    '["function api.token_for_key", "grants api.token_for_key"]'),
    ('api/unknown_charge_points.sql', 'b9ef66cd71fba3e206e35e58439422e539aea5f48dbcaa26c4d82aff965fbe57',
    '["grants api.unknown_charge_points", "view api.unknown_charge_points"]'),
    ('api/unknown_id_tokens.sql', '55ea5050a6631c37270f73d735fecac3a460926073e4666c7d02eebd57baa3e9',
    '["grants api.unknown_id_tokens", "view api.unknown_id_tokens"]'),
    ('api/update_profile.sql', 'daa70bf4a8a27dd87a9fca5d24605d1484ff4ef2f22573bdde2e4bafbccf6854',
    '["function api.update_profile", "grants api.update_profile"]'),
    ('api/update_role.sql', '5c2a43db5ea51c5874a0d6b3fa6ca281caa117ac503c095ee9258ed03f24af75',
    '["function api.update_role", "grants api.update_role"]'),
    ('api/users.sql', 'f57df7ecb2b76e9fd0abc2fc5a5f34b8658040b2ac80fa094553106814655700',
    '["grants api.users", "view api.users"]'),
    ('api/verify_email.sql', '1fa0c415361dd4ce2d9d0ba162a96260b24ba742bf4be456d069d1fb812edcd8',
    '["function api.verify_email", "grants api.verify_email"]'),
    ('audit/tg_audit_log__refuse_change.sql', 'dbd7692e73744c818bf3c91319e28270ada310492628faa1077c268bce2cafc5',
    '["function audit.tg_audit_log__refuse_change"]'),
    ('audit/tg_limit_rows.sql', 'cfd9bb3630695f36a03f556f769c1acb2218f9fc0428da55971ab148dbec2a15',
    '["function audit.tg_limit_rows"]'),
    ('audit/tg_log_change.sql', 'e48379dc5240c032afc1528d947eb7982141c4746d7d2ca367110dc3eebfab3f',
    '["function audit.tg_log_change"]'),
    ('audit/tg_touch_updated_at.sql', '08aa0e2066c659c24602be42ab57d95c8c7df62055ab4ea17ee01ed4c20355e4',
    '["function audit.tg_touch_updated_at"]'),
    ('charging/apply_connector_status.sql', 'caedb00dd46867c100935eab3f92e75e6add4600aa19204dfb6e4c77bf685f09',
    '["function charging.apply_connector_status"]'),
    ('charging/authorize_id_token.sql', 'db4953bebe5aca6bb5305c9f2895574c499d686f38095ad18279c53aada05f6e',
    '["function charging.authorize_id_token", "function charging.has_right_at"]'),
    ('charging/check_energy.sql', '17c00bfc546f268f3a4dde3c6973da93d6a43342bbf30a17ef3e6d277788ee97',
    '["function charging.check_energy", "function charging.get_possible_energy_wh", "function charging.has_unit_conflict"]'),
    ('charging/clean_id_token.sql', '15f3d1ccc77d9a652bda38f22a43031690c11fd080fa30ad1fe88818abc965be',
    '["function charging.clean_id_token"]'),
    ('charging/create_orphan_session.sql', 'fca84f17f1aa7b5bf41a916e94b8a70fe4ce3b5889b0cfeec014258fca4628b6',
    '["function charging.complete_orphan_session", "function charging.create_orphan_session"]'),
    ('charging/create_transaction_id.sql', 'a191bd06d949d6d67d28b6a588ed832eba0b52b7f7e7d299bd298843d5382656',
    '["function charging.create_transaction_id"]'),
    ('charging/end_session.sql', 'f6629f3535bf5ab921cccd952be3ba56c02cee2d90e01f5d6fcd109d30add656',
    '["function charging.drop_guessed_end", "function charging.end_session"]'),
    ('charging/find_session_of_stop.sql', '769773ff39695fb1fe81977c3ec98b0cf58eda24074c3524d509c06c1331cc61',
    '["function charging.find_session_of_stop"]'),
    ('charging/get_id_token_info.sql', 'd64ff0210b24a97dc921f528d1f146fe9a53a0fe5b15b7971e27ef381885e173',
    '["function charging.get_id_token_info"]'),
    ('charging/move_session.sql', '98f2e151542fd46d6c0184bac35ea0a64935a9e2eaf6c82af44acf24de8babc5',
    '["function charging.move_session"]'),
    ('charging/presume_session_end.sql', '3f26dafc6b031e1043b3a12a2d2651df795fd1335d70746be5c3fb75e94aba84',
    '["function charging.presume_session_end"]'),
    ('charging/record_meter_values.sql', 'a4ce6257c27a9da19106770d4fa41af0ca6ab217b7084d3eff3632c74f2bd3a4',
    '["function charging.is_known_reading", "function charging.is_measurand", "function charging.record_meter_values"]'),
    ('charging/record_session_event.sql', '22f7b53dc5f3438b2d887bcc8fc61873459f1d79be054e952fe68eb743a9417c',
    '["function charging.record_session_event"]'),
    ('charging/record_unknown_id_token.sql', '86f6880f0ebe5755c2254635aa72f2ad69370eb3e026660a5811a35dec998332',
    '["function charging.record_unknown_id_token"]'),
    ('charging/restate_id_token_info.sql', '3f37dd2b83738b93a89fa86772fcaeba156a24c7859d3d15548f5e2c46d9fe15',
    '["function charging.restate_id_token_info"]'),
    ('charging/settle_session.sql', 'db2f67de3d69a1493284534e0eeb18fe473bff8c4ea861e4e42b334500f0f024',
    '["function charging.get_first_meter_wh", "function charging.settle_session"]'),
    ('charging/start_session.sql', '8fdde93db8bfe885d5dcb062b56949996befab47795a0f28d62e6b585cdcce32',
    '["function charging.insert_session", "function charging.merge_late_start", "function charging.start_session"]'),
    ('charging/tg_meter_value_samples__refuse_change.sql', '412d63df73c9d0ee064e250261cc00b176f2ac2ba5cfaa0c82aee4afe8ad7ac8',
    '["function charging.tg_meter_value_samples__refuse_change"]'),
    ('claims/check_request.sql', '194afa98d26c6bff259b2f093e2976ea694ae0bca7fc2df8f251ab810fe848bc',
    '["function claims.check_request", "grants claims.check_request"]'),
    ('claims/has_permission.sql', '225fea0355bf32cae3be42e68c4467eac91655409ed9304465c79f22f3711d1d',
    '["function claims.has_permission", "grants claims.has_permission"]'),
    ('claims/resolve_request.sql', '9598ddc8a22aa6759b19f7e9b5743f12c78b5a996fe520b350262395432d68b1',
    '["function claims.resolve_request", "grants claims.resolve_request"]'),
    ('claims/role.sql', 'e2a5871d62aadd3f04ee3bc993b90f55ffee3b311d7c8612997368561f2fa45b',
    '["function claims.role", "grants claims.role"]'),
    ('claims/tenant_id.sql', '12282cd23057a54039920ec092379fc3985f1230f465983e6e4ccc0ca4a4a3ec',
    '["function claims.tenant_id", "grants claims.tenant_id"]'),
    ('claims/user_id.sql', '1071ccba188d6e97a099ba158d7ca0709bb7843544da2a404ae94f6c97f2f135',
    '["function claims.user_id", "grants claims.user_id"]'),
    ('core/analysts.sql', '7adf36271faabf9ef7c19c16c48748677f4bb37b5016d777ed0c03579a1b7056',
    '["trigger analysts__log_change on core.analysts"]'),
    ('core/api_keys.sql', 'cd6f6e939be6f70608a701a992eab740b9bf8505cf939e079cb268c0096b8cfa',
    '["grants core.api_keys", "policy api_keys_select_permission on core.api_keys", "policy api_keys_select_platform on core.api_keys", "policy api_keys_select_staff on core.api_keys", "trigger api_keys__log_change on core.api_keys"]'),
    ('core/audit_log.sql', 'a0888884375c69a7e9bb61897fc976f2977e89886f1af390580c608acd32203f',
    '["grants core.audit_log", "policy audit_log_select_permission on core.audit_log", "policy audit_log_select_platform on core.audit_log", "policy audit_log_select_staff on core.audit_log", "trigger audit_log__refuse_change on core.audit_log", "trigger audit_log__refuse_truncate on core.audit_log"]'),
    ('core/authorizations.sql', '185c9e15efcdf23a752ea220bea9c3a6aa814f9be269146a6e42f4b607f8d602',
    '["grants core.authorizations", "policy authorizations_select_platform on core.authorizations", "policy authorizations_select_staff on core.authorizations"]'),
    ('core/charge_point_group_members.sql', '9fcfc118ecef802c583e09a830ccfc9c53a55c09da48271e4ed916fec64970d1',
    '["grants core.charge_point_group_members", "policy charge_point_group_members_delete_permission on core.charge_point_group_members", "policy charge_point_group_members_delete_platform on core.charge_point_group_members", "policy charge_point_group_members_delete_staff on core.charge_point_group_members", "policy charge_point_group_members_insert_permission on core.charge_point_group_members", "policy charge_point_group_members_insert_platform on core.charge_point_group_members", "policy charge_point_group_members_insert_staff on core.charge_point_group_members", "policy charge_point_group_members_select_platform on core.charge_point_group_members", "policy charge_point_group_members_select_staff on core.charge_point_group_members", "trigger charge_point_group_members__limit_delete on core.charge_point_group_members", "trigger charge_point_group_members__log_change on core.charge_point_group_members", "trigger charge_point_group_members__require_permission on core.charge_point_group_members"]'),
    ('core/charge_point_groups.sql', 'f22b02392ab540fe1234cf279c55dc14eb2f5a4f0da69641f25c99bb7daa8287',
    '["grants core.charge_point_groups", "policy charge_point_groups_delete_permission on core.charge_point_groups", "policy charge_point_groups_delete_platform on core.charge_point_groups", "policy charge_point_groups_delete_staff on core.charge_point_groups", "policy charge_point_groups_insert_permission on core.charge_point_groups", "policy charge_point_groups_insert_platform on core.charge_point_groups", "policy charge_point_groups_insert_staff on core.charge_point_groups", "policy charge_point_groups_select_platform on core.charge_point_groups", "policy charge_point_groups_select_staff on core.charge_point_groups", "policy charge_point_groups_update_permission on core.charge_point_groups", "policy charge_point_groups_update_platform on core.charge_point_groups", "policy charge_point_groups_update_staff on core.charge_point_groups", "trigger charge_point_groups__limit_delete on core.charge_point_groups", "trigger charge_point_groups__limit_update on core.charge_point_groups", "trigger charge_point_groups__log_change on core.charge_point_groups", "trigger charge_point_groups__require_permission on core.charge_point_groups", "trigger charge_point_groups__touch_updated_at on core.charge_point_groups"]'),
    ('core/charge_point_keys.sql', 'bcbf74701155fd7fc76d67631462eff1773054c5a68659f535c11bd94a1dbe1a',
    '["grants core.charge_point_keys", "policy charge_point_keys_select_platform on core.charge_point_keys", "policy charge_point_keys_select_staff on core.charge_point_keys", "trigger charge_point_keys__log_change on core.charge_point_keys"]'),
    ('core/charge_points.sql', 'd3af108eb67b9e152917db54eb4c3387b6b37b408c5713286c468d61dcb7b44c',
    '["grants core.charge_points", "policy charge_points_delete_permission on core.charge_points", "policy charge_points_delete_platform on core.charge_points", "policy charge_points_delete_staff on core.charge_points", "policy charge_points_insert_permission on core.charge_points", "policy charge_points_insert_platform on core.charge_points", "policy charge_points_insert_staff on core.charge_points", "policy charge_points_select_platform on core.charge_points", "policy charge_points_select_staff on core.charge_points", "policy charge_points_update_permission on core.charge_points", "policy charge_points_update_platform on core.charge_points", "policy charge_points_update_staff on core.charge_points", "trigger charge_points__limit_delete on core.charge_points", "trigger charge_points__limit_update on core.charge_points", "trigger charge_points__list_identity on core.charge_points", "trigger charge_points__log_change on core.charge_points", "trigger charge_points__require_permission on core.charge_points", "trigger charge_points__touch_updated_at on core.charge_points"]'),
    ('core/connector_status_changes.sql', '2f4c588f453f59109d5906344de9b9c95f87457c88841f6c817320f332458eb7',
    '["grants core.connector_status_changes", "policy connector_status_changes_select_platform on core.connector_status_changes", "policy connector_status_changes_select_staff on core.connector_status_changes"]'),
    ('core/connectors.sql', 'b86730167c9d8b1c28b67dd481a5e6e690712f9b4d8bebff048ec9458308898f',
    '["grants core.connectors", "policy connectors_delete_permission on core.connectors", "policy connectors_delete_platform on core.connectors", "policy connectors_delete_staff on core.connectors", "policy connectors_insert_permission on core.connectors", "policy connectors_insert_platform on core.connectors", "policy connectors_insert_staff on core.connectors", "policy connectors_select_platform on core.connectors", "policy connectors_select_staff on core.connectors", "policy connectors_update_permission on core.connectors", "policy connectors_update_platform on core.connectors", "policy connectors_update_staff on core.connectors", "trigger connectors__limit_delete on core.connectors", "trigger connectors__limit_update on core.connectors", "trigger connectors__log_change on core.connectors", "trigger connectors__require_permission on core.connectors", "trigger connectors__touch_updated_at on core.connectors"]'),
    ('core/credentials.sql', '0108363214244b3f01e83f9d47cb5e704cb8e4dc3fbee56e4ec8f5a3fdf3bd1a',
    '["trigger credentials__log_change on core.credentials"]'),
    ('core/evses.sql', 'da128bde4c820d9cc9ab94c03fa4bca13210d84462ba5618afbf1b438e4bc88d',
    '["grants core.evses", "policy evses_delete_permission on core.evses", "policy evses_delete_platform on core.evses", "policy evses_delete_staff on core.evses", "policy evses_insert_permission on core.evses", "policy evses_insert_platform on core.evses", "policy evses_insert_staff on core.evses", "policy evses_select_platform on core.evses", "policy evses_select_staff on core.evses", "policy evses_update_permission on core.evses", "policy evses_update_platform on core.evses", "policy evses_update_staff on core.evses", "trigger evses__limit_delete on core.evses", "trigger evses__limit_update on core.evses", "trigger evses__log_change on core.evses", "trigger evses__normalise on core.evses", "trigger evses__require_permission on core.evses", "trigger evses__touch_updated_at on core.evses"]'),
    ('core/id_token_groups.sql', '225c9ab9e67c22b156d31a99aaa9afc5ec94cc6089727e4d85609902ff8a527e',
    '["grants core.id_token_groups", "policy id_token_groups_delete_permission on core.id_token_groups", "policy id_token_groups_delete_platform on core.id_token_groups", "policy id_token_groups_delete_staff on core.id_token_groups", "policy id_token_groups_insert_permission on core.id_token_groups", "policy id_token_groups_insert_platform on core.id_token_groups", "policy id_token_groups_insert_staff on core.id_token_groups", "policy id_token_groups_select_platform on core.id_token_groups", "policy id_token_groups_select_staff on core.id_token_groups", "policy id_token_groups_update_permission on core.id_token_groups", "policy id_token_groups_update_platform on core.id_token_groups", "policy id_token_groups_update_staff on core.id_token_groups", "trigger id_token_groups__limit_delete on core.id_token_groups", "trigger id_token_groups__limit_update on core.id_token_groups", "trigger id_token_groups__log_change on core.id_token_groups", "trigger id_token_groups__require_permission on core.id_token_groups", "trigger id_token_groups__touch_updated_at on core.id_token_groups"]'),
    ('core/id_token_rights.sql', 'e1d0dbfe533926c35d4d0348422c2ff3ce4f3418f1108b108a0692b39b764387',
    '["grants core.id_token_rights", "policy id_token_rights_delete_permission on core.id_token_rights", "policy id_token_rights_delete_platform on core.id_token_rights", "policy id_token_rights_delete_staff on core.id_token_rights", "policy id_token_rights_insert_permission on core.id_token_rights", "policy id_token_rights_insert_platform on core.id_token_rights", "policy id_token_rights_insert_staff on core.id_token_rights", "policy id_token_rights_select_platform on core.id_token_rights", "policy id_token_rights_select_staff on core.id_token_rights", "trigger id_token_rights__limit_delete on core.id_token_rights", "trigger id_token_rights__log_change on core.id_token_rights", "trigger id_token_rights__require_permission on core.id_token_rights"]'),
    ('core/id_tokens.sql', '7f869ede2121610755af806262c4c58001c65193eafa3c9908891aef87642cb3',
    '["grants core.id_tokens", "policy id_tokens_delete_permission on core.id_tokens", "policy id_tokens_delete_platform on core.id_tokens", "policy id_tokens_delete_staff on core.id_tokens", "policy id_tokens_insert_permission on core.id_tokens", "policy id_tokens_insert_platform on core.id_tokens", "policy id_tokens_insert_staff on core.id_tokens", "policy id_tokens_select_customer on core.id_tokens", "policy id_tokens_select_platform on core.id_tokens", "policy id_tokens_select_staff on core.id_tokens", "policy id_tokens_update_permission on core.id_tokens", "policy id_tokens_update_platform on core.id_tokens", "policy id_tokens_update_staff on core.id_tokens", "trigger id_tokens__close_inbox on core.id_tokens", "trigger id_tokens__limit_delete on core.id_tokens", "trigger id_tokens__limit_update on core.id_tokens", "trigger id_tokens__log_change on core.id_tokens", "trigger id_tokens__normalise on core.id_tokens", "trigger id_tokens__require_permission on core.id_tokens", "trigger id_tokens__touch_updated_at on core.id_tokens"]'),
    ('core/identities.sql', '9d5b62428afccbc4f88e5d54d3adbe81acd494fd64b961020c043da34584cefc',
    '["grants core.identities", "policy identities_delete_platform on core.identities", "policy identities_insert_platform on core.identities", "policy identities_select_platform on core.identities", "trigger identities__limit_delete on core.identities", "trigger identities__limit_update on core.identities", "trigger identities__log_change on core.identities"]'),
    ('core/identity_providers.sql', '436d1c7e8067eed7a0991b1c413399868f9eee8ab1af39a5d54c2118a7401c1e',
    '["grants core.identity_providers", "policy identity_providers_delete_platform on core.identity_providers", "policy identity_providers_insert_platform on core.identity_providers", "policy identity_providers_select_platform on core.identity_providers", "policy identity_providers_update_platform on core.identity_providers", "trigger identity_providers__limit_delete on core.identity_providers", "trigger identity_providers__limit_update on core.identity_providers", "trigger identity_providers__log_change on core.identity_providers"]'),
    ('core/memberships.sql', 'ba883013b35b6733d17985a74422de0ee48b8f04e6828d62cdded19d87693a21',
    '["grants core.memberships", "policy memberships_select_permission on core.memberships", "policy memberships_select_platform on core.memberships", "policy memberships_select_staff on core.memberships", "trigger memberships__keep_a_platform_admin on core.memberships", "trigger memberships__keep_an_admin on core.memberships", "trigger memberships__log_change on core.memberships", "trigger memberships__touch_updated_at on core.memberships"]'),
    ('core/meter_values.sql', 'c06600f411499e5b6328e7af033597381b0f60d3b9d3423f1dc03ec9e6fc46f6',
    '["grants core.meter_values", "policy meter_values_select_customer on core.meter_values", "policy meter_values_select_platform on core.meter_values", "policy meter_values_select_staff on core.meter_values"]'),
    ('core/permissions.sql', '1709c0483097f684f925af9f45ef923e1d584787222a9b5f7a672367c55d02e7',
    '["grants core.permissions", "policy permissions_select_platform on core.permissions", "policy permissions_select_staff on core.permissions"]'),
    ('core/role_permissions.sql', '7f8ccbeb30f632f6edf5a391c2491c182f0c59fcf00aafeb57264a5244f7910d',
    '["grants core.role_permissions", "policy role_permissions_select_platform on core.role_permissions", "policy role_permissions_select_staff on core.role_permissions", "trigger role_permissions__log_change on core.role_permissions"]'),
    ('core/roles.sql', '815ae0a31e1b5160250f9b71b0925ba60ab43afc4b3af80d400a9b32f8bbfcf2',
    '["grants core.roles", "policy roles_select_platform on core.roles", "policy roles_select_staff on core.roles", "trigger roles__log_change on core.roles", "trigger roles__touch_updated_at on core.roles"]'),
    ('core/session_events.sql', 'bfef705cae253c57765edd8896973e2e1933ecae7e27ba4822994f78fd75a875',
    '["grants core.session_events", "policy session_events_select_customer on core.session_events", "policy session_events_select_platform on core.session_events", "policy session_events_select_staff on core.session_events"]'),
    ('core/sessions.sql', 'b8f018f527d5691714ab5feea0dd60fe96790880a040909cc2bf84ce9897d192',
    '["grants core.sessions", "policy sessions_select_customer on core.sessions", "policy sessions_select_platform on core.sessions", "policy sessions_select_staff on core.sessions"]'),
    ('core/sites.sql', 'ac64294020d9a3bc68a55787529082d350d3ddf24ab6dd95d9fba7a916fb2890',
    '["grants core.sites", "policy sites_delete_permission on core.sites", "policy sites_delete_platform on core.sites", "policy sites_delete_staff on core.sites", "policy sites_insert_permission on core.sites", "policy sites_insert_platform on core.sites", "policy sites_insert_staff on core.sites", "policy sites_select_platform on core.sites", "policy sites_select_staff on core.sites", "policy sites_update_permission on core.sites", "policy sites_update_platform on core.sites", "policy sites_update_staff on core.sites", "trigger sites__check on core.sites", "trigger sites__limit_delete on core.sites", "trigger sites__limit_update on core.sites", "trigger sites__log_change on core.sites", "trigger sites__require_permission on core.sites", "trigger sites__touch_updated_at on core.sites"]'),
    ('core/tenants.sql', '63ce227a3c13a48140e8ac54b85f7859a88c6aed8e3a4593437b153e71f56c8e',
    '["grants core.tenants", "policy tenants_insert_platform on core.tenants", "policy tenants_select_customer on core.tenants", "policy tenants_select_platform on core.tenants", "policy tenants_select_staff on core.tenants", "policy tenants_update_permission on core.tenants", "policy tenants_update_platform on core.tenants", "policy tenants_update_staff on core.tenants", "trigger tenants__check on core.tenants", "trigger tenants__create_roles on core.tenants", "trigger tenants__keep_a_platform_admin on core.tenants", "trigger tenants__limit_delete on core.tenants", "trigger tenants__limit_update on core.tenants", "trigger tenants__log_change on core.tenants", "trigger tenants__require_permission on core.tenants", "trigger tenants__touch_updated_at on core.tenants"]'),
    ('core/unknown_charge_points.sql', '457f7680560cb57a94d72a5e27e0bb736bbdb6b6466bc58ecaaf899814385b5c',
    '["grants core.unknown_charge_points", "policy unknown_charge_points_select_platform on core.unknown_charge_points", "policy unknown_charge_points_select_staff on core.unknown_charge_points", "trigger unknown_charge_points__log_change on core.unknown_charge_points"]'),
    ('core/unknown_id_tokens.sql', '2f2a07462388811cec7d793ce65c2ccc0a163083499ed6629543790472f3c9fb',
    '["grants core.unknown_id_tokens", "policy unknown_id_tokens_select_platform on core.unknown_id_tokens", "policy unknown_id_tokens_select_staff on core.unknown_id_tokens", "trigger unknown_id_tokens__log_change on core.unknown_id_tokens"]'),
    ('core/users.sql', '2d5a335e38df40f15f2b5d8d6f19259db0642d5521511a9bc358fb24afc18acd',
    '["grants core.users", "policy users_select_platform on core.users", "policy users_select_staff on core.users", "trigger users__keep_a_platform_admin on core.users", "trigger users__log_change on core.users", "trigger users__touch_updated_at on core.users"]'),
    ('fleet/begin_connection.sql', 'e4bb03abe3e664808b2a9a1172386b5ec2b7a10bf9085f7912ca75d5b2b8c963',
    '["function fleet.begin_connection"]'),
    ('fleet/compute_contract_check_digit.sql', '630e949551e53514ad67592f5817d55af5ebeeb411fb41b02a47ff38048ca0bb',
    '["function fleet.compute_contract_check_digit"]'),
    ('fleet/compute_din_check_digit.sql', 'a20e16c4ca0c44bb45ad2404b50a8772256c7a142364bf03993f9e9548de0300',
    '["function fleet.compute_din_check_digit"]'),
    ('fleet/convert_din_contract_id.sql', 'f48109528b68800321308642e5fe153c45ca6ccde435e605bc7f1281033f035c',
    '["function fleet.convert_din_contract_id"]'),
    ('fleet/create_charge_point_key.sql', '7c9a9a4bb761128a71488d72bd395f9e207c5385506c300e44a82779cd560d39',
    '["function fleet.create_charge_point_key"]'),
    ('fleet/end_connections.sql', 'e12e760908c28cceba8e82e8154d38f440ec8e8675093cd4de1839b5bbabee08',
    '["function fleet.end_connections"]'),
    ('fleet/ensure_connector.sql', 'dd221517245311a75d61c553d3e3010f28d21dbf467297448460886b11ed731c',
    '["function fleet.ensure_connector"]'),
    ('fleet/find_charge_point_key.sql', 'c014050298605bac8719f48159742535c982f5003d88e871b589255cff459047',
    '["function fleet.find_charge_point_key"]'),
    ('fleet/hash_charge_point_key.sql', '127a4a300cea91242006c530ff9c650c224989fcc2b1f40d68cc903f515f71ad',
    '["function fleet.hash_charge_point_key"]'),
    ('fleet/is_country_code.sql', '6c3bb3344494425168b66404882d28746b4d58bfcadb19890150af7d10ef290a',
    '["function fleet.is_country_code"]'),
    ('fleet/is_online.sql', '64dc2c8921599f3881c74521fa3b7227aaa7b97ea66780278e0072bbbbb72041',
    '["function fleet.is_online", "grants fleet.is_online"]'),
    ('fleet/lock_presence.sql', 'd2c381dda6fddde46abfa27fc73aaf2b99cf11997a20b8279f0ee4f3ea378e50',
    '["function fleet.lock_presence"]'),
    ('fleet/lock_unknown_charge_point.sql', 'dcc5dc57909a92f6cda2429e9d50b9886a61198a5f0803fff46457d78803b819',
    '["function fleet.lock_unknown_charge_point"]'),
    ('fleet/lock_unknown_id_token.sql', 'b297c34b42ac8b1c5e8c545fcffbd0c32680eb45e44a5efa60dd777636d13b18',
    '["function fleet.lock_unknown_id_token"]'),
    ('fleet/normalise_contract_id.sql', 'abbdf79096ac9f5340aaa53872698eb5ef1c92ff6855d42dffcab7b97cc4ed8f',
    '["function fleet.is_contract_id_right", "function fleet.normalise_contract_id"]'),
    ('fleet/normalise_evse_id.sql', '3e23a3ed9d568c25a1201c2d4d4a0240910e87f1415631ec35424bd3687ccf85',
    '["function fleet.normalise_evse_id"]'),
    ('fleet/note_charge_point_key_use.sql', '9d3953af689250ff397ec2d33588508c3d965828b298c938ea2b51c3f24f12a2',
    '["function fleet.note_charge_point_key_use"]'),
    ('fleet/record_boot.sql', 'd2b17ba067e423d29df5a4f7ae0b5d497aa91f3acb599ec2836f3ed0e15c5f61',
    '["function fleet.record_boot"]'),
    ('fleet/record_connector_status.sql', '9e3a1537dfc7fae1c4e94238e8d2570c9cb18541bae6e721ecef10e56a02a930',
    '["function fleet.record_connector_status"]'),
    ('fleet/record_refusal.sql', '5bab0ec88e533f207081c161939f8ba62c1c0600937f8c8380cb77d5f465a9e5',
    '["function fleet.record_refusal"]'),
    ('fleet/record_unknown_charge_point.sql', '7ec2a12de2dd5543e3ca91110a74079753183ac97e29bc8399ceeffff398226f',
    '["function fleet.record_unknown_charge_point"]'),
    ('fleet/tg_charge_points__list_identity.sql', '63ccf084fcc7406320e7b51a3f994754183b3ff35b744653a8f61f642fef04c4',
    '["function fleet.tg_charge_points__list_identity"]'),
    ('fleet/tg_evses__normalise.sql', '1d0a787efbba88c3ee9999f5d6dd25af97a49239de3b22ab059ee5022cd7591b',
    '["function fleet.tg_evses__normalise"]'),
    ('fleet/tg_id_tokens__close_inbox.sql', 'f0309534dba79d1d54b399c2be53a693dbd223cb669e83891cc7fe516d976838',
    '["function fleet.tg_id_tokens__close_inbox"]'),
    ('fleet/tg_id_tokens__normalise.sql', '254441a0df01bbc6a830f54305c4cf7990e79421ad7513c8ec1cd81fe4397b47',
    '["function fleet.tg_id_tokens__normalise"]'),
    ('fleet/tg_sites__check.sql', '24ef95aca347ed6a625ce99eb5b1f6711e9f81b6e220151d7bc53b80b346af11',
    '["function fleet.tg_sites__check"]'),
    ('fleet/touch_presence.sql', '9a85558fbfa074e8c22dd7cfe0406d40880d7d72a0094c1cb01238aff71ff248',
    '["function fleet.touch_presence"]'),
    ('jobs/close_stale_sessions.sql', '1f02c644bbf83b183f77c0720373411626824dd4553f6e3a2f0c3ff247923e78',
    '["function jobs.close_stale_sessions", "grants jobs.close_stale_sessions"]'),
    ('jobs/expire_records.sql', '99d1dc5cce8c3c6e88203fa8d0f6f90410253977af70cf558e0c12cebfb14ed9',
    '["function jobs.delete_expired", "function jobs.expire_records", "grants jobs.expire_records"]'),
    ('jobs/maintain_partitions.sql', '1ee740822f79c1775f38b4925b38c7e047ad4655948834e67754bf43af82a1e2',
    '["function jobs.create_partition", "function jobs.drop_partition", "function jobs.list_partitions", "function jobs.maintain_partitions", "grants jobs.maintain_partitions"]'),
    ('jobs/mark_lost_connections.sql', 'b89737bc715413b6d000f99236da3a540133bf0c127abf49a405d7752ad43b0b',
    '["function jobs.mark_lost_connections", "grants jobs.mark_lost_connections"]'),
    ('jobs/run_due.sql', 'c475c308ecedba7c7544993bfa2910195c8b9d160fe172c25788bedb8e316463',
    '["function jobs.run_due", "grants jobs.run_due"]'),
    ('ocpp/check_error_code.sql', '959ff2c3ff1712713726b7cfb20de9cef6d8063d909163723570f9f71041ca95',
    '["function ocpp.check_error_code"]'),
    ('ocpp/close_connections.sql', 'b05fad63352256d4496f5cef5f32e0b4901893c5dd2b3b720e5c0fd8b4634bd7',
    '["function ocpp.close_connections", "grants ocpp.close_connections"]'),
    ('ocpp/compact_json.sql', '93ffc6840be142e8b9c2aa176a9b88a364bde20424255c2abca7dd43ba5feb07',
    '["function ocpp.compact_json"]'),
    ('ocpp/find_handler.sql', '2be2611194aea6697864964842792beb7dd579a813405b762a7d5f8d0cc2a703',
    '["function ocpp.find_handler"]'),
    ('ocpp/format_timestamp.sql', 'fcad0cc97f5e666372988626bf802067b7a473c1167b058814fe30bfd30e38e2',
    '["function ocpp.format_timestamp"]'),
    ('ocpp/get_integer.sql', 'bfafae8019896e232afb92051b88ecb804f99dd21d20bab46dbdc5122f20d4e0',
    '["function ocpp.get_integer"]'),
    ('ocpp/get_numeric.sql', '90ad8def513ac4cbb10f4d1e9862941cca8a45ae1c555bac193b90de680899bc',
    '["function ocpp.get_numeric"]'),
    ('ocpp/get_text.sql', '3691424597aa9e9faaad3908d67e5d5b293d98866ebe1f58aba545ab49a96c16',
    '["function ocpp.get_text"]'),
    ('ocpp/handle_calls.sql', 'd9be3149db336a9bf067a89f3c390e4b6de1471b2cea4694006514b1d2b00b81',
    '["function ocpp.handle_calls", "grants ocpp.handle_calls"]'),
    ('ocpp/judge_timestamp.sql', '7630c5a2d9b3e0916b77054146e3d9aab889d9b4462911a874fc5d176befbd0d',
    '["function ocpp.judge_timestamp"]'),
    ('ocpp/keep_alive.sql', '9347ade02a58024c88832c2827fbf215c4cece4c29d0a702d01e24b2a82842e8',
    '["function ocpp.keep_alive", "grants ocpp.keep_alive"]'),
    ('ocpp/list_solo_actions.sql', 'a65936cf4adc90dc69f954ff7fa650e9de34c8b8beb7384d7f06b146bfaba27d',
    '["function ocpp.list_solo_actions"]'),
    ('ocpp/list_subprotocols.sql', 'cd46448d33d8eb62d1f911efe39f24263299af1b4f39ff2d9b57b514d5653acb',
    '["function ocpp.list_subprotocols"]'),
    ('ocpp/log_frames.sql', '8a249dfaf2e0dc7a053869772b30082c1748ded8b43d4809fc744a3a3d7fef39',
    '["function ocpp.log_frames", "grants ocpp.log_frames"]'),
    ('ocpp/make_event_key.sql', 'ea3dd3a6bec620c0719cfbdea972d4fac6d6b361b40c718b9073cb8d6e1f8564',
    '["function ocpp.make_event_key"]'),
    ('ocpp/mask_payload.sql', 'b08b53b5171104a4604ee38c81007b14d6910bb1f253dcf551fdbc0a2a5139f0',
    '["function ocpp.decode_escapes", "function ocpp.has_secret", "function ocpp.mask_payload"]'),
    ('ocpp/open_connection.sql', 'b26c9503e1737d9d4fdbd6f2dee790b69ee6735cd10a7c98351dee341a399103',
    '["function ocpp.open_connection", "grants ocpp.open_connection"]'),
    ('ocpp/parse_numeric.sql', '9c9d59f9a009c1784cc15ab3859a644b43e9e77830aa3f304ce55f4206ef5b86',
    '["function ocpp.parse_numeric"]'),
    ('ocpp/parse_payload.sql', '4b02931d4bb734466657aa749ad2463536b1080f4604208929a476d1161278d5',
    '["function ocpp.drop_half_surrogates", "function ocpp.parse_payload", "function ocpp.strip_nul"]'),
    ('ocpp/parse_timestamp.sql', 'df6754f5c0d4a6904eeb73346de43df949b54907d387e66564e9a4e8ecce3be4',
    '["function ocpp.parse_timestamp"]'),
    ('ocpp/refuse_payload.sql', 'd9093ec237a7a82aca8cc78b5f80fb53b30f55d76715103d0731fb0bc6903545',
    '["function ocpp.refuse_payload"]'),
    ('ocpp/start_bridge.sql', 'f0c066a78ae3912bbfe407010756ba24a23b6f0165201b312a183d2763d88dd9',
    '["function ocpp.start_bridge", "grants ocpp.start_bridge"]'),
    ('ocpp/stop_bridge.sql', 'e2bcd3f71ec030a5b11b811c13bd6591c693f0821d1678179e5962efedcf119a',
    '["function ocpp.stop_bridge", "grants ocpp.stop_bridge"]'),
    ('ocpp/trim_text.sql', 'ae90b416973e79ad7232bbb9a2d894a2e7e45ca07d8015b397a77d1ec9e6f323',
    '["function ocpp.trim_text"]'),
    ('ocpp16/authorize.sql', '9b1e35267c173d3e6c216d1846a7a06ea147b7eab8bcf517b310db5b776756bf',
    '["function ocpp16.authorize"]'),
    ('ocpp16/boot_notification.sql', 'ee0b3cf3b668e69ddf43dd63087544388aafddb3add8d6af1a9fd48d323866b3',
    '["function ocpp16.boot_notification"]'),
    ('ocpp16/data_transfer.sql', '57de63c19314f48d86afc533bc11431dcd8fdba95d23389341ecf7ed00002a65',
    '["function ocpp16.data_transfer"]'),
    ('ocpp16/diagnostics_status_notification.sql', 'd626cc581fd290cf32748aa4ceeea3efb364dc35dfeafefee0ef1d182d60f23d',
    '["function ocpp16.diagnostics_status_notification"]'),
    ('ocpp16/firmware_status_notification.sql', '09be88edd96cb170d6d3e9a1beb0be94c7b75c60e3d5fd70bbfba7864069cf47',
    '["function ocpp16.firmware_status_notification"]'),
    ('ocpp16/heartbeat.sql', 'ae6e7516dfc06bbacad30338593324afb90ef2cc3f7a8ac110abd52569ce5b15',
    '["function ocpp16.heartbeat"]'),
    ('ocpp16/log_status_notification.sql', '6d8900c0b3d559bbaf17716efc796f4efee67fa3bf6a88c348fa4e5a75a9fbf6',
    '["function ocpp16.log_status_notification"]'),
    ('ocpp16/meter_values.sql', '8fc771a8255f7b370e4d789c6fbef7e5c90931fc5e1f1e6120e07a026cba6f81',
    '["function ocpp16.meter_values"]'),
    ('ocpp16/security_event_notification.sql', '6f9d31cdf0bd530e040ef325c9c0f72245b8120db3d932eb99a18c708c6cc919',
    '["function ocpp16.security_event_notification"]'),
    ('ocpp16/signed_firmware_status_notification.sql', '808e13b7a32699c485978c216865d91879a7177cd967768601299f4c2a1f67b7',
    '["function ocpp16.signed_firmware_status_notification"]'),
    ('ocpp16/start_transaction.sql', '71e0f045cd3e4e93918e116a1bdea39ce384054e56f6aff62af8647a8f6247e2',
    '["function ocpp16.start_transaction"]'),
    ('ocpp16/status_notification.sql', 'bfe46631bb5539a6a7b9693f37ad9658a961dc761ec01a0eedc10512eb8633c1',
    '["function ocpp16.status_notification"]'),
    ('ocpp16/stop_transaction.sql', 'a6f30af5a368966efd4c5f670b1d6802dd078455ee0a37b32d1f425b7f5d45af',
    '["function ocpp16.stop_transaction"]'),
    ('ops/connections.sql', '1568993ada37ad1fde75d57ceb2cab6186e10b38364b4fabcf6dd8f9ad5079c5',
    '["grants ops.connections", "policy connections_select_platform on ops.connections", "policy connections_select_staff on ops.connections"]'),
    ('ops/job_runs.sql', 'c854c07949e5c28bbe6917c8c757f4fcf5c26b45a37aee56b8208c97457f723b',
    '["grants ops.job_runs", "policy job_runs_select_platform on ops.job_runs"]'),
    ('ops/message_log.sql', 'e88cc373a03c69b99911c3ac7f3d6c44e9f55ba00025a338799530f4631a0fb9',
    '["grants ops.message_log", "policy message_log_select_permission on ops.message_log", "policy message_log_select_platform on ops.message_log", "policy message_log_select_staff on ops.message_log"]'),
    ('ops/presence.sql', 'cdcfb9fd171f5d42d049280d46fbf23cd181953174135899a8f2754e872a170d',
    '["policy presence_select_platform on ops.presence", "policy presence_select_staff on ops.presence"]'),
    ('ops/secrets.sql', 'fb8122684dd94e7cefc32023e636bc80a141eb3a54354fe7b46100a0e2ffb4c7',
    '["trigger secrets__log_change on ops.secrets", "trigger secrets__touch_updated_at on ops.secrets"]'),
    ('ops/settings.sql', '67e705f4f9fb6baa1247fcb3aa8c76fe66fb3b7372dbc35149f5ac89c80772f6',
    '["trigger settings__log_change on ops.settings", "trigger settings__touch_updated_at on ops.settings"]')
on conflict (path) do update
set checksum = excluded.checksum, objects = excluded.objects, applied_at = now();

reset search_path;
reset check_function_bodies;

-- Partitions for the first days; from then on the jobs make them.
select jobs.maintain_partitions();

-- The pepper that charge points' keys are hashed with: made here, once, and known to nobody.
-- The JWT secret is the project's and cannot be made here: see supabase/README.md.
insert into ops.secrets (name, value)
values ('charge_point_key_pepper', encode(extensions.gen_random_bytes(32), 'hex'))
on conflict (name) do nothing;

reset role;

-- PostgREST alone does not ask for exp, aud, iss and an active user: this function does, before
-- each request. Supabase's PostgREST reads the setting from the role it logs in as.
alter role authenticator set pgrst.db_pre_request = 'claims.check_request';

do $$
begin
    if exists (
        select from pg_catalog.pg_proc as p
        where p.pronamespace = to_regnamespace('cron') and p.proname = 'schedule'
    ) then
        execute $cron$
            select
                cron.schedule(
                    'voltaro', '10 seconds',
                    $job$
                        do $run$
                        begin
                            loop
                                perform jobs.run_due('pg_cron');
                                exit when not found;
                                commit;
                            end loop;
                        end;
                        $run$
                    $job$
                ),
                cron.schedule(
                    'voltaro_forget_runs', '17 * * * *',
                    $job$
                        delete from cron.job_run_details
                        where end_time < now() - interval '1 day'
                    $job$
                )
        $cron$;
    end if;
end;
$$;

notify pgrst, 'reload config';
notify pgrst, 'reload schema';
