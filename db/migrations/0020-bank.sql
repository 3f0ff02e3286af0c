-- Bank statements, what their lines are matched with, and the daily proof; direct debits.
-- depends: 0019-outbox

-- The tables are empty: they are made by the same first migrate.
alter table core.mandates
-- squawk-ignore adding-field-with-default
add column iban_masked text generated always as (
    left(iban, 4) || repeat('*', length(iban) - 8) || right(iban, 4)
) stored;

-- Whose a bank account is.
-- squawk-ignore require-concurrent-index-creation
create index mandates_iban_idx on core.mandates (tenant_id, iban);

alter table core.payments add column collect_on date;
comment on column core.payments.collect_on is
    'When a direct debit is to be taken from the debtor''s account, as the debtor was told.';
-- An invoice is collected once at a time.
-- squawk-ignore require-concurrent-index-creation
create unique index payments_collection_key on core.payments (tenant_id, invoice_id)
where method = 'sepa_debit' and state in ('pending', 'submitted', 'unknown');
-- squawk-ignore require-concurrent-index-creation
create index payments_collect_on_idx on core.payments (tenant_id, collect_on, id)
where method = 'sepa_debit' and state = 'pending' and debit_batch_id is null;

alter table core.debit_batches add column problem text;
-- squawk-ignore require-concurrent-index-creation
create index debit_batches_created_idx on core.debit_batches (created_at)
where state = 'created';
comment on column core.debit_batches.problem is 'Why there is no file; it is not tried again.';

create table core.bank_files (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    source text not null,
    file_name text,
    content bytea not null,
    size_bytes integer not null generated always as (length(content)) stored,
    sha256 text not null,
    format text,
    state text not null default 'waiting',
    reason text,
    problem text,
    attempts smallint not null default 0,
    next_attempt_at timestamptz not null default now(),
    imported_by uuid,
    imported_at timestamptz not null default now(),
    finished_at timestamptz,
    constraint bank_files_pkey primary key (tenant_id, id),
    -- A file that comes again is the same one.
    constraint bank_files_sha256_key unique (tenant_id, sha256),
    constraint bank_files_tenant_id_fkey foreign key (tenant_id) references core.tenants (id),
    constraint bank_files_imported_by_fkey
    foreign key (imported_by) references core.users (id) on delete set null,
    constraint bank_files_source_check check (source in ('api', 'folder')),
    constraint bank_files_file_name_check check (length(file_name) between 1 and 200),
    constraint bank_files_sha256_check check (sha256 = encode(sha256(content), 'hex')),
    constraint bank_files_format_check check (format in ('camt.053', 'mt940')),
    constraint bank_files_state_check
    check (
        state in ('waiting', 'booked', 'parked')
        and (state = 'waiting') = (finished_at is null)
        and (state = 'parked') = (reason is not null)
    )
);
create index bank_files_imported_at_idx on core.bank_files (tenant_id, imported_at desc);
create index bank_files_waiting_idx on core.bank_files (next_attempt_at) where state = 'waiting';
create index bank_files_imported_by_idx on core.bank_files (imported_by);
alter table core.bank_files enable row level security;
comment on table core.bank_files is
    'Files of account statements as they came. A file is booked whole or parked whole, with the '
    'reason: nothing of it is posted then.';

