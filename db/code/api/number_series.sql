-- Number series of legal entities, changeable.
create or replace view api.number_series
with (security_invoker = true) as
select
    s.tenant_id,
    s.legal_entity_id,
    s.kind,
    s.pattern,
    s.width
from core.number_series as s;

grant select (
    tenant_id, legal_entity_id, kind, pattern, width
) on api.number_series to staff, platform;
grant update (
    pattern, width
) on api.number_series to staff, platform;

comment on view api.number_series is
    E'How invoices and credit notes are numbered.\n'
    'Each legal entity has one series of each kind from its beginning. It may be changed with '
    'billing.write until the first number of a year is given out.';
comment on column api.number_series.tenant_id is 'The tenant that owns the row.';
comment on column api.number_series.legal_entity_id is 'The legal entity.';
comment on column api.number_series.kind is 'invoice or credit_note.';
comment on column api.number_series.pattern is
    'Letters, digits and / _ . - with {year} and, at the end, {number}.';
comment on column api.number_series.width is 'Digits of the number: zeros are put before it.';
