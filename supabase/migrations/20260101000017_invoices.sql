-- Generated from db/migrations/0017-invoices.sql by `make supabase`. Change the source, not this file.

set role voltaro_owner;

-- Billing runs, invoices and credit notes, dunning.
-- depends: 0016-ledger

create table core.billing_runs (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    period_from date not null,
    period_to date not null,
    state text not null default 'running',
    requested_by uuid,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    constraint billing_runs_pkey primary key (tenant_id, id),
    -- Begun again it is the same run.
    constraint billing_runs_period_key unique (tenant_id, period_from, period_to),
    constraint billing_runs_tenant_id_fkey foreign key (tenant_id) references core.tenants (id),
    constraint billing_runs_requested_by_fkey
    foreign key (requested_by) references core.users (id) on delete set null,
    constraint billing_runs_period_check check (period_from < period_to),
    constraint billing_runs_state_check
    check (state in ('running', 'done') and (state = 'done') = (finished_at is not null))
);
create index billing_runs_requested_by_idx on core.billing_runs (requested_by);
create index billing_runs_running_idx on core.billing_runs (started_at) where state = 'running';
alter table core.billing_runs enable row level security;
comment on table core.billing_runs is
    'A run over what was charged before the end of a period (period_to is not in it) and is not '
    'billed yet; dates are those of each legal entity''s zone.';

