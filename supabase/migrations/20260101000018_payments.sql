-- Generated from db/migrations/0018-payments.sql by `make supabase`. Change the source, not this file.

set role voltaro_owner;

-- Mandates, payments and what they settle.
-- depends: 0017-invoices

create table core.mandates (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    account_id bigint not null,
    reference text not null,
    scheme text not null default 'CORE',
    account_holder text not null,
    iban text not null,
    bic text,
    signed_on date,
    state text not null default 'pending',
    revoked_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint mandates_pkey primary key (tenant_id, id),
    constraint mandates_reference_key unique (tenant_id, reference),
    constraint mandates_account_fkey
    foreign key (tenant_id, account_id) references core.accounts (tenant_id, id),
    -- The characters that SEPA allows (EPC217-08), in a reference of at most 35.
    constraint mandates_reference_check check (reference ~ '^[A-Za-z0-9+?/:().,''-]{1,35}$'),
    constraint mandates_scheme_check check (scheme in ('CORE', 'B2B')),
    constraint mandates_account_holder_check check (length(btrim(account_holder)) between 1 and 70),
    constraint mandates_iban_check check (iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'),
    constraint mandates_bic_check check (bic ~ '^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$'),
    constraint mandates_state_check
    check (
        state in ('pending', 'active', 'revoked', 'expired')
        and (state <> 'active' or signed_on is not null)
        and (state = 'revoked') = (revoked_at is not null)
    ),
    constraint mandates_signed_on_check check (signed_on between '2009-11-01' and '2200-01-01')
);
create unique index mandates_active_key on core.mandates (tenant_id, account_id)
where state = 'active';
create index mandates_account_idx on core.mandates (tenant_id, account_id);
alter table core.mandates enable row level security;
comment on table core.mandates is
    'Leave to collect from an account''s bank by SEPA direct debit: nothing is collected without '
    'the date of its signature. Expired: 36 months without a collection.';

create table core.debit_batches (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    legal_entity_id bigint not null,
    message_id text not null,
    scheme text not null,
    sequence_type text not null,
    collect_on date not null,
    currency text not null,
    state text not null default 'created',
    payment_count integer not null,
    total numeric(14, 4) not null,
    created_by uuid,
    created_at timestamptz not null default now(),
    submitted_at timestamptz,
    constraint debit_batches_pkey primary key (tenant_id, id),
    constraint debit_batches_message_id_key unique (tenant_id, message_id),
    constraint debit_batches_legal_entity_fkey
    foreign key (tenant_id, legal_entity_id) references core.legal_entities (tenant_id, id),
    constraint debit_batches_created_by_fkey
    foreign key (created_by) references core.users (id) on delete set null,
    constraint debit_batches_message_id_check check (message_id ~ '^[A-Za-z0-9-]{1,35}$'),
    constraint debit_batches_scheme_check check (scheme in ('CORE', 'B2B')),
    constraint debit_batches_sequence_type_check
    check (sequence_type in ('FRST', 'RCUR', 'OOFF', 'FNAL')),
    constraint debit_batches_currency_check check (currency = 'EUR'),
    constraint debit_batches_state_check
    check (
        state in ('created', 'submitted', 'cancelled')
        and (state <> 'submitted' or submitted_at is not null)
    ),
    constraint debit_batches_total_check
    check (payment_count > 0 and total > 0 and total <> 'NaN')
);
create index debit_batches_legal_entity_idx
on core.debit_batches (tenant_id, legal_entity_id, created_at desc);
create index debit_batches_created_by_idx on core.debit_batches (created_by);
alter table core.debit_batches enable row level security;
comment on table core.debit_batches is
    'Collections that go to the bank as one file (pain.008): made, handed over, or withdrawn.';

create table core.payments (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    legal_entity_id bigint not null,
    account_id bigint,
    direction text not null default 'in',
    purpose text not null,
    method text not null,
    provider text not null,
    provider_payment_id text,
    idempotency_key text not null,
    end_to_end_id text,
    amount numeric(14, 4) not null,
    currency text not null,
    fee numeric(14, 4) not null default 0,
    state text not null,
    failure text,
    invoice_id bigint,
    mandate_id bigint,
    debit_batch_id bigint,
    refunded_payment_id bigint,
    booked_on date,
    notified_on date,
    created_by uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint payments_pkey primary key (tenant_id, id),
    constraint payments_idempotency_key_key unique (tenant_id, idempotency_key),
    constraint payments_provider_payment_id_key unique (tenant_id, provider, provider_payment_id),
    constraint payments_end_to_end_id_key unique (tenant_id, end_to_end_id),
    constraint payments_legal_entity_fkey
    foreign key (tenant_id, legal_entity_id) references core.legal_entities (tenant_id, id),
    constraint payments_account_fkey
    foreign key (tenant_id, account_id) references core.accounts (tenant_id, id),
    constraint payments_invoice_fkey
    foreign key (tenant_id, invoice_id) references core.invoices (tenant_id, id),
    constraint payments_mandate_fkey
    foreign key (tenant_id, mandate_id) references core.mandates (tenant_id, id),
    constraint payments_debit_batch_fkey
    foreign key (tenant_id, debit_batch_id) references core.debit_batches (tenant_id, id),
    constraint payments_refunded_payment_fkey
    foreign key (tenant_id, refunded_payment_id) references core.payments (tenant_id, id),
    constraint payments_created_by_fkey
    foreign key (created_by) references core.users (id) on delete set null,
    constraint payments_direction_check check (direction in ('in', 'out')),
    constraint payments_purpose_check
    check (
        purpose in ('invoice', 'top_up', 'refund')
        and (purpose = 'refund') = (direction = 'out')
        and (purpose = 'refund' or refunded_payment_id is null)
    ),
    constraint payments_method_check
    check (method in ('bank_transfer', 'sepa_debit', 'card', 'wallet')),
    constraint payments_provider_check check (provider ~ '^[a-z][a-z0-9_]{0,29}$'),
    constraint payments_end_to_end_id_check
    check (end_to_end_id ~ '^[A-Za-z0-9+?/:().,''-]{1,35}$'),
    constraint payments_amount_check
    check (amount > 0 and amount <> 'NaN' and fee >= 0 and fee <> 'NaN'),
    constraint payments_currency_check check (currency ~ '^[A-Z]{3}$'),
    constraint payments_state_check
    check (
        state in (
            'pending', 'submitted', 'unknown', 'succeeded', 'failed', 'returned', 'cancelled'
        )
        and (state not in ('succeeded', 'returned') or booked_on is not null)
    ),
    constraint payments_failure_check check (length(failure) <= 500),
    constraint payments_debit_check
    check (
        (method = 'sepa_debit') = (mandate_id is not null)
        and (debit_batch_id is null or method = 'sepa_debit')
    )
);
create index payments_account_idx on core.payments (tenant_id, account_id, id desc);
create index payments_legal_entity_idx on core.payments (tenant_id, legal_entity_id, id desc);
create index payments_invoice_idx on core.payments (tenant_id, invoice_id)
where invoice_id is not null;
create index payments_mandate_idx on core.payments (tenant_id, mandate_id)
where mandate_id is not null;
create index payments_debit_batch_idx on core.payments (tenant_id, debit_batch_id)
where debit_batch_id is not null;
create index payments_refunded_payment_idx on core.payments (tenant_id, refunded_payment_id)
where refunded_payment_id is not null;
create index payments_created_by_idx on core.payments (created_by);
create index payments_open_idx on core.payments (tenant_id, state, id)
where state in ('pending', 'submitted', 'unknown');
alter table core.payments enable row level security;
comment on table core.payments is
    'Money that moves: asked for, on its way (submitted), unknown when nobody answered and it has '
    'to be asked for, there, failed, or returned by the bank after it was there. '
    'idempotency_key is stored before anybody outside is called.';

create table core.allocations (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    invoice_id bigint not null,
    account_id bigint not null,
    kind text not null,
    payment_id bigint,
    credit_note_id bigint,
    amount numeric(14, 4) not null,
    journal_id bigint,
    created_by uuid,
    created_at timestamptz not null default now(),
    constraint allocations_pkey primary key (tenant_id, id),
    constraint allocations_invoice_fkey
    foreign key (tenant_id, invoice_id) references core.invoices (tenant_id, id),
    constraint allocations_payment_fkey
    foreign key (tenant_id, payment_id) references core.payments (tenant_id, id),
    constraint allocations_credit_note_fkey
    foreign key (tenant_id, credit_note_id) references core.invoices (tenant_id, id),
    constraint allocations_journal_fkey
    foreign key (tenant_id, journal_id) references core.journals (tenant_id, id),
    constraint allocations_created_by_fkey
    foreign key (created_by) references core.users (id) on delete set null,
    constraint allocations_kind_check
    check (
        kind in ('payment', 'payment_return', 'credit_note', 'write_off')
        and (kind in ('payment', 'payment_return')) = (payment_id is not null)
        and (kind = 'credit_note') = (credit_note_id is not null)
    ),
    constraint allocations_amount_check
    check (
        amount <> 0
        and amount <> 'NaN'
        and ((amount < 0) = (kind = 'payment_return') or kind = 'write_off')
    )
);
create index allocations_invoice_idx on core.allocations (tenant_id, invoice_id) include (amount);
create index allocations_account_idx on core.allocations (tenant_id, account_id, id);
create index allocations_payment_idx on core.allocations (tenant_id, payment_id)
where payment_id is not null;
create index allocations_credit_note_idx on core.allocations (tenant_id, credit_note_id)
where credit_note_id is not null;
create index allocations_journal_idx on core.allocations (tenant_id, journal_id)
where journal_id is not null;
create index allocations_created_by_idx on core.allocations (created_by);
alter table core.allocations enable row level security;
comment on table core.allocations is
    'What settled how much of an invoice and its dunning fees: what is open is their total less '
    'the sum of these. Never changed: a return is a row below zero, and so is what a '
    'credit note takes back of a write-off.';

reset role;
