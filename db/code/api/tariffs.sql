-- Tariffs with the version that is valid now; written by put_tariff and end_tariff.
create or replace view api.tariffs
with (security_invoker = true) as
select
    t.tenant_id,
    t.id,
    t.tariff_id,
    t.name,
    v.version_no,
    v.ocpi_version,
    v.document,
    v.currency,
    lower(v.valid) as valid_from,
    upper(v.valid) as valid_to,
    n.starts_at as next_version_at,
    t.created_at,
    t.updated_at
from core.tariffs as t
left join core.tariff_versions as v
    on v.tenant_id = t.tenant_id and v.tariff_id = t.id and v.valid @> now()
left join lateral (
    select min(lower(f.valid)) as starts_at
    from core.tariff_versions as f
    where f.tenant_id = t.tenant_id and f.tariff_id = t.id and lower(f.valid) > now()
) as n on true;

grant select (
    tenant_id, id, tariff_id, name, version_no, ocpi_version, document, currency, valid_from,
    valid_to, next_version_at, created_at, updated_at
) on api.tariffs to staff, customer, platform;

create trigger tariffs__refuse_change
instead of insert or update or delete on api.tariffs
for each row execute function audit.tg_view__refuse_change();

comment on view api.tariffs is
    'Tariffs with the version that is valid now. put_tariff and end_tariff write them, '
    'tariff_assignments says where and for whom they hold. Drivers see those of their sessions.';
comment on column api.tariffs.tenant_id is 'The tenant that owns the row.';
comment on column api.tariffs.id is 'Number of the tariff: tariff_assignments name it.';
comment on column api.tariffs.tariff_id is 'OCPI id, unique within the tenant, whatever the case.';
comment on column api.tariffs.name is 'What people call it.';
comment on column api.tariffs.version_no is
    'The version that is valid now; null before the first and after the last.';
comment on column api.tariffs.ocpi_version is
    '2.2.1 or 2.3.0: how the document is written; the function tariff gives it in either.';
comment on column api.tariffs.document is 'The OCPI tariff as it was put.';
comment on column api.tariffs.currency is 'ISO 4217 code of the currency.';
comment on column api.tariffs.valid_from is 'Since when this version is valid.';
comment on column api.tariffs.valid_to is 'When it ends; null when no end is known.';
comment on column api.tariffs.next_version_at is 'When the next planned version starts.';
comment on column api.tariffs.created_at is 'When the tariff was first put.';
comment on column api.tariffs.updated_at is 'When the row was last changed.';
