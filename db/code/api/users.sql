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
