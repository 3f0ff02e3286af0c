-- Where charging profiles stand, stood or should have stood; read-only.
create or replace view api.charging_profile_installations
with (security_invoker = true) as
select
    i.tenant_id,
    i.id,
    i.charge_point_id,
    i.ocpp16_connector_id,
    i.profile_no,
    i.charging_profile_id,
    i.session_id,
    i.purpose,
    i.stack_level,
    i.profile,
    i.state,
    i.status_reported,
    i.command_id,
    i.created_at,
    i.installed_at,
    i.ended_at
from core.charging_profile_installations as i;

grant select (
    tenant_id, id, charge_point_id, ocpp16_connector_id, profile_no, charging_profile_id,
    session_id, purpose, stack_level, profile, state, status_reported, command_id, created_at,
    installed_at, ended_at
) on api.charging_profile_installations to staff, platform;

comment on view api.charging_profile_installations is
    'Charging profiles on charge points: set_charging_profile installs one, '
    'clear_charging_profile takes it away.';
comment on column api.charging_profile_installations.tenant_id is 'The tenant that owns the row.';
comment on column api.charging_profile_installations.id is 'Number of the installation.';
comment on column api.charging_profile_installations.charge_point_id is 'The charge point.';
comment on column api.charging_profile_installations.ocpp16_connector_id is
    'The connector, by OCPP 1.6''s number; 0 is the whole charge point.';
comment on column api.charging_profile_installations.profile_no is
    'The number that the charge point knows the profile by.';
comment on column api.charging_profile_installations.charging_profile_id is
    'The profile of charging_profiles that it was made of.';
comment on column api.charging_profile_installations.session_id is
    'The session that a TxProfile belongs to.';
comment on column api.charging_profile_installations.purpose is 'Purpose of the profile.';
comment on column api.charging_profile_installations.stack_level is 'Stack level of the profile.';
comment on column api.charging_profile_installations.profile is
    'The profile as it was sent, OCPP 1.6 §7.8.';
comment on column api.charging_profile_installations.state is
    'requested, installed, rejected, unknown (the answer never came), cancelled (never '
    'sent), replaced or cleared.';
comment on column api.charging_profile_installations.status_reported is
    'What the charge point answered: Accepted, Rejected, NotSupported; or the error.';
comment on column api.charging_profile_installations.command_id is
    'The command that installed it.';
comment on column api.charging_profile_installations.created_at is 'When the row was made.';
comment on column api.charging_profile_installations.installed_at is
    'When the charge point accepted it.';
comment on column api.charging_profile_installations.ended_at is
    'When it was refused, cancelled, replaced or cleared.';
