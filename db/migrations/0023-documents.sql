-- Documents, kept as their bytes: invoices as PDF and e-invoice, files from and for banks.
-- depends: 0022-webhooks

create table core.documents (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    kind text not null,
    invoice_id bigint,
    account_id bigint,
    debit_batch_id bigint,
    file_name text not null,
    content_type text not null,
    content bytea not null,
    size_bytes integer not null generated always as (length(content)) stored,
    sha256 text not null,
    created_by uuid,
    created_at timestamptz not null default now(),
    constraint documents_pkey primary key (tenant_id, id),
    constraint documents_tenant_id_fkey foreign key (tenant_id) references core.tenants (id),
    constraint documents_invoice_fkey
    foreign key (tenant_id, invoice_id) references core.invoices (tenant_id, id),
    constraint documents_account_fkey
    foreign key (tenant_id, account_id) references core.accounts (tenant_id, id),
    constraint documents_debit_batch_fkey
    foreign key (tenant_id, debit_batch_id) references core.debit_batches (tenant_id, id),
    constraint documents_created_by_fkey
    foreign key (created_by) references core.users (id) on delete set null,
    constraint documents_kind_check
    check (kind in ('invoice_pdf', 'invoice_ubl', 'debit_file', 'bank_statement')),
    constraint documents_subject_check
    check (
        (kind in ('invoice_pdf', 'invoice_ubl')) = (invoice_id is not null)
        and (invoice_id is null) = (account_id is null)
        and (kind = 'debit_file') = (debit_batch_id is not null)
    ),
    -- It goes into a header of HTTP as it is.
    constraint documents_file_name_check check (file_name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'),
    constraint documents_content_type_check
    check (content_type ~ '^[a-z]+/[a-z0-9.+-]+(; charset=[a-z0-9-]+)?$'),
    constraint documents_size_check check (length(content) between 1 and 33554432),
    constraint documents_sha256_check check (sha256 = encode(sha256(content), 'hex'))
);
-- PDFs are compressed already.
alter table core.documents alter column content set storage external;
create unique index documents_invoice_key on core.documents (tenant_id, invoice_id, kind)
where invoice_id is not null;
create unique index documents_debit_batch_key on core.documents (tenant_id, debit_batch_id)
where debit_batch_id is not null;
-- A statement that comes again is the same one.
create unique index documents_bank_statement_key on core.documents (tenant_id, sha256)
where kind = 'bank_statement';
-- What is asked for by its number alone (api.document, api.invoice_document).
create index documents_id_idx on core.documents (id);
create index documents_invoice_idx on core.documents (invoice_id) where invoice_id is not null;
create index documents_account_idx on core.documents (tenant_id, account_id, id desc)
where account_id is not null;
create index documents_created_at_idx on core.documents (tenant_id, created_at desc);
create index documents_created_by_idx on core.documents (created_by);
alter table core.documents enable row level security;
comment on table core.documents is
    'Files whose bytes are kept as they were sent or came, with their SHA-256 in hexadecimal '
    'digits: never changed. One PDF and one UBL file an invoice, one file a batch of debits.';

create table ops.documents_to_make (
    tenant_id bigint not null,
    invoice_id bigint not null,
    queued_at timestamptz not null default now(),
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    runner text,
    problem text,
    parked_at timestamptz,
    constraint documents_to_make_pkey primary key (tenant_id, invoice_id),
    constraint documents_to_make_invoice_fkey
    foreign key (tenant_id, invoice_id) references core.invoices (tenant_id, id),
    constraint documents_to_make_parked_check check (parked_at is null or problem is not null)
);
create index documents_to_make_due_idx on ops.documents_to_make (next_attempt_at)
where parked_at is null;
create index documents_to_make_parked_idx on ops.documents_to_make (tenant_id, parked_at)
where parked_at is not null;
alter table ops.documents_to_make enable row level security;
comment on table ops.documents_to_make is
    'Finalised invoices whose documents are to be made. Whoever takes one has it until '
    'next_attempt_at; one whose documents are not valid is parked with the problem until somebody '
    'asks for another attempt.';

-- A function of the API that returns it answers with bytes, whatever the client accepts.
create domain api."*/*" as bytea;
comment on domain api."*/*" is 'The bytes of a file; the function that returns it says its type.';

insert into ops.settings (name, value, description) values
    ('documents.take_s', '120', 'So long a runner has what it took before others take it.'),
    ('documents.max_attempts', '5', 'So often the documents of an invoice are tried.');