create table core.invoices (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    legal_entity_id bigint not null,
    account_id bigint not null,
    kind text not null,
    occasion text not null,
    state text not null default 'draft',
    billing_run_id bigint,
    period_from date,
    period_to date,
    currency text not null,
    tax_treatment text not null default 'standard',
    number text,
    number_year smallint,
    number_in_year integer,
    issued_on date,
    due_on date,
    finalise_at timestamptz,
    finalised_at timestamptz,
    problem text,
    credited_invoice_id bigint,
    reason text,
    payment_method text not null,
    payment_reference text,
    language text not null,
    seller jsonb,
    buyer jsonb,
    note text,
    total_excl_vat numeric(14, 4) not null default 0,
    total_vat numeric(14, 4) not null default 0,
    total_incl_vat numeric(14, 4) not null default 0,
    created_by uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint invoices_pkey primary key (tenant_id, id),
    constraint invoices_number_key unique (tenant_id, legal_entity_id, kind, number),
    constraint invoices_number_in_year_key
    unique (tenant_id, legal_entity_id, kind, number_year, number_in_year),
    constraint invoices_payment_reference_key unique (tenant_id, payment_reference),
    constraint invoices_legal_entity_fkey
    foreign key (tenant_id, legal_entity_id) references core.legal_entities (tenant_id, id),
    constraint invoices_account_fkey
    foreign key (tenant_id, account_id) references core.accounts (tenant_id, id),
    constraint invoices_billing_run_fkey
    foreign key (tenant_id, billing_run_id) references core.billing_runs (tenant_id, id),
    constraint invoices_credited_invoice_fkey
    foreign key (tenant_id, credited_invoice_id) references core.invoices (tenant_id, id),
    constraint invoices_created_by_fkey
    foreign key (created_by) references core.users (id) on delete set null,
    constraint invoices_kind_check check (kind in ('invoice', 'credit_note')),
    constraint invoices_occasion_check
    check (
        occasion in ('period', 'session', 'one_off', 'correction')
        and (occasion = 'period') = (num_nonnulls(period_from, period_to) = 2)
        and (occasion = 'period' or num_nonnulls(period_from, period_to) = 0)
        and period_from < period_to
    ),
    constraint invoices_state_check check (state in ('draft', 'finalised')),
    constraint invoices_finalised_check
    check (
        state = 'draft'
        and num_nonnulls(number, number_year, number_in_year, issued_on, due_on, finalised_at) = 0
        or state = 'finalised'
        and num_nulls(
            number, number_year, number_in_year, issued_on, due_on, finalised_at, seller, buyer,
            payment_reference
        ) = 0
    ),
    constraint invoices_problem_check
    check (problem is null or state = 'draft' and length(problem) between 1 and 200),
    constraint invoices_currency_check check (currency ~ '^[A-Z]{3}$'),
    constraint invoices_tax_treatment_check
    check (tax_treatment in ('standard', 'reverse_charge', 'exempt')),
    constraint invoices_credited_check
    check (
        (kind = 'credit_note') = (credited_invoice_id is not null)
        and (kind = 'invoice' or length(btrim(reason)) between 3 and 500)
    ),
    constraint invoices_payment_method_check
    check (payment_method in ('bank_transfer', 'sepa_debit', 'card', 'wallet')),
    constraint invoices_language_check check (language ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    constraint invoices_note_check check (length(note) <= 2000),
    constraint invoices_totals_check
    check (
        total_excl_vat >= 0 and total_vat >= 0 and total_incl_vat = total_excl_vat + total_vat
        and total_incl_vat <> 'NaN'
    )
);
-- One invoice per account, period and kind.
create unique index invoices_period_key
on core.invoices (tenant_id, account_id, period_from, period_to)
where occasion = 'period' and kind = 'invoice';
-- A run credits an invoice once.
create unique index invoices_correction_key
on core.invoices (tenant_id, billing_run_id, credited_invoice_id)
where occasion = 'correction' and billing_run_id is not null;
create index invoices_legal_entity_idx
on core.invoices (tenant_id, legal_entity_id, issued_on desc, id desc);
create index invoices_account_idx on core.invoices (tenant_id, account_id, issued_on desc);
create index invoices_issued_on_idx on core.invoices (tenant_id, issued_on desc, id desc);
create index invoices_billing_run_idx on core.invoices (tenant_id, billing_run_id)
where billing_run_id is not null;
create index invoices_credited_invoice_idx on core.invoices (tenant_id, credited_invoice_id)
where credited_invoice_id is not null;
create index invoices_created_by_idx on core.invoices (created_by);
create index invoices_draft_idx on core.invoices (finalise_at) where state = 'draft';
alter table core.invoices enable row level security;
comment on table core.invoices is
    'Invoices and credit notes: a draft until it is finalised, then it never changes. Amounts of '
    'a credit note are above zero and what they take back. seller and buyer are who they were '
    'then. A draft without finalise_at waits for a person; problem says why one could not be '
    'finalised.';

create table core.invoice_lines (
    tenant_id bigint not null,
    invoice_id bigint not null,
    line integer not null,
    account_id bigint not null,
    kind text not null,
    is_credit boolean not null default false,
    charged_account_id bigint,
    transaction_id bigint,
    rating_version integer,
    credited_line integer,
    description text not null,
    started_at timestamptz,
    ended_at timestamptz,
    quantity numeric not null default 1,
    unit text not null default 'C62',
    unit_price numeric,
    includes_vat boolean not null,
    vat_rate numeric(5, 2) not null,
    amount_excl_vat numeric(14, 4) not null,
    amount_incl_vat numeric(14, 4) not null,
    rated_excl_vat numeric(14, 4),
    constraint invoice_lines_pkey primary key (tenant_id, invoice_id, line),
    constraint invoice_lines_invoice_fkey
    foreign key (tenant_id, invoice_id)
    references core.invoices (tenant_id, id) on delete cascade,
    constraint invoice_lines_charged_account_fkey
    foreign key (tenant_id, charged_account_id) references core.accounts (tenant_id, id),
    constraint invoice_lines_rating_fkey
    foreign key (tenant_id, transaction_id, rating_version)
    references core.ratings (tenant_id, transaction_id, version),
    constraint invoice_lines_kind_check
    check (
        kind in ('transaction', 'fee', 'one_off')
        and (kind = 'transaction') = (num_nonnulls(transaction_id, rating_version) = 2)
        and (kind = 'transaction' or num_nonnulls(transaction_id, rating_version) = 0)
        and (kind = 'transaction') = (rated_excl_vat is not null)
    ),
    constraint invoice_lines_description_check check (length(btrim(description)) between 1 and 500),
    constraint invoice_lines_quantity_check check (quantity > 0 and quantity <> 'NaN'),
    constraint invoice_lines_unit_check check (unit ~ '^[A-Z0-9]{2,3}$'),
    constraint invoice_lines_vat_rate_check check (vat_rate between 0 and 100),
    constraint invoice_lines_amounts_check
    check (
        amount_excl_vat >= 0 and amount_incl_vat >= amount_excl_vat and amount_incl_vat <> 'NaN'
    )
);
-- What a rating charges is invoiced once.
create unique index invoice_lines_charge_key
on core.invoice_lines (tenant_id, transaction_id, rating_version, vat_rate)
where kind = 'transaction' and not is_credit;
create index invoice_lines_rating_idx
on core.invoice_lines (tenant_id, transaction_id, rating_version)
where transaction_id is not null;
create index invoice_lines_account_idx on core.invoice_lines (tenant_id, account_id, invoice_id);
create index invoice_lines_charged_account_idx
on core.invoice_lines (tenant_id, charged_account_id) where charged_account_id is not null;
alter table core.invoice_lines enable row level security;
comment on table core.invoice_lines is
    'What an invoice charges, or a credit note takes back (is_credit): one line a rating and VAT '
    'rate. includes_vat says which of both amounts is authoritative; the other follows from the '
    'invoice''s VAT. account_id pays, charged_account_id used (a collective invoice has many); '
    'rated_excl_vat is what the ledger has as unbilled. unit is a code of UN/ECE '
    'recommendation 20.';

create table core.invoice_taxes (
    tenant_id bigint not null,
    invoice_id bigint not null,
    account_id bigint not null,
    category text not null,
    vat_rate numeric(5, 2) not null,
    amount_excl_vat numeric(14, 4) not null,
    vat numeric(14, 4) not null,
    amount_incl_vat numeric(14, 4) not null,
    constraint invoice_taxes_pkey primary key (tenant_id, invoice_id, category, vat_rate),
    constraint invoice_taxes_invoice_fkey
    foreign key (tenant_id, invoice_id)
    references core.invoices (tenant_id, id) on delete cascade,
    -- UNTDID 5305: standard, zero, exempt, reverse charge.
    constraint invoice_taxes_category_check
    check (category in ('S', 'Z', 'E', 'AE') and (category = 'S') = (vat_rate > 0)),
    constraint invoice_taxes_amounts_check
    check (
        amount_excl_vat >= 0 and vat >= 0 and amount_incl_vat = amount_excl_vat + vat
        and (category = 'S' or vat = 0) and amount_incl_vat <> 'NaN'
    )
);
create index invoice_taxes_account_idx on core.invoice_taxes (tenant_id, account_id, invoice_id);
alter table core.invoice_taxes enable row level security;
comment on table core.invoice_taxes is
    'The VAT of an invoice, once per rate; category is a code of UNTDID 5305 (EN 16931 BT-118).';

create table core.billing_run_accounts (
    tenant_id bigint not null,
    billing_run_id bigint not null,
    account_id bigint not null,
    outcome text not null default 'waiting',
    reason text,
    invoice_id bigint,
    credit_notes integer not null default 0,
    transactions integer not null default 0,
    transactions_held integer not null default 0,
    finished_at timestamptz,
    constraint billing_run_accounts_pkey primary key (tenant_id, billing_run_id, account_id),
    constraint billing_run_accounts_run_fkey
    foreign key (tenant_id, billing_run_id)
    references core.billing_runs (tenant_id, id) on delete cascade,
    constraint billing_run_accounts_account_fkey
    foreign key (tenant_id, account_id) references core.accounts (tenant_id, id),
    constraint billing_run_accounts_invoice_fkey
    foreign key (tenant_id, invoice_id)
    references core.invoices (tenant_id, id) on delete set null (invoice_id),
    constraint billing_run_accounts_outcome_check
    check (
        outcome in ('waiting', 'billed', 'skipped', 'held')
        and (outcome = 'waiting') = (finished_at is null)
        and (outcome not in ('skipped', 'held') or reason is not null)
    )
);
create index billing_run_accounts_waiting_idx
on core.billing_run_accounts (tenant_id, billing_run_id, account_id) where outcome = 'waiting';
create index billing_run_accounts_account_idx on core.billing_run_accounts (tenant_id, account_id);
create index billing_run_accounts_invoice_idx
on core.billing_run_accounts (tenant_id, invoice_id) where invoice_id is not null;
alter table core.billing_run_accounts enable row level security;
comment on table core.billing_run_accounts is
    'What a billing run made of each account: billed, skipped (nothing to bill) or held, and why. '
    'Those that wait are what is left to do.';

create table core.dunning_levels (
    tenant_id bigint not null,
    legal_entity_id bigint not null,
    level smallint not null,
    days_after_due smallint not null,
    fee numeric(14, 4) not null default 0,
    due_days smallint not null default 7,
    blocks_charging boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint dunning_levels_pkey primary key (tenant_id, legal_entity_id, level),
    constraint dunning_levels_legal_entity_fkey
    foreign key (tenant_id, legal_entity_id) references core.legal_entities (tenant_id, id),
    constraint dunning_levels_level_check check (level between 1 and 9),
    constraint dunning_levels_days_check
    check (days_after_due between 1 and 365 and due_days between 1 and 365),
    constraint dunning_levels_fee_check check (fee >= 0 and fee <> 'NaN')
);
alter table core.dunning_levels enable row level security;
comment on table core.dunning_levels is
    'Reminders of a legal entity: so many days after an invoice was due, for such a fee (no VAT: '
    'damages, not a supply), to be paid within due_days.';

create table core.dunning_notices (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    invoice_id bigint not null,
    account_id bigint not null,
    level smallint not null,
    issued_on date not null,
    due_on date not null,
    open_amount numeric(14, 4) not null,
    fee numeric(14, 4) not null,
    journal_id bigint,
    waived_at timestamptz,
    waived_reason text,
    waived_journal_id bigint,
    created_at timestamptz not null default now(),
    constraint dunning_notices_pkey primary key (tenant_id, id),
    constraint dunning_notices_level_key unique (tenant_id, invoice_id, level),
    constraint dunning_notices_invoice_fkey
    foreign key (tenant_id, invoice_id) references core.invoices (tenant_id, id),
    constraint dunning_notices_journal_fkey
    foreign key (tenant_id, journal_id) references core.journals (tenant_id, id),
    constraint dunning_notices_waived_journal_fkey
    foreign key (tenant_id, waived_journal_id) references core.journals (tenant_id, id),
    constraint dunning_notices_amounts_check
    check (open_amount > 0 and fee >= 0 and fee <> 'NaN' and (fee > 0) = (journal_id is not null)),
    constraint dunning_notices_waived_check
    check (
        (waived_at is null) = (waived_reason is null)
        and (waived_journal_id is null or waived_at is not null)
    )
);
create index dunning_notices_account_idx on core.dunning_notices (tenant_id, account_id, issued_on);
create index dunning_notices_journal_idx on core.dunning_notices (tenant_id, journal_id)
where journal_id is not null;
create index dunning_notices_waived_journal_idx
on core.dunning_notices (tenant_id, waived_journal_id) where waived_journal_id is not null;
alter table core.dunning_notices enable row level security;
comment on table core.dunning_notices is
    'Reminders that were issued: once per invoice and level. A fee is open like the invoice '
    'itself until it is paid or waived.';

insert into ops.job_schedules (job, every, description) values
    ('finalise_invoices', '1 minute', 'Number and issue drafts whose grace period is over.'),
    ('run_dunning', '1 hour', 'Remind of invoices that are overdue, and block who does not pay.');

insert into ops.settings (name, value, description) values
    ('billing.finalise_batch', '500', 'Invoices that one run of finalise_invoices issues.'),
    ('billing.dunning_batch', '500', 'Reminders that one run of run_dunning issues.');

reset role;
