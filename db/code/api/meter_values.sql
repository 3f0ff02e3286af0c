-- Meter values, one row per timestamp, read-only.
create or replace view api.meter_values
with (security_invoker = true) as
select
    m.tenant_id,
    m.charge_point_id,
    m.evse_no,
    m.session_id,
    m.transaction_id,
    m.sampled_at,
    m.sampled_at_reported,
    m.received_at,
    m.context,
    m.energy_wh,
    m.energy_export_wh,
    m.power_w,
    m.power_l1_w,
    m.power_l2_w,
    m.power_l3_w,
    m.power_offered_w,
    m.current_a,
    m.current_l1_a,
    m.current_l2_a,
    m.current_l3_a,
    m.current_offered_a,
    m.voltage_v,
    m.voltage_l1_v,
    m.voltage_l2_v,
    m.voltage_l3_v,
    m.soc_percent,
    m.temperature_celsius,
    m.other_samples,
    m.flags
from core.meter_values as m;

grant select (
    tenant_id, charge_point_id, evse_no, session_id, transaction_id, sampled_at,
    sampled_at_reported, received_at, context, energy_wh, energy_export_wh, power_w, power_l1_w,
    power_l2_w, power_l3_w, power_offered_w, current_a, current_l1_a, current_l2_a,
    current_l3_a, current_offered_a, voltage_v, voltage_l1_v, voltage_l2_v, voltage_l3_v,
    soc_percent, temperature_celsius, other_samples, flags
) on api.meter_values to staff, customer, platform;

comment on view api.meter_values is
    E'A reading of a meter: everything measured at one moment.\n'
    'Ask for a session_id, or for a charge_point_id and a range of sampled_at: readings are kept '
    'by the month.';
comment on column api.meter_values.tenant_id is 'The tenant that owns the row.';
comment on column api.meter_values.charge_point_id is 'The charge point.';
comment on column api.meter_values.evse_no is
    'Number of the EVSE; 0 is the main meter of the charge point.';
comment on column api.meter_values.session_id is 'The session; null for readings of none.';
comment on column api.meter_values.transaction_id is 'The transaction id as the charger sent it.';
comment on column api.meter_values.sampled_at is
    'When it was measured; the time of receipt where flags say time_clamped.';
comment on column api.meter_values.sampled_at_reported is
    'What the charger gave as its time, where it was not taken.';
comment on column api.meter_values.received_at is 'When it was heard.';
comment on column api.meter_values.context is
    'Why it was taken: Sample.Periodic, Sample.Clock, Transaction.Begin ...';
comment on column api.meter_values.energy_wh is
    'Register of imported active energy, in watt-hours.';
comment on column api.meter_values.energy_export_wh is
    'Register of exported active energy, in watt-hours.';
comment on column api.meter_values.power_w is 'Active power, in watts.';
comment on column api.meter_values.power_l1_w is 'Active power of phase 1, in watts.';
comment on column api.meter_values.power_l2_w is 'Active power of phase 2, in watts.';
comment on column api.meter_values.power_l3_w is 'Active power of phase 3, in watts.';
comment on column api.meter_values.power_offered_w is 'Power offered to the vehicle, in watts.';
comment on column api.meter_values.current_a is 'Current, in amperes.';
comment on column api.meter_values.current_l1_a is 'Current of phase 1, in amperes.';
comment on column api.meter_values.current_l2_a is 'Current of phase 2, in amperes.';
comment on column api.meter_values.current_l3_a is 'Current of phase 3, in amperes.';
comment on column api.meter_values.current_offered_a is
    'Current offered to the vehicle, in amperes.';
comment on column api.meter_values.voltage_v is 'Voltage, in volts.';
comment on column api.meter_values.voltage_l1_v is 'Voltage of phase 1 to neutral, in volts.';
comment on column api.meter_values.voltage_l2_v is 'Voltage of phase 2 to neutral, in volts.';
comment on column api.meter_values.voltage_l3_v is 'Voltage of phase 3 to neutral, in volts.';
comment on column api.meter_values.soc_percent is 'State of charge of the vehicle, in percent.';
comment on column api.meter_values.temperature_celsius is 'Temperature, in degrees Celsius.';
comment on column api.meter_values.other_samples is
    'Samples without a column, signed, not readable or converted, as they were sent; the rest of '
    'too many is one list.';
comment on column api.meter_values.flags is
    'What was odd: time_clamped, unit_kwh, unit_kw, unit_temperature, unit_conflict, '
    'value_unreadable, signed_data, mixed_contexts, measurand_unknown, context_unknown, '
    'too_many_samples, connector_mismatch (of another EVSE than the session''s).';
