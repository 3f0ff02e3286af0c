-- Versions of tariffs, for analysts.
create or replace view report.tariffs
with (security_barrier = true) as
select
    v.tenant_id,
    v.tariff_id,
    v.id as tariff_version_id,
    t.tariff_id as tariff_code,
    t.name,
    v.version_no,
    v.currency,
    lower(v.valid) as starts_at,
    upper(v.valid) as ends_at,
    v.ocpi_version,
    v.document,
    v.tariff_hash
from core.tariff_versions as v
inner join core.tariffs as t on t.tenant_id = v.tenant_id and t.id = v.tariff_id
where v.tenant_id = (select claims.tenant_id());

grant select on report.tariffs to analyst;

comment on view report.tariffs is
    'Tariffs, a row for each version; one is valid at a moment.';
comment on column report.tariffs.tenant_id is 'Your tenant.';
comment on column report.tariffs.tariff_id is 'Number of the tariff.';
comment on column report.tariffs.tariff_version_id is 'Number of the version.';
comment on column report.tariffs.tariff_code is 'OCPI id of the tariff.';
comment on column report.tariffs.name is 'Its name.';
comment on column report.tariffs.version_no is 'Counts the versions of a tariff.';
comment on column report.tariffs.currency is 'ISO 4217.';
comment on column report.tariffs.starts_at is 'From when it is valid.';
comment on column report.tariffs.ends_at is 'Until when, exclusive; null for no end.';
comment on column report.tariffs.ocpi_version is 'OCPI version of the document.';
comment on column report.tariffs.document is 'The tariff as OCPI JSON.';
comment on column report.tariffs.tariff_hash is 'SHA-256 of what is priced with.';
