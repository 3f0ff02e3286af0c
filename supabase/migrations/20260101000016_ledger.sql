-- Generated from db/migrations/0016-ledger.sql by `make supabase`. Change the source, not this file.

set role voltaro_owner;

-- The double-entry ledger: append-only journals that sum to zero.
-- depends: 0015-customers

create table core.ledger_accounts (
    tenant_id bigint not null,
    legal_entity_id bigint not null,
    role text not null,
    number text not null,
    name text not null,
    kind text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint ledger_accounts_pkey primary key (tenant_id, legal_entity_id, role),
    constraint ledger_accounts_number_key unique (tenant_id, legal_entity_id, number),
    constraint ledger_accounts_legal_entity_fkey
    foreign key (tenant_id, legal_entity_id) references core.legal_entities (tenant_id, id),
    constraint ledger_accounts_role_check
    check (
        role in (
            'bank', 'card_clearing', 'receivables', 'unbilled', 'suspense',
            'wallets', 'vat', 'revenue', 'fee_income', 'payment_fees', 'write_offs', 'rounding'
        )
    ),
    constraint ledger_accounts_number_check check (number ~ '^[A-Za-z0-9.-]{1,20}$'),
    constraint ledger_accounts_name_check check (length(btrim(name)) between 1 and 100),
    constraint ledger_accounts_kind_check
    check (kind in ('asset', 'liability', 'income', 'expense'))
);
alter table core.ledger_accounts enable row level security;
comment on table core.ledger_accounts is
    'The chart of accounts of a legal entity: what each is for never changes (role), number and '
    'name are the accountant''s. card_clearing is what a card provider holds for us, unbilled '
    'what was charged and not yet invoiced, suspense money whose owner is not known, wallets what '
    'prepaid customers have left.';

create table core.journals (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    legal_entity_id bigint not null,
    kind text not null,
    source_key text not null,
    transaction_id bigint,
    posted_on date not null,
    currency text not null,
    description text not null,
    created_at timestamptz not null default now(),
    created_by uuid,
    -- Entries may only come with their journal: in its own database transaction.
    written_in xid8 not null default pg_current_xact_id(),
    constraint journals_pkey primary key (tenant_id, id),
    constraint journals_source_key unique (tenant_id, kind, source_key),
    constraint journals_legal_entity_fkey
    foreign key (tenant_id, legal_entity_id) references core.legal_entities (tenant_id, id),
    constraint journals_transaction_fkey
    foreign key (tenant_id, transaction_id) references core.transactions (tenant_id, id),
    constraint journals_transaction_check
    check ((kind = 'transaction') = (transaction_id is not null)),
    constraint journals_created_by_fkey
    foreign key (created_by) references core.users (id) on delete set null,
    constraint journals_kind_check
    check (
        kind in (
            'transaction', 'invoice', 'credit_note', 'payment', 'payment_return', 'refund',
            'fee', 'provider_fee', 'write_off', 'top_up', 'wallet_use', 'bank', 'match',
            'adjustment'
        )
    ),
    constraint journals_source_key_check check (length(source_key) between 1 and 200),
    constraint journals_posted_on_check check (posted_on between '2000-01-01' and '2200-01-01'),
    constraint journals_currency_check check (currency ~ '^[A-Z]{3}$'),
    constraint journals_description_check check (length(description) <= 500)
);
create index journals_posted_on_idx on core.journals (tenant_id, posted_on, id);
create index journals_legal_entity_idx on core.journals (tenant_id, legal_entity_id);
-- What was posted of a transaction before: the next journal posts the difference.
create index journals_transaction_idx on core.journals (tenant_id, transaction_id)
where transaction_id is not null;
create index journals_created_by_idx on core.journals (created_by);
alter table core.journals enable row level security;
comment on table core.journals is
    'One event in the books, posted once: source_key names what it is about within its kind. '
    'Never changed; what was wrong is put right by another.';

create table core.ledger_entries (
    tenant_id bigint not null,
    journal_id bigint not null,
    line smallint not null,
    legal_entity_id bigint not null,
    ledger_account text not null,
    account_id bigint,
    vat_rate numeric(5, 2),
    amount numeric(16, 4) not null,
    currency text not null,
    posted_on date not null,
    constraint ledger_entries_pkey primary key (tenant_id, journal_id, line),
    constraint ledger_entries_journal_fkey
    foreign key (tenant_id, journal_id) references core.journals (tenant_id, id),
    constraint ledger_entries_ledger_account_fkey
    foreign key (tenant_id, legal_entity_id, ledger_account)
    references core.ledger_accounts (tenant_id, legal_entity_id, role),
    constraint ledger_entries_account_fkey
    foreign key (tenant_id, account_id) references core.accounts (tenant_id, id),
    -- Whose money it is is known for receivables and wallets, always.
    constraint ledger_entries_account_check
    check (ledger_account not in ('receivables', 'wallets') or account_id is not null),
    constraint ledger_entries_vat_rate_check
    check ((ledger_account = 'vat') = (vat_rate is not null)),
    constraint ledger_entries_amount_check check (amount <> 0 and amount <> 'NaN')
);
create index ledger_entries_ledger_account_idx
on core.ledger_entries (tenant_id, legal_entity_id, ledger_account, posted_on);
create index ledger_entries_account_idx
on core.ledger_entries (tenant_id, account_id, posted_on) where account_id is not null;
alter table core.ledger_entries enable row level security;
comment on table core.ledger_entries is
    'The lines of a journal: debit above zero, credit below. They sum to zero per journal at '
    'commit; balances are sums of them. account_id is the customer''s account they are about.';

create table ops.ratings_to_post (
    id bigint not null generated always as identity,
    tenant_id bigint not null,
    transaction_id bigint not null,
    queued_at timestamptz not null default now(),
    constraint ratings_to_post_pkey primary key (id)
);
create index ratings_to_post_tenant_idx on ops.ratings_to_post (tenant_id, id);
alter table ops.ratings_to_post enable row level security;
comment on table ops.ratings_to_post is
    'Transactions whose price or state changed and that wait to be posted.';

insert into ops.job_schedules (job, every, description) values
    ('post_ratings', '2 seconds', 'Post what transactions cost to the ledger.');
insert into ops.settings (name, value, description) values
    ('billing.post_batch', '1000', 'Transactions that one run of post_ratings posts.');

reset role;
