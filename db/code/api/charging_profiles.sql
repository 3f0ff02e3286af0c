-- Charging profiles, writable.
create or replace view api.charging_profiles
with (security_invoker = true) as
select
    p.tenant_id,
    p.id,
    p.name,
    p.purpose,
    p.kind,
    p.recurrency_kind,
    p.stack_level,
    p.valid_from,
    p.valid_to,
    p.schedule,
    p.created_at,
    p.updated_at
from core.charging_profiles as p;
alter view api.charging_profiles alter column tenant_id set default claims.tenant_id();

grant select (
    tenant_id, id, name, purpose, kind, recurrency_kind, stack_level, valid_from, valid_to,
    schedule, created_at, updated_at
) on api.charging_profiles to staff, platform;
grant insert (
    tenant_id, name, purpose, kind, recurrency_kind, stack_level, valid_from, valid_to, schedule
) on api.charging_profiles to staff, platform;
grant update (name, purpose, kind, recurrency_kind, stack_level, valid_from, valid_to, schedule)
on api.charging_profiles to staff, platform;
grant delete on api.charging_profiles to staff, platform;

comment on view api.charging_profiles is
    'Limits of power or current over time: set_charging_profile installs one on a charge '
    'point.';
comment on column api.charging_profiles.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.charging_profiles.id is 'Number of the profile.';
comment on column api.charging_profiles.name is 'Name, unique within the tenant.';
comment on column api.charging_profiles.purpose is
    'ChargePointMaxProfile, TxDefaultProfile or TxProfile (OCPP 1.6 §7.11).';
comment on column api.charging_profiles.kind is 'Absolute, Recurring or Relative (§7.10).';
comment on column api.charging_profiles.recurrency_kind is 'Daily or Weekly, for Recurring.';
comment on column api.charging_profiles.stack_level is
    'The higher goes before the lower (§3.13.2).';
comment on column api.charging_profiles.valid_from is 'From when it holds.';
comment on column api.charging_profiles.valid_to is 'Until when it holds.';
comment on column api.charging_profiles.schedule is
    'ChargingSchedule of §7.13: chargingRateUnit (A or W), chargingSchedulePeriod from '
    'startPeriod 0, duration and startSchedule.';
comment on column api.charging_profiles.created_at is 'When the row was made.';
comment on column api.charging_profiles.updated_at is 'When the row was last changed.';
