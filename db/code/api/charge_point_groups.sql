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
