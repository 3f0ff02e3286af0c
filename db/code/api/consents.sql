-- Consents, read-only.
create or replace view api.consents
with (security_invoker = true) as
select
    c.tenant_id,
    c.id,
    c.user_id,
    c.document,
    c.version,
    c.via,
    c.accepted_at
from core.consents as c;

grant select (
    tenant_id, id, user_id, document, version, via, accepted_at
) on api.consents to staff, customer, platform;

comment on view api.consents is
    E'Which version of which terms a person accepted.\n'
    'Everybody reads their own, staff with users.read those of their tenant. accept_terms writes '
    'them; they never change.';
comment on column api.consents.tenant_id is 'The tenant that owns the row.';
comment on column api.consents.id is 'Number of the consent.';
comment on column api.consents.user_id is 'Who accepted.';
comment on column api.consents.document is 'Name of the terms.';
comment on column api.consents.version is 'What version of them.';
comment on column api.consents.via is 'Where: portal, app, api or paper.';
comment on column api.consents.accepted_at is 'When.';
