-- Templates of configuration, writable.
create or replace view api.configuration_templates
with (security_invoker = true) as
select
    t.tenant_id,
    t.id,
    t.name,
    t.description,
    t.created_at,
    t.updated_at
from core.configuration_templates as t;
alter view api.configuration_templates alter column tenant_id set default claims.tenant_id();

grant select (tenant_id, id, name, description, created_at, updated_at)
on api.configuration_templates to staff, platform;
grant insert (tenant_id, name, description) on api.configuration_templates to staff, platform;
grant update (name, description) on api.configuration_templates to staff, platform;
grant delete on api.configuration_templates to staff, platform;

comment on view api.configuration_templates is
    'Configuration that charge points should have. charge_points.configuration_template_id '
    'says which of them follow it, and configuration_drift what differs.';
comment on column api.configuration_templates.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.configuration_templates.id is 'Number of the template.';
comment on column api.configuration_templates.name is 'Name, unique within the tenant.';
comment on column api.configuration_templates.description is 'What the template is for.';
comment on column api.configuration_templates.created_at is 'When the row was made.';
comment on column api.configuration_templates.updated_at is 'When the row was last changed.';
