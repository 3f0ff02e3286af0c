-- Ratings: who may read the transaction reads them. Append-only, written by functions only: a new
-- calculation is a new version.
create policy ratings_select_staff on core.ratings for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy ratings_select_customer on core.ratings for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy ratings_select_platform on core.ratings for select to platform
using (true);

grant select (
    tenant_id, transaction_id, version, reason, engine_version, tariff_version_id, tariff_hash,
    time_zone, currency, started_at, ended_at, energy_wh, charging_s, parking_s, reserved_s,
    total_excl_vat, total_incl_vat, exact_excl_vat, exact_incl_vat, session, result, cdr_head,
    user_id, note, rated_by, rated_at
) on core.ratings to staff, customer, platform;

-- Other decisions of people are in core.session_resolutions, which logs itself.
create trigger ratings__log_rerated after insert on core.ratings
for each row when (new.reason = 'rerated')
execute function audit.tg_log_change('-session', '-result', '-cdr_head');
create trigger ratings__refuse_change before update or delete on core.ratings
for each row execute function audit.tg_refuse_change('rated_by');
create trigger ratings__refuse_truncate before truncate on core.ratings
for each statement execute function audit.tg_refuse_change();
alter table core.ratings enable always trigger ratings__refuse_change;
alter table core.ratings enable always trigger ratings__refuse_truncate;
