-- Ratings of transactions, each with its difference to the one before, read-only.
create or replace view api.ratings
with (security_invoker = true) as
select
    r.tenant_id,
    r.transaction_id,
    r.version,
    r.version = t.rating_version and t.state = 'priced' as is_current,
    r.reason,
    -- What staff write to each other is not the driver's to read.
    case when coalesce((select claims.role()), '') <> 'customer' then r.note end as note,
    case when coalesce((select claims.role()), '') <> 'customer' then r.rated_by end as rated_by,
    r.rated_at,
    r.engine_version,
    r.tariff_version_id,
    r.tariff_hash,
    r.time_zone,
    r.currency,
    r.started_at,
    r.ended_at,
    r.energy_wh,
    r.charging_s,
    r.parking_s,
    r.reserved_s,
    r.total_excl_vat,
    r.total_incl_vat,
    r.exact_excl_vat,
    r.exact_incl_vat,
    case when p.currency = r.currency then r.total_excl_vat - p.total_excl_vat end
        as difference_excl_vat,
    case when p.currency = r.currency then r.total_incl_vat - p.total_incl_vat end
        as difference_incl_vat,
    r.energy_wh - p.energy_wh as difference_energy_wh,
    r.session,
    r.result,
    api.explain_price(r.result) as explanation
from core.ratings as r
inner join core.transactions as t on t.tenant_id = r.tenant_id and t.id = r.transaction_id
left join core.ratings as p
    on
        p.tenant_id = r.tenant_id
        and p.transaction_id = r.transaction_id
        and p.version = r.version - 1;

grant select (
    tenant_id, transaction_id, version, is_current, reason, note, rated_by, rated_at,
    engine_version, tariff_version_id, tariff_hash, time_zone, currency, started_at, ended_at,
    energy_wh, charging_s, parking_s, reserved_s, total_excl_vat, total_incl_vat, exact_excl_vat,
    exact_incl_vat, difference_excl_vat, difference_incl_vat, difference_energy_wh, session,
    result, explanation
) on api.ratings to staff, customer, platform;

create trigger ratings__refuse_change
instead of insert or update or delete on api.ratings
for each row execute function audit.tg_view__refuse_change();

comment on view api.ratings is
    E'Every calculation of what a transaction costs; none is ever changed.\n'
    'The differences are to the version before: null for the first.';
comment on column api.ratings.tenant_id is 'The tenant that owns the row.';
comment on column api.ratings.transaction_id is 'The transaction.';
comment on column api.ratings.version is 'Counts from 1.';
comment on column api.ratings.is_current is 'Whether this is the price that counts.';
comment on column api.ratings.reason is
    'ended, expired (a reservation), session_changed (after its end), released, corrected or '
    'rerated.';
comment on column api.ratings.note is
    'What the person who asked for it gave as the reason; staff only.';
comment on column api.ratings.rated_by is 'Who asked for it; null for the system; staff only.';
comment on column api.ratings.rated_at is 'When it was calculated.';
comment on column api.ratings.engine_version is 'What calculated it.';
comment on column api.ratings.tariff_version_id is 'The version of the tariff.';
comment on column api.ratings.tariff_hash is 'SHA-256 of that version.';
comment on column api.ratings.time_zone is 'The zone of the clock that the tariff goes by.';
comment on column api.ratings.currency is 'ISO 4217 code of all its amounts.';
comment on column api.ratings.started_at is 'When it began.';
comment on column api.ratings.ended_at is 'When it ended.';
comment on column api.ratings.energy_wh is 'Energy in watt-hours.';
comment on column api.ratings.charging_s is 'Seconds that count as charging.';
comment on column api.ratings.parking_s is 'Seconds that count as parking.';
comment on column api.ratings.reserved_s is 'Seconds that it was reserved.';
comment on column api.ratings.total_excl_vat is 'Net, rounded to the currency.';
comment on column api.ratings.total_incl_vat is 'Gross, rounded to the currency.';
comment on column api.ratings.exact_excl_vat is 'Net before rounding.';
comment on column api.ratings.exact_incl_vat is 'Gross before rounding.';
comment on column api.ratings.difference_excl_vat is
    'Net beyond that of the version before; null in another currency.';
comment on column api.ratings.difference_incl_vat is
    'Gross beyond that of the version before; null in another currency.';
comment on column api.ratings.difference_energy_wh is
    'Energy beyond that of the version before, in watt-hours.';
comment on column api.ratings.session is
    'What was priced: charging periods in the form that price takes.';
comment on column api.ratings.result is 'What the engine answered, in the form that price gives.';
comment on column api.ratings.explanation is 'The price in words, a list of texts.';
