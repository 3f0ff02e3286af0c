-- Groups of customers, writable.
create or replace view api.customer_groups
with (security_invoker = true) as
select
    g.tenant_id,
    g.id,
    g.name,
    g.description,
    g.created_at,
    g.updated_at
from core.customer_groups as g;
alter view api.customer_groups alter column tenant_id set default claims.tenant_id();

grant select (tenant_id, id, name, description, created_at, updated_at)
on api.customer_groups to staff, platform;
grant insert (tenant_id, name, description) on api.customer_groups to staff, platform;
grant update (name, description) on api.customer_groups to staff, platform;
grant delete on api.customer_groups to staff, platform;

comment on view api.customer_groups is
    'People and tokens who pay the same prices: tariff_assignments say which.';
comment on column api.customer_groups.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.customer_groups.id is 'Number of the group.';
comment on column api.customer_groups.name is 'Name, unique within the tenant.';
comment on column api.customer_groups.description is 'What the group is for.';
comment on column api.customer_groups.created_at is 'When the row was made.';
comment on column api.customer_groups.updated_at is 'When the row was last changed.';
