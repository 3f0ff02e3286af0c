-- History of configuration, read-only.
create or replace view api.configuration_changes
with (security_invoker = true) as
select
    c.tenant_id,
    c.id,
    c.charge_point_id,
    c.key,
    c.old_value,
    c.new_value,
    c.changed_at,
    c.command_id
from core.configuration_changes as c;

grant select (tenant_id, id, charge_point_id, key, old_value, new_value, changed_at, command_id)
on api.configuration_changes to staff, platform;

comment on view api.configuration_changes is
    'Every change of a charge point''s configuration; old_value is null for the first '
    'report of a key.';
comment on column api.configuration_changes.tenant_id is 'The tenant that owns the row.';
comment on column api.configuration_changes.id is 'Number of the change.';
comment on column api.configuration_changes.charge_point_id is 'The charge point.';
comment on column api.configuration_changes.key is 'The key.';
comment on column api.configuration_changes.old_value is
    'The value before, secrets as ***; null when there was none.';
comment on column api.configuration_changes.new_value is
    'The value since, secrets as ***; null when it has none any more.';
comment on column api.configuration_changes.changed_at is 'When we learned of it.';
comment on column api.configuration_changes.command_id is 'The command that brought it.';
