-- Places, for analysts.
create or replace view report.sites
with (security_barrier = true) as
select
    s.tenant_id,
    s.id as site_id,
    s.name,
    s.postal_code,
    s.city,
    s.country_code,
    s.latitude,
    s.longitude,
    s.time_zone,
    s.is_public,
    s.created_at
from core.sites as s
where s.tenant_id = (select claims.tenant_id());

grant select on report.sites to analyst;

comment on view report.sites is
    'Places with charge points.';
comment on column report.sites.tenant_id is 'Your tenant.';
comment on column report.sites.site_id is 'Number of the site.';
comment on column report.sites.name is 'Its name.';
comment on column report.sites.postal_code is 'Postal code.';
comment on column report.sites.city is 'City.';
comment on column report.sites.country_code is 'ISO 3166-1, two letters.';
comment on column report.sites.latitude is 'Degrees north.';
comment on column report.sites.longitude is 'Degrees east.';
comment on column report.sites.time_zone is 'Its clock, which local days and prices follow.';
comment on column report.sites.is_public is 'Whether everybody may charge there.';
comment on column report.sites.created_at is 'When it was entered.';
