-- Charge points with their presence and the state of their connectors, writable.
create or replace view api.charge_points
with (security_invoker = true) as
select
    c.tenant_id,
    c.id,
    c.identity,
    c.site_id,
    c.name,
    c.is_enabled,
    c.registration_status,
    c.security_profile,
    c.pending_security_profile,
    c.quirks,
    c.max_power_w,
    c.configuration_template_id,
    c.vendor,
    c.model,
    c.serial_number,
    c.firmware_version,
    c.iccid,
    c.imsi,
    c.meter_type,
    c.meter_serial_number,
    c.ocpp_version,
    c.created_at,
    c.updated_at,
    coalesce(
        (
            select fleet.is_online(p.is_connected, p.last_seen_at, p.heartbeat_interval_s)
            from ops.presence as p
            where p.tenant_id = c.tenant_id and p.charge_point_id = c.id
        ),
        false
    ) as is_online,
    (
        select p.last_seen_at
        from ops.presence as p
        where p.tenant_id = c.tenant_id and p.charge_point_id = c.id
    ) as last_seen_at,
    (
        select o.opened_at
        from ops.presence as p
        inner join ops.connections as o on o.id = p.connection_id
        where p.tenant_id = c.tenant_id and p.charge_point_id = c.id and p.is_connected
    ) as connected_since,
    (
        select p.last_boot_at
        from ops.presence as p
        where p.tenant_id = c.tenant_id and p.charge_point_id = c.id
    ) as last_boot_at,
    (
        select coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'connector_id', k.ocpp16_connector_id,
                    'evse_no', e.evse_no,
                    'connector_no', k.connector_no,
                    'status', k.status,
                    'error_code', k.error_code,
                    'error_info', k.error_info,
                    'since', k.status_at
                )
                order by k.ocpp16_connector_id
            ),
            '[]'
        )
        from core.connectors as k
        inner join core.evses as e on e.tenant_id = k.tenant_id and e.id = k.evse_id
        where k.tenant_id = c.tenant_id and k.charge_point_id = c.id
    ) as connectors_status
from core.charge_points as c;
alter view api.charge_points alter column tenant_id set default claims.tenant_id();

-- What the scalar subqueries read, for those who read the view.
grant select (
    tenant_id, charge_point_id, connection_id, is_connected, last_seen_at, heartbeat_interval_s,
    last_boot_at
) on ops.presence to staff, customer, platform;
grant select (id, opened_at) on ops.connections to staff, customer, platform;
grant select (
    tenant_id, id, identity, site_id, name, is_enabled, registration_status, security_profile,
    pending_security_profile, quirks, max_power_w, configuration_template_id, vendor, model,
    serial_number, firmware_version, iccid, imsi, meter_type, meter_serial_number, ocpp_version,
    created_at, updated_at, is_online, last_seen_at, connected_since, last_boot_at,
    connectors_status
) on api.charge_points to staff, customer, platform;
grant insert (
    tenant_id, identity, site_id, name, is_enabled, registration_status, security_profile,
    quirks, max_power_w, configuration_template_id, serial_number
) on api.charge_points to staff, platform;
grant update (
    identity, site_id, name, is_enabled, registration_status, security_profile, quirks,
    max_power_w, configuration_template_id, serial_number
) on api.charge_points to staff, platform;
grant delete on api.charge_points to staff, platform;

comment on view api.charge_points is
    E'A charging station: what operators decide about it, what it said at boot, and whether '
    'it is there.\n'
    'One that has sessions cannot be deleted: set is_enabled to false.';
comment on column api.charge_points.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.charge_points.id is 'Number of the charge point.';
comment on column api.charge_points.identity is
    'OCPP identity: the last part of the address it connects to. Unique across tenants, '
    'whatever its case; never shown to the public.';
comment on column api.charge_points.site_id is 'The site it stands at.';
comment on column api.charge_points.name is 'Name for people.';
comment on column api.charge_points.is_enabled is
    'False: it may not connect. The way to retire a charge point that has sessions.';
comment on column api.charge_points.registration_status is
    'The answer to its BootNotification: Accepted, Pending or Rejected.';
comment on column api.charge_points.security_profile is
    'OCPP security profile, 1 to 3; 0, without a key, is an exception. Lowering it takes the '
    'permission security.write; a charger is raised with change_configuration (SecurityProfile).';
comment on column api.charge_points.pending_security_profile is
    'The higher profile that it was told to use, until it has connected with it.';
comment on column api.charge_points.quirks is
    'Exceptions for a charger that does not follow OCPP: assume_subprotocol (a text) stands in '
    'for the subprotocol that it does not offer; allows_old_tls (true) lets it use TLS 1.0 '
    'and 1.1, which takes security.write.';
comment on column api.charge_points.max_power_w is
    'Power that the charge point can draw at most, in watts.';
comment on column api.charge_points.configuration_template_id is
    'The template that its configuration should follow; configuration_drift says where it does '
    'not.';
comment on column api.charge_points.vendor is 'Vendor, as reported at boot.';
comment on column api.charge_points.model is 'Model, as reported at boot.';
comment on column api.charge_points.serial_number is
    'Serial number, as reported at boot, or as expected before the first: a client certificate '
    'that is not known yet has to name it.';
comment on column api.charge_points.firmware_version is 'Firmware version, as reported at boot.';
comment on column api.charge_points.iccid is 'Number of its SIM card, as reported at boot.';
comment on column api.charge_points.imsi is
    'Subscriber number of its SIM card, as reported at boot.';
comment on column api.charge_points.meter_type is 'Type of its meter, as reported at boot.';
comment on column api.charge_points.meter_serial_number is
    'Serial number of its meter, as reported at boot.';
comment on column api.charge_points.ocpp_version is 'OCPP version of its latest connection.';
comment on column api.charge_points.created_at is 'When the row was made.';
comment on column api.charge_points.updated_at is 'When the row was last changed.';
comment on column api.charge_points.is_online is
    'Whether it is connected and gave a sign of life within two heartbeats.';
comment on column api.charge_points.last_seen_at is 'Its latest sign of life.';
comment on column api.charge_points.connected_since is
    'When its present connection was opened; null while it has none.';
comment on column api.charge_points.last_boot_at is 'When it last reported that it had started.';
comment on column api.charge_points.connectors_status is
    'State of each connector: connector_id (OCPP 1.6), evse_no, connector_no, status, '
    'error_code, error_info, since.';
