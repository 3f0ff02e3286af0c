-- Sessions that are held from billing, with the figures to decide by, read-only.
create or replace view api.held_sessions
with (security_invoker = true) as
select
    t.tenant_id,
    t.session_id,
    t.id as transaction_id,
    t.hold_reasons,
    t.hold_details,
    t.held_at,
    s.charge_point_id,
    s.evse_id,
    s.connector_id,
    s.id_token_id,
    s.id_token,
    s.user_id,
    s.state::text as state,
    s.authorization_status,
    s.authorization_reason,
    s.started_at,
    s.ended_at,
    s.meter_start_wh::numeric as meter_start_wh,
    s.meter_stop_wh::numeric as meter_stop_wh,
    s.last_meter_wh,
    s.last_reading_at,
    s.energy_wh::numeric as energy_wh,
    s.stop_reason,
    s.flags,
    r.currency,
    r.total_excl_vat,
    r.total_incl_vat
from core.transactions as t
inner join core.sessions as s on s.tenant_id = t.tenant_id and s.id = t.session_id
left join core.ratings as r
    on r.tenant_id = t.tenant_id and r.transaction_id = t.id and r.version = t.rating_version
where t.state = 'held';

grant select (
    tenant_id, session_id, transaction_id, hold_reasons, hold_details, held_at, charge_point_id,
    evse_id, connector_id, id_token_id, id_token, user_id, state, authorization_status,
    authorization_reason, started_at, ended_at, meter_start_wh, meter_stop_wh, last_meter_wh,
    last_reading_at, energy_wh, stop_reason, flags, currency, total_excl_vat, total_incl_vat
) on api.held_sessions to staff, platform;

create trigger held_sessions__refuse_change
instead of insert or update or delete on api.held_sessions
for each row execute function audit.tg_view__refuse_change();

comment on view api.held_sessions is
    E'Sessions that are over and held from billing, until somebody decides.\n'
    'release_session bills one as it is, correct_session with other figures, write_off_session '
    'never. A stop that comes late may settle it by itself.';
comment on column api.held_sessions.tenant_id is 'The tenant that owns the row.';
comment on column api.held_sessions.session_id is 'The session.';
comment on column api.held_sessions.transaction_id is 'Its transaction.';
comment on column api.held_sessions.hold_reasons is
    'Why, worst first: those of charging_sessions, not_authorized (the token was refused and '
    'energy flowed), energy_missing, readings_missing (a price hangs on them), tariff_missing or '
    'pricing_failed.';
comment on column api.held_sessions.hold_details is
    'The same with the figures that made them.';
comment on column api.held_sessions.held_at is 'Since when.';
comment on column api.held_sessions.charge_point_id is 'Where it took place.';
comment on column api.held_sessions.evse_id is 'The EVSE; null when none is known.';
comment on column api.held_sessions.connector_id is 'The connector; null when none is known.';
comment on column api.held_sessions.id_token_id is 'The registered token, if it is one.';
comment on column api.held_sessions.id_token is 'The token that started it.';
comment on column api.held_sessions.user_id is 'The person whose token it is.';
comment on column api.held_sessions.state is 'presumed_ended or ended.';
comment on column api.held_sessions.authorization_status is
    'What the charger was told about the token.';
comment on column api.held_sessions.authorization_reason is 'Why.';
comment on column api.held_sessions.started_at is 'When it started, as reported.';
comment on column api.held_sessions.ended_at is 'When it ended, as reported or presumed.';
comment on column api.held_sessions.meter_start_wh is
    'Register at the start, in watt-hours, as reported.';
comment on column api.held_sessions.meter_stop_wh is
    'Register at the end, in watt-hours, as reported.';
comment on column api.held_sessions.last_meter_wh is
    'Register at the newest reading, in watt-hours.';
comment on column api.held_sessions.last_reading_at is 'Time of the newest reading.';
comment on column api.held_sessions.energy_wh is
    'Energy as far as it is known, in watt-hours: what a release bills.';
comment on column api.held_sessions.stop_reason is 'Why it ended, as the charger said.';
comment on column api.held_sessions.flags is 'What was odd besides.';
comment on column api.held_sessions.currency is
    'Currency of the price that it had before it was held, if it had one.';
comment on column api.held_sessions.total_excl_vat is 'That price, net.';
comment on column api.held_sessions.total_incl_vat is 'That price, gross.';
