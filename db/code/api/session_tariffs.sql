-- What sessions are priced with, and why, read-only.
create or replace view api.session_tariffs
with (security_invoker = true) as
select
    c.tenant_id,
    c.session_id,
    c.tariff_version_id,
    t.tariff_id,
    t.name as tariff_name,
    v.version_no,
    v.currency,
    v.ocpi_version,
    v.document,
    v.tariff_hash,
    c.place,
    c.audience,
    c.tariff_assignment_id,
    c.time_zone,
    c.chosen_at
from core.session_tariffs as c
inner join core.tariff_versions as v
    on v.tenant_id = c.tenant_id and v.id = c.tariff_version_id
inner join core.tariffs as t on t.tenant_id = v.tenant_id and t.id = v.tariff_id;

grant select (
    tenant_id, session_id, tariff_version_id, tariff_id, tariff_name, version_no, currency,
    ocpi_version, document, tariff_hash, place, audience, tariff_assignment_id, time_zone,
    chosen_at
) on api.session_tariffs to staff, customer, platform;

create trigger session_tariffs__refuse_change
instead of insert or update or delete on api.session_tariffs
for each row execute function audit.tg_view__refuse_change();

comment on view api.session_tariffs is
    E'The tariff that a session is priced with, and why it is that one.\n'
    'It is chosen for the begin of the session and follows what is learnt of place, token and '
    'begin, until the session has a price. Its document never changes.';
comment on column api.session_tariffs.tenant_id is 'The tenant that owns the row.';
comment on column api.session_tariffs.session_id is 'The session, of charging_sessions.';
comment on column api.session_tariffs.tariff_version_id is 'The version, of tariff_versions.';
comment on column api.session_tariffs.tariff_id is 'The tariff by its OCPI id.';
comment on column api.session_tariffs.tariff_name is 'What the tariff is called.';
comment on column api.session_tariffs.version_no is 'Which version of the tariff it is, from 1.';
comment on column api.session_tariffs.currency is 'Currency of its prices, ISO 4217.';
comment on column api.session_tariffs.ocpi_version is 'The OCPI version of document.';
comment on column api.session_tariffs.document is 'The tariff as it was given, in OCPI''s form.';
comment on column api.session_tariffs.tariff_hash is
    'SHA-256 of the document, in hexadecimal digits.';
comment on column api.session_tariffs.place is
    'Where the tariff was assigned: connector, evse, charge_point, group, site or tenant; '
    'operator when somebody chose it for this session.';
comment on column api.session_tariffs.audience is
    'To whom it was assigned: id_token, customer_group or everyone; operator as above.';
comment on column api.session_tariffs.tariff_assignment_id is
    'The assignment, of tariff_assignments; null when it has gone since.';
comment on column api.session_tariffs.time_zone is
    'The zone that its times of day count in: the site''s, else the tenant''s.';
comment on column api.session_tariffs.chosen_at is 'When it was chosen.';
