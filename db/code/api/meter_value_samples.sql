-- Meter values, one row per sample, read-only.
--
-- Columns come first, in their units; then what has no column, as it was sent. (A figure of type
-- real goes through its text, which is the shortest that means it: the cast to numeric rounds.)
create or replace view api.meter_value_samples
with (security_invoker = true) as
select
    m.tenant_id,
    m.charge_point_id,
    m.evse_no,
    m.session_id,
    m.sampled_at,
    m.received_at,
    m.context,
    s.measurand,
    s.phase,
    null::text as location,
    s.unit,
    s.value,
    null::text as value_reported,
    null::text as format,
    false as is_as_sent
from core.meter_values as m
cross join lateral (
    values
        ('Energy.Active.Import.Register', null::text, 'Wh', m.energy_wh),
        ('Energy.Active.Export.Register', null, 'Wh', m.energy_export_wh),
        ('Power.Active.Import', null, 'W', m.power_w::text::numeric),
        ('Power.Active.Import', 'L1', 'W', m.power_l1_w::text::numeric),
        ('Power.Active.Import', 'L2', 'W', m.power_l2_w::text::numeric),
        ('Power.Active.Import', 'L3', 'W', m.power_l3_w::text::numeric),
        ('Power.Offered', null, 'W', m.power_offered_w::text::numeric),
        ('Current.Import', null, 'A', m.current_a::text::numeric),
        ('Current.Import', 'L1', 'A', m.current_l1_a::text::numeric),
        ('Current.Import', 'L2', 'A', m.current_l2_a::text::numeric),
        ('Current.Import', 'L3', 'A', m.current_l3_a::text::numeric),
        ('Current.Offered', null, 'A', m.current_offered_a::text::numeric),
        ('Voltage', null, 'V', m.voltage_v::text::numeric),
        ('Voltage', 'L1-N', 'V', m.voltage_l1_v::text::numeric),
        ('Voltage', 'L2-N', 'V', m.voltage_l2_v::text::numeric),
        ('Voltage', 'L3-N', 'V', m.voltage_l3_v::text::numeric),
        ('SoC', null, 'Percent', m.soc_percent::text::numeric),
        ('Temperature', null, 'Celsius', m.temperature_celsius::text::numeric)
) as s (measurand, phase, unit, value)
where s.value is not null
union all
select
    m.tenant_id,
    m.charge_point_id,
    m.evse_no,
    m.session_id,
    m.sampled_at,
    m.received_at,
    coalesce(s.sample ->> 'context', m.context),
    coalesce(s.sample ->> 'measurand', 'Energy.Active.Import.Register'),
    s.sample ->> 'phase',
    s.sample ->> 'location',
    s.sample ->> 'unit',
    case
        when
            coalesce(s.sample ->> 'format', 'Raw') = 'Raw'
            and s.sample ->> 'value' ~ '^\s*[+-]?[0-9]{1,30}(\.[0-9]{1,30})?\s*$'
            then (s.sample ->> 'value')::numeric
    end,
    s.sample ->> 'value',
    coalesce(s.sample ->> 'format', 'Raw'),
    true
from core.meter_values as m
cross join lateral jsonb_array_elements(m.other_samples) as s (sample);

grant select (
    tenant_id, charge_point_id, evse_no, session_id, sampled_at, received_at, context,
    measurand, phase, location, unit, value, value_reported, format, is_as_sent
) on api.meter_value_samples to staff, customer, platform;

create trigger meter_value_samples__refuse_change
instead of insert or update or delete on api.meter_value_samples
for each row execute function audit.tg_view__refuse_change();

comment on view api.meter_value_samples is
    E'A single measured value: meter_values, one row per measurand and phase.\n'
    'Ask for a session_id, or for a charge_point_id and a range of sampled_at.';
comment on column api.meter_value_samples.tenant_id is 'The tenant that owns the row.';
comment on column api.meter_value_samples.charge_point_id is 'The charge point.';
comment on column api.meter_value_samples.evse_no is
    'Number of the EVSE; 0 is the main meter of the charge point.';
comment on column api.meter_value_samples.session_id is 'The session; null for readings of none.';
comment on column api.meter_value_samples.sampled_at is
    'When it was measured; the time of receipt where flags say time_clamped.';
comment on column api.meter_value_samples.received_at is 'When it was heard.';
comment on column api.meter_value_samples.context is
    'Why it was taken: Sample.Periodic, Sample.Clock, Transaction.Begin ...';
comment on column api.meter_value_samples.measurand is 'What was measured, in the words of OCPP.';
comment on column api.meter_value_samples.phase is 'The phase, when it is of one.';
comment on column api.meter_value_samples.location is
    'Where it was measured, when it was not at the outlet.';
comment on column api.meter_value_samples.unit is 'Unit of value; as sent where is_as_sent.';
comment on column api.meter_value_samples.value is 'The figure; null when it is none.';
comment on column api.meter_value_samples.value_reported is
    'The value as it was sent, where is_as_sent; signed data stands here to the letter.';
comment on column api.meter_value_samples.format is 'Raw or SignedData, where is_as_sent.';
comment on column api.meter_value_samples.is_as_sent is
    'True for what has no column of its own: not normalised, but as the charger sent it.';
