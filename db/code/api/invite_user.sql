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
