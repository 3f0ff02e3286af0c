-- Documents without their bytes, read-only; document and invoice_document give these.
create or replace view api.documents
with (security_invoker = true) as
select
    d.tenant_id,
    d.id,
    d.kind,
    d.invoice_id,
    d.account_id,
    d.debit_batch_id,
    d.file_name,
    d.content_type,
    d.size_bytes,
    d.sha256,
    d.created_by,
    d.created_at
from core.documents as d;

grant select (
    tenant_id, id, kind, invoice_id, account_id, debit_batch_id, file_name, content_type,
    size_bytes, sha256, created_by, created_at
) on api.documents to staff, customer, platform;

comment on view api.documents is
    E'Files that are kept as they were sent or came.\n'
    'Customers see those of their invoices. document and invoice_document give the bytes.';
comment on column api.documents.tenant_id is 'The tenant that owns the document.';
comment on column api.documents.id is 'Number of the document.';
comment on column api.documents.kind is
    'invoice_pdf, invoice_ubl, debit_file (pain.008) or bank_statement.';
comment on column api.documents.invoice_id is 'The invoice or credit note that it is of.';
comment on column api.documents.account_id is 'The account of that invoice.';
comment on column api.documents.debit_batch_id is 'The batch of debits that it is of.';
comment on column api.documents.file_name is 'Its name.';
comment on column api.documents.content_type is 'Its media type.';
comment on column api.documents.size_bytes is 'Its size in bytes.';
comment on column api.documents.sha256 is 'SHA-256 of its bytes, in hexadecimal digits.';
comment on column api.documents.created_by is 'Who brought it; null for what a job made.';
comment on column api.documents.created_at is 'Since when it is kept.';
