-- Journals, for analysts.
create or replace view report.journals
with (security_barrier = true) as
select
    j.tenant_id,
    j.id as journal_id,
    j.legal_entity_id,
    j.kind,
    j.source_key,
    j.transaction_id,
    j.posted_on,
    j.currency,
    j.description,
    j.created_at
from core.journals as j
where j.tenant_id = (select claims.tenant_id());

grant select on report.journals to analyst;

comment on view report.journals is 'The journals of the ledger; ledger_entries has their lines.';
comment on column report.journals.tenant_id is 'Your tenant.';
comment on column report.journals.journal_id is 'Number of the journal.';
comment on column report.journals.legal_entity_id is 'In whose books it is.';
comment on column report.journals.kind is 'What kind of event was posted.';
comment on column report.journals.source_key is
    'What it is about: posted once for each kind and key.';
comment on column report.journals.transaction_id is
    'The transaction, of transactions; null for other kinds.';
comment on column report.journals.posted_on is 'The day, by the clock of the legal entity.';
comment on column report.journals.currency is 'ISO 4217.';
comment on column report.journals.description is 'What it was, in words.';
comment on column report.journals.created_at is 'When it was posted.';
