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
