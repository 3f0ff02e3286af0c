-- Readings by the hour, for analysts: what the job refresh_meter_hours made.
create or replace view report.meter_values_hourly
with (security_barrier = true) as
select
    h.tenant_id,
    c.site_id,
    h.charge_point_id,
    e.id as evse_id,
    h.evse_no,
    h.hour_at,
    h.hour_at at time zone coalesce(l.time_zone, o.time_zone) as hour_local,
    h.readings,
    h.first_energy_wh,
    h.last_energy_wh,
    -- From the last register before the hour to the last one in it; a fall is a restart.
    h.risen_wh + greatest(h.first_energy_wh - coalesce(p.last_energy_wh, h.first_energy_wh), 0)
        as energy_wh,
    h.average_power_w,
    h.max_power_w,
    h.average_current_a,
    h.max_current_a,
    h.average_voltage_v,
    h.last_soc_percent,
    h.max_temperature_celsius
from core.meter_hours as h
inner join core.charge_points as c on c.tenant_id = h.tenant_id and c.id = h.charge_point_id
inner join core.tenants as o on o.id = h.tenant_id
left join core.sites as l on l.tenant_id = c.tenant_id and l.id = c.site_id
left join core.evses as e
    on
        e.tenant_id = h.tenant_id
        and e.charge_point_id = h.charge_point_id
        and e.evse_no = h.evse_no
left join lateral (
    select b.last_energy_wh
    from core.meter_hours as b
    where
        b.tenant_id = h.tenant_id
        and b.charge_point_id = h.charge_point_id
        and b.evse_no = h.evse_no
        and b.hour_at < h.hour_at
        and b.last_energy_wh is not null
    order by b.hour_at desc
    limit 1
) as p on true
where h.tenant_id = (select claims.tenant_id());

grant select on report.meter_values_hourly to analyst;

comment on view report.meter_values_hourly is
    'What the meters of EVSEs said in each hour; a few minutes old, and kept longer than the '
    'readings.';
comment on column report.meter_values_hourly.tenant_id is 'Your tenant.';
comment on column report.meter_values_hourly.site_id is
    'The site of the charge point now; null without one.';
comment on column report.meter_values_hourly.charge_point_id is
    'The charge point, of charge_points.';
comment on column report.meter_values_hourly.evse_id is
    'The EVSE, of evses; null for the main meter.';
comment on column report.meter_values_hourly.evse_no is
    'OCPP number of the EVSE; 0 is the main meter.';
comment on column report.meter_values_hourly.hour_at is
    'When the hour began; hours are those of UTC.';
comment on column report.meter_values_hourly.hour_local is
    'When it began, by the clock of the place.';
comment on column report.meter_values_hourly.readings is 'Readings in the hour.';
comment on column report.meter_values_hourly.first_energy_wh is
    'Register at the first of them that has one, in watt-hours.';
comment on column report.meter_values_hourly.last_energy_wh is
    'Register at the last of them that has one, in watt-hours.';
comment on column report.meter_values_hourly.energy_wh is
    'How far the register rose in watt-hours, since the last one before the hour: all hours '
    'together make the whole. A register that fell restarted; the fall counts nothing.';
comment on column report.meter_values_hourly.average_power_w is
    'Average of the readings that name power, in watts.';
comment on column report.meter_values_hourly.max_power_w is 'Highest power, in watts.';
comment on column report.meter_values_hourly.average_current_a is
    'Average of the readings that name current, in amperes.';
comment on column report.meter_values_hourly.max_current_a is 'Highest current, in amperes.';
comment on column report.meter_values_hourly.average_voltage_v is
    'Average of the readings that name voltage, in volts.';
comment on column report.meter_values_hourly.last_soc_percent is
    'State of charge of the vehicle at the last reading that names it.';
comment on column report.meter_values_hourly.max_temperature_celsius is
    'Highest temperature, in degrees Celsius.';
