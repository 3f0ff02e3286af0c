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
