-- Connectors, writable.
create or replace view api.connectors
with (security_invoker = true) as
select
    k.tenant_id,
    k.id,
    k.charge_point_id,
    k.evse_id,
    k.connector_no,
    k.ocpp16_connector_id,
    k.connector_type,
    k.format,
    k.power_type,
    k.max_voltage_v,
    k.max_current_a,
    k.max_power_w,
    k.is_discovered,
    k.status,
    k.status_at,
    k.error_code,
    k.error_info,
    k.vendor_error_code,
    k.status_received_at,
    k.created_at,
    k.updated_at
from core.connectors as k;
alter view api.connectors alter column tenant_id set default claims.tenant_id();

grant select (
    tenant_id, id, charge_point_id, evse_id, connector_no, ocpp16_connector_id, connector_type,
    format, power_type, max_voltage_v, max_current_a, max_power_w, is_discovered, status,
    status_at, error_code, error_info, vendor_error_code, status_received_at, created_at,
    updated_at
) on api.connectors to staff, customer, platform;
grant insert (
    tenant_id, charge_point_id, evse_id, connector_no, ocpp16_connector_id, connector_type,
    format, power_type, max_voltage_v, max_current_a, max_power_w
) on api.connectors to staff, platform;
grant update (
    connector_no, ocpp16_connector_id, connector_type, format, power_type, max_voltage_v,
    max_current_a, max_power_w, is_discovered
) on api.connectors to staff, platform;
grant delete on api.connectors to staff, platform;

comment on view api.connectors is
    'An outlet of an EVSE with its ratings and the state it last reported.';
comment on column api.connectors.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.connectors.id is 'Number of the connector.';
comment on column api.connectors.charge_point_id is 'The charge point it is part of.';
comment on column api.connectors.evse_id is 'The EVSE (its row id) it is part of.';
comment on column api.connectors.connector_no is
    'Its number within the EVSE: OCPP 2.0.1 connectorId, from 1.';
comment on column api.connectors.ocpp16_connector_id is
    'Its number within the charge point: OCPP 1.6 connectorId, from 1.';
comment on column api.connectors.connector_type is
    'Plug type as in OCPI ConnectorType, such as IEC_62196_T2 or IEC_62196_T2_COMBO.';
comment on column api.connectors.format is 'SOCKET or CABLE.';
comment on column api.connectors.power_type is
    'AC_1_PHASE, AC_2_PHASE, AC_2_PHASE_SPLIT, AC_3_PHASE or DC.';
comment on column api.connectors.max_voltage_v is
    'Highest voltage in volts (line to neutral for AC).';
comment on column api.connectors.max_current_a is 'Highest current in amperes.';
comment on column api.connectors.max_power_w is 'Highest power in watts.';
comment on column api.connectors.is_discovered is
    'True when the charger spoke of it before anybody had entered it.';
comment on column api.connectors.status is
    'State last reported, as in OCPP StatusNotification; Unknown until then.';
comment on column api.connectors.status_at is 'Since when, by the charger.';
comment on column api.connectors.error_code is 'Error reported with it.';
comment on column api.connectors.error_info is 'Free text reported with it.';
comment on column api.connectors.vendor_error_code is
    'The vendor''s own error code reported with it.';
comment on column api.connectors.status_received_at is 'When the report arrived.';
comment on column api.connectors.created_at is 'When the row was made.';
comment on column api.connectors.updated_at is 'When the row was last changed.';