create table core.bank_statements (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    bank_file_id bigint not null,
    legal_entity_id bigint not null,
    reference text not null,
    iban text not null,
    currency text not null,
    opened_on date not null,
    closed_on date not null,
    opening_balance numeric(16, 4) not null,
    closing_balance numeric(16, 4) not null,
    lines integer not null,
    lines_known integer not null,
    created_at timestamptz not null default now(),
    constraint bank_statements_pkey primary key (tenant_id, id),
    constraint bank_statements_bank_file_fkey
    foreign key (tenant_id, bank_file_id) references core.bank_files (tenant_id, id),
    constraint bank_statements_legal_entity_fkey
    foreign key (tenant_id, legal_entity_id) references core.legal_entities (tenant_id, id),
    constraint bank_statements_reference_check check (length(reference) <= 100),
    constraint bank_statements_currency_check check (currency ~ '^[A-Z]{3}$'),
    constraint bank_statements_dates_check check (opened_on <= closed_on),
    constraint bank_statements_balances_check
    check (opening_balance <> 'NaN' and closing_balance <> 'NaN'),
    constraint bank_statements_lines_check check (lines_known between 0 and lines)
);
create index bank_statements_bank_file_idx on core.bank_statements (tenant_id, bank_file_id);
create index bank_statements_legal_entity_idx
on core.bank_statements (tenant_id, legal_entity_id, closed_on desc, id desc);
alter table core.bank_statements enable row level security;
comment on table core.bank_statements is
    'Account statements that were booked: opening balance and lines come to the closing balance. '
    'lines_known were on a statement before.';

create table core.bank_transactions (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    bank_statement_id bigint not null,
    legal_entity_id bigint not null,
    line integer not null,
    entry_key text not null,
    booked_on date not null,
    value_on date,
    amount numeric(14, 4) not null,
    currency text not null,
    counterparty_name text,
    counterparty_iban text,
    end_to_end_id text,
    mandate_reference text,
    creditor_reference text,
    batch_reference text,
    bank_reference text,
    bank_code text,
    return_reason text,
    charges numeric(14, 4) not null default 0,
    remittance text not null default '',
    matched_amount numeric(14, 4) not null default 0,
    look_at timestamptz not null default now() + interval '1 hour',
    created_at timestamptz not null default now(),
    constraint bank_transactions_pkey primary key (tenant_id, id),
    -- A line that comes again, on a statement that overlaps another, is the same one.
    constraint bank_transactions_entry_key unique (tenant_id, legal_entity_id, entry_key),
    constraint bank_transactions_bank_statement_fkey
    foreign key (tenant_id, bank_statement_id) references core.bank_statements (tenant_id, id),
    constraint bank_transactions_legal_entity_fkey
    foreign key (tenant_id, legal_entity_id) references core.legal_entities (tenant_id, id),
    constraint bank_transactions_amount_check
    check (amount <> 'NaN' and charges >= 0 and charges <> 'NaN'),
    constraint bank_transactions_matched_amount_check
    check (abs(matched_amount) <= abs(amount) and matched_amount * amount >= 0),
    constraint bank_transactions_booked_on_check
    check (booked_on between '2000-01-01' and '2200-01-01')
);
create index bank_transactions_bank_statement_idx
on core.bank_transactions (tenant_id, bank_statement_id, line);
create index bank_transactions_booked_on_idx
on core.bank_transactions (tenant_id, legal_entity_id, booked_on desc, id desc);
create index bank_transactions_open_idx on core.bank_transactions (tenant_id, id)
where matched_amount <> amount;
create index bank_transactions_payer_idx
on core.bank_transactions (tenant_id, counterparty_iban, id) where matched_amount > 0;
create index bank_transactions_look_at_idx on core.bank_transactions (look_at)
where matched_amount = 0 and amount <> 0;
alter table core.bank_transactions enable row level security;
comment on table core.bank_transactions is
    'Lines of account statements, above zero what came in. What is not matched with a payment or '
    'a ledger account is in suspense: amount less matched_amount. look_at is when one that nobody '
    'owns is looked at again.';

