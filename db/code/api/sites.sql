-- Sites, writable.
create or replace view api.sites
with (security_invoker = true) as
select
    s.tenant_id,
    s.id,
    s.name,
    s.address,
    s.postal_code,
    s.city,
    s.country_code,
    s.latitude,
    s.longitude,
    s.time_zone,
    s.is_public,
    s.created_at,
    s.updated_at
from core.sites as s;
alter view api.sites alter column tenant_id set default claims.tenant_id();

grant select (
    tenant_id, id, name, address, postal_code, city, country_code, latitude, longitude,
    time_zone, is_public, created_at, updated_at
) on api.sites to staff, customer, platform;
grant insert (
    tenant_id, name, address, postal_code, city, country_code, latitude, longitude, time_zone,
    is_public
) on api.sites to staff, platform;
grant update (
    name, address, postal_code, city, country_code, latitude, longitude, time_zone, is_public
) on api.sites to staff, platform;
grant delete on api.sites to staff, platform;

comment on view api.sites is 'A place with charge points: address, coordinates, time zone.';
comment on column api.sites.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.sites.id is 'Number of the site.';
comment on column api.sites.name is 'Name of the place, unique within the tenant.';
comment on column api.sites.address is 'Street and house number.';
comment on column api.sites.postal_code is 'Postal code.';
comment on column api.sites.city is 'Town.';
comment on column api.sites.country_code is 'Country: two capital letters of ISO 3166-1.';
comment on column api.sites.latitude is
    'Degrees north, WGS 84; together with longitude or not at all.';
comment on column api.sites.longitude is 'Degrees east, WGS 84.';
comment on column api.sites.time_zone is
    'IANA time zone, such as Europe/Berlin: local prices and days follow it. '
    'Left out, it is the tenant''s.';
comment on column api.sites.is_public is 'Whether the place may be shown to everybody.';
comment on column api.sites.created_at is 'When the row was made.';
comment on column api.sites.updated_at is 'When the row was last changed.';
