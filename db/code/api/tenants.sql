-- Tenants: the own one, or for the platform all.
create or replace view api.tenants
with (security_invoker = true)
as
select
    t.id,
    t.slug,
    t.name,
    t.country_code,
    t.party_id,
    t.time_zone,
    t.currency,
    t.language,
    t.cpo_name,
    t.is_active,
    t.allows_sign_up,
    t.created_at,
    t.updated_at
from core.tenants as t;

grant select (
    id, slug, name, country_code, party_id, time_zone, currency, language, cpo_name,
    is_active, allows_sign_up, created_at, updated_at
) on api.tenants to staff, customer, platform;
grant update (name, time_zone, currency, language, cpo_name, allows_sign_up) on api.tenants
to staff;
grant insert (
    slug, name, country_code, party_id, time_zone, currency, language, cpo_name, is_active,
    allows_sign_up
) on api.tenants to platform;
grant update (
    slug, name, country_code, party_id, time_zone, currency, language, cpo_name, is_active,
    allows_sign_up
) on api.tenants to platform;

comment on view api.tenants is
    E'Your tenant; platform admins see all.\n'
    'Staff with tenant.write change name, time_zone, currency, language, cpo_name and '
    'allows_sign_up; platform admins make tenants and change everything.';
comment on column api.tenants.id is 'The tenant.';
comment on column api.tenants.slug is 'Short name in addresses, such as the one chargers use.';
comment on column api.tenants.name is 'Name of the operator.';
comment on column api.tenants.country_code is 'Country of the operator id (ISO 3166-1 alpha-2).';
comment on column api.tenants.party_id is 'Operator id within the country (ISO 15118, OCPI).';
comment on column api.tenants.time_zone is 'Time zone of the operator (IANA name).';
comment on column api.tenants.currency is 'Currency of the operator (ISO 4217).';
comment on column api.tenants.language is 'Language of e-mails (such as en or de-AT).';
comment on column api.tenants.cpo_name is
    'The organisation (O) in the certificates of its chargers, the name where there is none. '
    'Change it before chargers get certificates: theirs keep the old one.';
comment on column api.tenants.is_active is 'Whether its people and chargers may come in.';
comment on column api.tenants.allows_sign_up is 'Whether drivers may sign up by themselves.';
comment on column api.tenants.created_at is 'When the tenant was made.';
comment on column api.tenants.updated_at is 'When the tenant last changed.';
