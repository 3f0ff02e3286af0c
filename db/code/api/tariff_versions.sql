-- Versions of tariffs; written by put_tariff and end_tariff.
create or replace view api.tariff_versions
with (security_invoker = true) as
select
    v.tenant_id,
    v.id,
    t.tariff_id,
    v.version_no,
    v.ocpi_version,
    v.document,
    v.tariff_hash,
    v.currency,
    lower(v.valid) as valid_from,
    upper(v.valid) as valid_to,
    v.created_at,
    v.created_by
from core.tariff_versions as v
inner join core.tariffs as t on t.tenant_id = v.tenant_id and t.id = v.tariff_id;

grant select (
    tenant_id, id, tariff_id, version_no, ocpi_version, document, tariff_hash, currency,
    valid_from, valid_to, created_at, created_by
) on api.tariff_versions to staff, customer, platform;

create trigger tariff_versions__refuse_change
instead of insert or update or delete on api.tariff_versions
for each row execute function audit.tg_view__refuse_change();

comment on view api.tariff_versions is
    'What a tariff costs from a moment on, never changed: put_tariff makes a new version. Drivers '
    'see those that their sessions are priced with.';
comment on column api.tariff_versions.tenant_id is 'The tenant that owns the row.';
comment on column api.tariff_versions.id is 'Number of the version.';
comment on column api.tariff_versions.tariff_id is 'OCPI id of the tariff.';
comment on column api.tariff_versions.version_no is 'Versions of a tariff count from 1.';
comment on column api.tariff_versions.ocpi_version is
    '2.2.1 or 2.3.0: how the document is written; the function tariff gives it in either.';
comment on column api.tariff_versions.document is 'The OCPI tariff as it was put.';
comment on column api.tariff_versions.tariff_hash is
    'SHA-256 of the document, in hexadecimal digits: ratings name it.';
comment on column api.tariff_versions.currency is 'ISO 4217 code of the currency.';
comment on column api.tariff_versions.valid_from is
    'Sessions that start at this moment or later may get the version.';
comment on column api.tariff_versions.valid_to is
    'Sessions that start at this moment or later do not; null when no end is known.';
comment on column api.tariff_versions.created_at is 'When the version was put.';
comment on column api.tariff_versions.created_by is 'The person who put it.';
