-- History of connector states, read-only.
create or replace view api.connector_status_changes
with (security_invoker = true) as
select
    h.tenant_id,
    h.id,
    h.charge_point_id,
    h.ocpp16_connector_id,
    h.status,
    h.error_code,
    h.info,
    h.vendor_id,
    h.vendor_error_code,
    h.reported_at,
    h.received_at
from core.connector_status_changes as h;

grant select (
    tenant_id, id, charge_point_id, ocpp16_connector_id, status, error_code, info, vendor_id,
    vendor_error_code, reported_at, received_at
) on api.connector_status_changes to staff, platform;

comment on view api.connector_status_changes is
    E'A change of a connector''s state.\nAsk for a range of received_at: it is kept by the month.';
comment on column api.connector_status_changes.tenant_id is 'The tenant that owns the row.';
comment on column api.connector_status_changes.id is 'Number of the change.';
comment on column api.connector_status_changes.charge_point_id is 'The charge point.';
comment on column api.connector_status_changes.ocpp16_connector_id is
    'Number of the connector in OCPP 1.6; 0 is the charge point itself.';
comment on column api.connector_status_changes.status is
    'The new state as reported: Available, Preparing, Charging, SuspendedEV, SuspendedEVSE, '
    'Finishing, Reserved, Unavailable, Faulted, or whatever the charger said.';
comment on column api.connector_status_changes.error_code is
    'Error code as reported; NoError is none.';
comment on column api.connector_status_changes.info is 'Free text of the charger.';
comment on column api.connector_status_changes.vendor_id is 'Vendor of vendor_error_code.';
comment on column api.connector_status_changes.vendor_error_code is 'The vendor''s error code.';
comment on column api.connector_status_changes.reported_at is
    'Since when: the charger''s time, or that of receipt where the charger''s cannot be true.';
comment on column api.connector_status_changes.received_at is 'When it was heard.';
