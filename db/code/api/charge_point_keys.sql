-- Keys of charge points without their hashes, read-only.
create or replace view api.charge_point_keys
with (security_invoker = true) as
select
    k.tenant_id,
    k.id,
    k.charge_point_id,
    k.is_human_chosen,
    k.created_at,
    k.first_used_at,
    k.last_used_at,
    k.retired_at,
    k.command_id
from core.charge_point_keys as k;

grant select (
    tenant_id, id, charge_point_id, is_human_chosen, created_at, first_used_at, last_used_at,
    retired_at, command_id
) on api.charge_point_keys to staff, platform;

comment on view api.charge_point_keys is
    E'A key of a charge point: when it was made, used and retired; the key itself is shown '
    'once.\n'
    'A new one comes from create_charge_point_key.';
comment on column api.charge_point_keys.tenant_id is 'The tenant that owns the row.';
comment on column api.charge_point_keys.id is 'Number of the key.';
comment on column api.charge_point_keys.charge_point_id is 'The charge point it belongs to.';
comment on column api.charge_point_keys.is_human_chosen is
    'True when a person chose it, which asks for a slower check.';
comment on column api.charge_point_keys.created_at is 'When it was made.';
comment on column api.charge_point_keys.first_used_at is
    'When the charge point first connected with it.';
comment on column api.charge_point_keys.last_used_at is
    'When the charge point last connected with it.';
comment on column api.charge_point_keys.retired_at is
    'Since when it is no longer valid: a newer key has connected.';
comment on column api.charge_point_keys.command_id is
    'The ChangeConfiguration that took it to the charge point; null for one shown to a person.';