create table core.bank_matches (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    bank_transaction_id bigint not null,
    how text not null,
    amount numeric(14, 4) not null,
    payment_id bigint,
    legal_entity_id bigint,
    ledger_account text,
    note text,
    matched_by uuid,
    matched_at timestamptz not null default now(),
    undone_by uuid,
    undone_at timestamptz,
    constraint bank_matches_pkey primary key (tenant_id, id),
    constraint bank_matches_bank_transaction_fkey
    foreign key (tenant_id, bank_transaction_id)
    references core.bank_transactions (tenant_id, id),
    constraint bank_matches_payment_fkey
    foreign key (tenant_id, payment_id) references core.payments (tenant_id, id),
    constraint bank_matches_ledger_account_fkey
    foreign key (tenant_id, legal_entity_id, ledger_account)
    references core.ledger_accounts (tenant_id, legal_entity_id, role),
    constraint bank_matches_matched_by_fkey
    foreign key (matched_by) references core.users (id) on delete set null,
    constraint bank_matches_undone_by_fkey
    foreign key (undone_by) references core.users (id) on delete set null,
    constraint bank_matches_how_check
    check (how in ('end_to_end_id', 'reference', 'batch', 'payout', 'amount_iban', 'hand')),
    constraint bank_matches_amount_check check (amount <> 0 and amount <> 'NaN'),
    constraint bank_matches_with_check
    check (
        num_nonnulls(payment_id, ledger_account) = 1
        and (ledger_account is null) = (legal_entity_id is null)
    ),
    constraint bank_matches_note_check check (length(note) <= 500)
);
create index bank_matches_bank_transaction_idx
on core.bank_matches (tenant_id, bank_transaction_id);
create index bank_matches_payment_idx on core.bank_matches (tenant_id, payment_id)
where payment_id is not null;
create index bank_matches_ledger_account_idx
on core.bank_matches (tenant_id, legal_entity_id, ledger_account)
where ledger_account is not null;
create index bank_matches_matched_by_idx on core.bank_matches (matched_by);
create index bank_matches_undone_by_idx on core.bank_matches (undone_by);
alter table core.bank_matches enable row level security;
comment on table core.bank_matches is
    'How much of a bank line is which payment (or its return, when it is below zero), or belongs '
    'on which ledger account; how it was found, by whom when by hand, and whether it was undone.';

create table core.daily_proofs (
    tenant_id bigint not null,
    legal_entity_id bigint not null,
    proven_on date not null,
    currency text not null,
    bank_ledger numeric(16, 4) not null,
    bank_statement numeric(16, 4),
    bank_statement_id bigint,
    suspense_ledger numeric(16, 4) not null,
    suspense_lines numeric(16, 4) not null,
    card_ledger numeric(16, 4) not null,
    card_provider numeric(16, 4),
    is_proven boolean not null,
    problem text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint daily_proofs_pkey primary key (tenant_id, legal_entity_id, proven_on),
    constraint daily_proofs_legal_entity_fkey
    foreign key (tenant_id, legal_entity_id) references core.legal_entities (tenant_id, id),
    constraint daily_proofs_bank_statement_fkey
    foreign key (tenant_id, bank_statement_id) references core.bank_statements (tenant_id, id),
    constraint daily_proofs_problem_check check (is_proven = (problem is null))
);
create index daily_proofs_proven_on_idx on core.daily_proofs (tenant_id, proven_on desc);
create index daily_proofs_bank_statement_idx
on core.daily_proofs (tenant_id, bank_statement_id) where bank_statement_id is not null;
alter table core.daily_proofs enable row level security;
comment on table core.daily_proofs is
    'Each day, whether the books say what the bank and the card provider say. bank_ledger is the '
    'ledger with the balance that the account had before its first statement.';

insert into ops.settings (name, value, description) values
    ('bank.max_file_bytes', '20971520', 'The largest file of statements that is taken.'),
    ('bank.max_waiting_files', '100', 'Files of a tenant that may wait to be booked.'),
    ('bank.max_attempts', '3', 'So often a file or a batch is tried when its runner ends.'),
    ('bank.debit_lead_days', '3', 'Direct debits are made into a file so many days ahead.'),
    ('bank.max_return_fee', '50', 'What a bank takes for a return, at most; more is looked at.'),
    ('bank.max_batch_payments', '10000', 'Direct debits in one file.'),
    ('bank.lines_to_match', '500', 'Lines of statements that are matched in one go.');

insert into ops.job_schedules (job, every, description) values
    (
        'collect_debits', '1 hour',
        'Announce direct debits of invoices and put those that are due into batches.'
    ),
    (
        'match_bank_lines', '1 minute',
        'Match lines of large statements, and look again at those that nobody owned.'
    ),
    ('prove_books', '1 hour', 'Compare the books with bank and card provider, once a day.');
