-- Keys and values of templates, writable.
create or replace view api.configuration_template_keys
with (security_invoker = true) as
select
    k.tenant_id,
    k.configuration_template_id,
    k.key,
    k.value
from core.configuration_template_keys as k;
alter view api.configuration_template_keys alter column tenant_id set default claims.tenant_id();

grant select (tenant_id, configuration_template_id, key, value)
on api.configuration_template_keys to staff, platform;
grant insert (tenant_id, configuration_template_id, key, value)
on api.configuration_template_keys to staff, platform;
grant update (value) on api.configuration_template_keys to staff, platform;
grant delete on api.configuration_template_keys to staff, platform;

comment on view api.configuration_template_keys is
    'A key of a configuration template and the value it should have.';
comment on column api.configuration_template_keys.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.configuration_template_keys.configuration_template_id is 'The template.';
comment on column api.configuration_template_keys.key is
    'Configuration key (OCPP 1.6 §9, or a vendor''s own), whatever its case. Keys that hold '
    'secrets have no place here.';
comment on column api.configuration_template_keys.value is
    'The value that charge points should have.';
