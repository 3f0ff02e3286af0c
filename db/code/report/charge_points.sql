-- Charging stations, for analysts.
create or replace view report.charge_points
with (security_barrier = true) as
select
    c.tenant_id,
    c.id as charge_point_id,
    c.site_id,
    coalesce(l.time_zone, o.time_zone) as time_zone,
    c.identity,
    c.name,
    c.is_enabled,
    c.registration_status,
    c.vendor,
    c.model,
    c.firmware_version,
    c.ocpp_version,
    c.max_power_w,
    c.created_at
from core.charge_points as c
inner join core.tenants as o on o.id = c.tenant_id
left join core.sites as l on l.tenant_id = c.tenant_id and l.id = c.site_id
where c.tenant_id = (select claims.tenant_id());

grant select on report.charge_points to analyst;

comment on view report.charge_points is
    'Charging stations and what they said of themselves.';
comment on column report.charge_points.tenant_id is 'Your tenant.';
comment on column report.charge_points.charge_point_id is 'Number of the charge point.';
comment on column report.charge_points.site_id is
    'The site of the charge point now; null without one.';
comment on column report.charge_points.time_zone is
    'The clock of its site, or the tenant''s without one.';
comment on column report.charge_points.identity is 'Its OCPP identity.';
comment on column report.charge_points.name is 'Its name.';
comment on column report.charge_points.is_enabled is 'Whether it may connect.';
comment on column report.charge_points.registration_status is 'Accepted, Pending or Rejected.';
comment on column report.charge_points.vendor is 'Vendor, as it said.';
comment on column report.charge_points.model is 'Model, as it said.';
comment on column report.charge_points.firmware_version is 'Firmware, as it said.';
comment on column report.charge_points.ocpp_version is 'OCPP version it speaks.';
comment on column report.charge_points.max_power_w is 'What it can deliver, in watts.';
comment on column report.charge_points.created_at is 'When it was entered.';
