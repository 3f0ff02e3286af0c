-- Transactions with the price that counts, read-only.
create or replace view api.transactions
with (security_invoker = true) as
select
    t.tenant_id,
    t.id,
    t.session_id,
    t.reservation_id,
    t.state,
    coalesce(s.charge_point_id, v.charge_point_id) as charge_point_id,
    s.evse_id,
    s.connector_id,
    coalesce(s.id_token_id, v.id_token_id) as id_token_id,
    coalesce(s.id_token, v.id_token) as id_token,
    t.user_id,
    t.started_at,
    t.ended_at,
    r.time_zone,
    coalesce(r.energy_wh, s.energy_wh::numeric) as energy_wh,
    r.charging_s,
    r.parking_s,
    r.reserved_s,
    r.currency,
    r.total_excl_vat,
    r.total_incl_vat - r.total_excl_vat as vat,
    r.total_incl_vat,
    r.exact_excl_vat,
    r.exact_incl_vat,
    r.result ->> 'tax_included' as tax_included,
    r.result -> 'lines' as lines,
    r.result -> 'taxes' as taxes,
    r.result ->> 'limit_applied' as limit_applied,
    r.result -> 'warnings' as warnings,
    case when r.version is not null then api.explain_price(r.result) end as explanation,
    -- An expression, so that PostgREST sees one way only from here to ratings.
    nullif(t.rating_version, 0) as rating_version,
    r.reason as rating_reason,
    r.rated_at,
    r.tariff_version_id,
    r.tariff_hash,
    r.engine_version,
    t.hold_reasons,
    -- They may hold words of PostgreSQL.
    case when coalesce((select claims.role()), '') <> 'customer' then t.hold_details end
        as hold_details,
    t.held_at,
    t.created_at,
    t.updated_at
from core.transactions as t
left join core.ratings as r
    on r.tenant_id = t.tenant_id and r.transaction_id = t.id and r.version = t.rating_version
left join core.sessions as s on s.tenant_id = t.tenant_id and s.id = t.session_id
left join core.reservations as v on v.tenant_id = t.tenant_id and v.id = t.reservation_id;

grant select (
    tenant_id, id, session_id, reservation_id, state, charge_point_id, evse_id, connector_id,
    id_token_id, id_token, user_id, started_at, ended_at, time_zone, energy_wh, charging_s,
    parking_s, reserved_s, currency, total_excl_vat, vat, total_incl_vat, exact_excl_vat,
    exact_incl_vat, tax_included, lines, taxes, limit_applied, warnings, explanation,
    rating_version, rating_reason, rated_at, tariff_version_id, tariff_hash, engine_version,
    hold_reasons, hold_details, held_at, created_at, updated_at
) on api.transactions to staff, customer, platform;

create trigger transactions__refuse_change
instead of insert or update or delete on api.transactions
for each row execute function audit.tg_view__refuse_change();

comment on view api.transactions is
    E'A charging session that is over, or a reservation that expired, with its price.\n'
    'Figures are those that were priced, after a correction where there was one. A price that a '
    'held or written-off transaction once had is shown, and not billed. charging_sessions, '
    'reservations and ratings can be embedded.';
comment on column api.transactions.tenant_id is 'The tenant that owns the row.';
comment on column api.transactions.id is 'Number of the transaction.';
comment on column api.transactions.session_id is 'The session; null for a reservation.';
comment on column api.transactions.reservation_id is
    'The reservation that nobody used; null for a session.';
comment on column api.transactions.state is
    'priced; held (not billed, for hold_reasons); written_off (never billed).';
comment on column api.transactions.charge_point_id is 'Where it took place.';
comment on column api.transactions.evse_id is 'The EVSE; null when none is known.';
comment on column api.transactions.connector_id is 'The connector; null when none is known.';
comment on column api.transactions.id_token_id is 'The registered token, if it is one.';
comment on column api.transactions.id_token is 'The token that started it.';
comment on column api.transactions.user_id is 'The person whose token it is.';
comment on column api.transactions.started_at is
    'When it began, as it was priced, or reported while it is held.';
comment on column api.transactions.ended_at is
    'When it ended, as it was priced, or reported while it is held.';
comment on column api.transactions.time_zone is 'The zone of the clock that its tariff goes by.';
comment on column api.transactions.energy_wh is 'Energy in watt-hours, as it was priced.';
comment on column api.transactions.charging_s is
    'Seconds that count as charging: all but those that count as parking.';
comment on column api.transactions.parking_s is
    'Seconds in which the vehicle was connected and took nothing.';
comment on column api.transactions.reserved_s is 'Seconds that it was reserved.';
comment on column api.transactions.currency is 'ISO 4217 code of all its amounts.';
comment on column api.transactions.total_excl_vat is
    'Net, rounded to the currency; null where a price holds a tax of unknown rate.';
comment on column api.transactions.vat is 'Value added tax: the difference of the totals.';
comment on column api.transactions.total_incl_vat is
    'Gross, rounded to the currency: what the driver pays. Zero is free of charge.';
comment on column api.transactions.exact_excl_vat is 'Net before rounding.';
comment on column api.transactions.exact_incl_vat is 'Gross before rounding.';
comment on column api.transactions.tax_included is
    'Whether the prices of the tariff hold the tax: YES, NO or N/A (OCPI 2.3.0).';
comment on column api.transactions.lines is
    'How the price is made: what was measured and billed at which price of which element.';
comment on column api.transactions.taxes is 'Net, tax and gross by rate.';
comment on column api.transactions.limit_applied is
    'min or max where the lowest or highest price of the tariff took the place of the sum.';
comment on column api.transactions.warnings is 'What was odd about the price.';
comment on column api.transactions.explanation is 'The price in words, a list of texts.';
comment on column api.transactions.rating_version is 'The version of its rating that counts.';
comment on column api.transactions.rating_reason is
    'Why there is that version: ended, expired, session_changed, released, corrected or rerated.';
comment on column api.transactions.rated_at is 'When it was calculated.';
comment on column api.transactions.tariff_version_id is
    'The version of the tariff that it is priced by.';
comment on column api.transactions.tariff_hash is 'SHA-256 of that version.';
comment on column api.transactions.engine_version is 'What calculated it.';
comment on column api.transactions.hold_reasons is
    'Why it is held: those of charging_sessions, not_authorized, energy_missing, readings_missing, '
    'tariff_missing or pricing_failed; null when it is not.';
comment on column api.transactions.hold_details is
    'The same with the figures that made them; staff only.';
comment on column api.transactions.held_at is 'Since when it is held.';
comment on column api.transactions.created_at is 'When the row was made.';
comment on column api.transactions.updated_at is 'When the row was last changed.';
