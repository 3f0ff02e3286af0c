-- What charge points said of their configuration, read-only.
create or replace view api.configuration_keys
with (security_invoker = true) as
select
    k.tenant_id,
    k.charge_point_id,
    k.key,
    k.value,
    k.is_readonly,
    k.is_unknown,
    k.needs_reboot,
    k.reported_at,
    k.command_id
from core.configuration_keys as k;

grant select (
    tenant_id, charge_point_id, key, value, is_readonly, is_unknown, needs_reboot, reported_at,
    command_id
) on api.configuration_keys to staff, platform;

comment on view api.configuration_keys is
    'Configuration of charge points, as each last reported or accepted it: '
    'get_configuration asks, change_configuration changes.';
comment on column api.configuration_keys.tenant_id is 'The tenant that owns the row.';
comment on column api.configuration_keys.charge_point_id is 'The charge point.';
comment on column api.configuration_keys.key is 'The key as the charge point writes it.';
comment on column api.configuration_keys.value is
    'The value that it last reported or accepted, secrets as ***; null when it has none.';
comment on column api.configuration_keys.is_readonly is
    'Whether it said that the key cannot be changed; null when it has not said.';
comment on column api.configuration_keys.is_unknown is
    'Whether it said that it does not know the key.';
comment on column api.configuration_keys.needs_reboot is
    'The value was accepted and holds after the next boot.';
comment on column api.configuration_keys.reported_at is 'When it last said so.';
comment on column api.configuration_keys.command_id is 'The command that brought it.';
