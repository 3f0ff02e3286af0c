-- Who is billed, by whom: legal entities, customers, accounts, contracts.
-- depends: 0014-exports

insert into core.permissions (key, description) values
    ('billing.read', 'See customers, invoices, payments and the ledger.'),
    ('customers.write', 'Create and change customers, accounts, contracts and mandates.'),
    ('billing.write', 'Run the billing, issue and credit invoices, set up legal entities.'),
    ('payments.write', 'Import bank statements, match, collect, refund and write off.'),
    ('webhooks.write', 'Send events to addresses outside, and send them again.'),
    ('notifications.write', 'Write templates of messages and say who gets which.'),
    ('jobs.write', 'Try again what could not be delivered outside.'),
    ('privacy.write', 'Export and erase what is known about a person.');

insert into ops.settings (name, value, description) values
    (
        'billing.unbilled_days', '62',
        'Sessions that began so many days ago and are on no invoice count against wallets and '
        'credit limits; older ones no more.'
    ),
    ('billing.vat_check_days', '90', 'VAT ids that were valid are checked again after so long.');

create table core.legal_entities (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    name text not null,
    is_default boolean not null default false,
    address_line text not null,
    address_line2 text,
    postal_code text not null,
    city text not null,
    country_code text not null,
    vat_id text,
    tax_number text,
    registration text,
    email text,
    phone text,
    website text,
    currency text not null,
    language text not null,
    time_zone text not null,
    vat_rate numeric(5, 2) not null default 0,
    iban text,
    bic text,
    bank_name text,
    creditor_id text,
    payment_terms_days smallint not null default 14,
    grace_days smallint not null default 2,
    pre_notification_days smallint not null default 14,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint legal_entities_pkey primary key (tenant_id, id),
    constraint legal_entities_tenant_id_name_key unique (tenant_id, name),
    -- A statement of an account is one legal entity's.
    constraint legal_entities_tenant_id_iban_key unique (tenant_id, iban),
    constraint legal_entities_tenant_id_fkey foreign key (tenant_id) references core.tenants (id),
    constraint legal_entities_name_check check (length(btrim(name)) between 1 and 70),
    constraint legal_entities_address_check
    check (
        length(btrim(address_line)) between 1 and 70
        and length(address_line2) between 1 and 70
        and length(btrim(postal_code)) between 1 and 16
        and length(btrim(city)) between 1 and 70
    ),
    constraint legal_entities_country_code_check check (country_code ~ '^[A-Z]{2}$'),
    constraint legal_entities_texts_check
    check (
        length(tax_number) between 1 and 50
        and length(registration) between 1 and 200
        and length(email) between 3 and 254
        and length(phone) between 3 and 40
        and length(website) between 3 and 200
        and length(bank_name) between 1 and 70
    ),
    constraint legal_entities_vat_id_check check (vat_id ~ '^[A-Z]{2}[0-9A-Z+*]{2,13}$'),
    constraint legal_entities_currency_check check (currency ~ '^[A-Z]{3}$'),
    constraint legal_entities_language_check check (language ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    constraint legal_entities_time_zone_check
    check ((timestamptz '2000-01-01 00:00:00+00' at time zone time_zone) is not null),
    constraint legal_entities_vat_rate_check check (vat_rate between 0 and 100),
    constraint legal_entities_iban_check check (iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'),
    constraint legal_entities_bic_check
    check (bic ~ '^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$'),
    constraint legal_entities_creditor_id_check
    check (creditor_id ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{3}[A-Z0-9]{1,28}$'),
    constraint legal_entities_days_check
    check (
        payment_terms_days between 0 and 365
        and grace_days between 0 and 60
        and pre_notification_days between 1 and 60
    )
);
create unique index legal_entities_default_key on core.legal_entities (tenant_id)
where is_default;
alter table core.legal_entities enable row level security;
comment on table core.legal_entities is
    'A company of the tenant that writes invoices: its address, tax and bank details, and the zone '
    'of its months. vat_rate in percent is that of fees and one-off lines. What belongs to no '
    'account is the default one''s.';

create table core.number_series (
    tenant_id bigint not null,
    legal_entity_id bigint not null,
    kind text not null,
    pattern text not null,
    width smallint not null default 6,
    constraint number_series_pkey primary key (tenant_id, legal_entity_id, kind),
    constraint number_series_legal_entity_fkey
    foreign key (tenant_id, legal_entity_id) references core.legal_entities (tenant_id, id),
    constraint number_series_kind_check check (kind in ('invoice', 'credit_note')),
    -- Year and number in it, so that no number comes twice.
    constraint number_series_pattern_check
    check (
        length(pattern) <= 30
        and pattern ~ '^[A-Za-z0-9/_.-]*\{year\}[A-Za-z0-9/_.-]*\{number\}$'
    ),
    constraint number_series_width_check check (width between 1 and 9)
);
alter table core.number_series enable row level security;
comment on table core.number_series is
    'How invoices and credit notes of a legal entity are numbered: {year} and {number}, padded to '
    'width digits, in pattern.';

create table core.number_counters (
    tenant_id bigint not null,
    legal_entity_id bigint not null,
    kind text not null,
    year smallint not null,
    last_number integer not null default 0,
    constraint number_counters_pkey primary key (tenant_id, legal_entity_id, kind, year),
    constraint number_counters_series_fkey
    foreign key (tenant_id, legal_entity_id, kind)
    references core.number_series (tenant_id, legal_entity_id, kind),
    constraint number_counters_last_number_check check (last_number >= 0)
);
alter table core.number_counters enable row level security;
comment on table core.number_counters is
    'The last number given in a series and year: its row is locked by whoever finalises, so that '
    'there is no gap.';

create table core.customers (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    number text not null,
    kind text not null,
    name text not null,
    contact_name text,
    email text not null,
    phone text,
    language text not null,
    user_id uuid,
    vat_id text,
    vat_id_state text not null default 'none',
    vat_id_checked_at timestamptz,
    vat_id_evidence jsonb,
    tax_number text,
    buyer_reference text,
    erased_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint customers_pkey primary key (tenant_id, id),
    constraint customers_tenant_id_number_key unique (tenant_id, number),
    constraint customers_tenant_id_user_id_key unique (tenant_id, user_id),
    constraint customers_tenant_id_fkey foreign key (tenant_id) references core.tenants (id),
    constraint customers_membership_fkey
    foreign key (tenant_id, user_id)
    references core.memberships (tenant_id, user_id) on delete set null (user_id),
    constraint customers_number_check check (number ~ '^[A-Za-z0-9-]{1,30}$'),
    constraint customers_kind_check check (kind in ('person', 'company')),
    constraint customers_name_check check (length(btrim(name)) between 1 and 70),
    constraint customers_email_check
    check (length(email) between 3 and 254 and email ~ '^[^@\s[:cntrl:]]+@[^@\s[:cntrl:]]+$'),
    constraint customers_texts_check
    check (
        length(contact_name) between 1 and 70
        and length(phone) between 3 and 40
        and length(tax_number) between 1 and 50
        and length(buyer_reference) between 1 and 100
    ),
    constraint customers_language_check check (language ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    constraint customers_vat_id_check check (vat_id ~ '^[A-Z]{2}[0-9A-Z+*]{2,13}$'),
    constraint customers_vat_id_state_check
    check (
        vat_id_state in ('none', 'unchecked', 'valid', 'invalid')
        and (vat_id is null) = (vat_id_state = 'none')
        and (vat_id_state not in ('valid', 'invalid') or vat_id_checked_at is not null)
    )
);
create index customers_email_idx on core.customers (tenant_id, lower(email));
create index customers_vat_id_idx on core.customers (vat_id_checked_at)
where vat_id_state in ('unchecked', 'valid');
alter table core.customers enable row level security;
comment on table core.customers is
    'A person or company that pays; user_id is who sees its accounts. vat_id_state says what the '
    'tax authorities'' register answered, vat_id_evidence with what consultation number.';

create table core.customer_addresses (
    tenant_id bigint not null,
    customer_id bigint not null,
    kind text not null,
    name text,
    address_line text not null,
    address_line2 text,
    postal_code text not null,
    city text not null,
    country_code text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint customer_addresses_pkey primary key (tenant_id, customer_id, kind),
    constraint customer_addresses_customer_fkey
    foreign key (tenant_id, customer_id)
    references core.customers (tenant_id, id) on delete cascade,
    constraint customer_addresses_kind_check check (kind in ('billing', 'delivery')),
    constraint customer_addresses_address_check
    check (
        length(name) between 1 and 70
        and length(btrim(address_line)) between 1 and 70
        and length(address_line2) between 1 and 70
        and length(btrim(postal_code)) between 1 and 16
        and length(btrim(city)) between 1 and 70
    ),
    constraint customer_addresses_country_code_check check (country_code ~ '^[A-Z]{2}$')
);
alter table core.customer_addresses enable row level security;
comment on table core.customer_addresses is
    'Where invoices of a customer go, and where it is served; name when it is another''s.';

create table core.accounts (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    number text not null,
    customer_id bigint not null,
    legal_entity_id bigint not null,
    name text not null default '',
    currency text not null,
    kind text not null default 'postpaid',
    payment_method text not null,
    credit_limit numeric(14, 4),
    schedule text not null default 'monthly',
    payer_account_id bigint,
    tax_treatment text not null default 'standard',
    tax_exemption_reason text,
    payment_terms_days smallint,
    grace_days smallint,
    is_dunned boolean not null default true,
    top_up_threshold numeric(14, 4),
    top_up_amount numeric(14, 4),
    state text not null default 'active',
    state_reason text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint accounts_pkey primary key (tenant_id, id),
    constraint accounts_tenant_id_number_key unique (tenant_id, number),
    constraint accounts_customer_fkey
    foreign key (tenant_id, customer_id) references core.customers (tenant_id, id),
    constraint accounts_legal_entity_fkey
    foreign key (tenant_id, legal_entity_id) references core.legal_entities (tenant_id, id),
    constraint accounts_payer_fkey
    foreign key (tenant_id, payer_account_id) references core.accounts (tenant_id, id),
    constraint accounts_number_check check (number ~ '^[A-Za-z0-9-]{1,30}$'),
    constraint accounts_name_check check (length(name) <= 200),
    constraint accounts_currency_check check (currency ~ '^[A-Z]{3}$'),
    constraint accounts_kind_check check (kind in ('prepaid', 'postpaid')),
    constraint accounts_payment_method_check
    check (
        payment_method in ('bank_transfer', 'sepa_debit', 'card', 'wallet')
        and (kind = 'prepaid') = (payment_method = 'wallet')
    ),
    -- NaN is above every number.
    constraint accounts_credit_limit_check check (credit_limit >= 0 and credit_limit <> 'NaN'),
    constraint accounts_schedule_check check (schedule in ('monthly', 'session')),
    constraint accounts_payer_check check (payer_account_id <> id),
    constraint accounts_tax_treatment_check
    check (
        tax_treatment in ('standard', 'reverse_charge', 'exempt')
        and (tax_treatment = 'exempt') = (tax_exemption_reason is not null)
        and length(tax_exemption_reason) between 3 and 200
    ),
    constraint accounts_days_check
    check (payment_terms_days between 0 and 365 and grace_days between 0 and 60),
    constraint accounts_top_up_check
    check (
        (top_up_threshold is null) = (top_up_amount is null)
        and (top_up_amount is null or kind = 'prepaid')
        and top_up_threshold >= 0 and top_up_threshold <> 'NaN'
        and top_up_amount > 0 and top_up_amount <> 'NaN'
    ),
    constraint accounts_state_check
    check (
        state in ('active', 'blocked', 'closed') and length(state_reason) between 1 and 500
    )
);
create index accounts_customer_idx on core.accounts (tenant_id, customer_id);
create index accounts_legal_entity_idx on core.accounts (tenant_id, legal_entity_id);
create index accounts_payer_idx on core.accounts (tenant_id, payer_account_id)
where payer_account_id is not null;
alter table core.accounts enable row level security;
comment on table core.accounts is
    'What a customer is billed through: currency, prepaid from a wallet or postpaid, how and how '
    'often. payer_account_id: another account gets one collective invoice for this one''s '
    'sessions. credit_limit: so much may be open and unbilled before charging is refused, null '
    'for any; of a prepaid account, so much more than is in the wallet may be charged.';

create table core.contracts (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    account_id bigint not null,
    id_token_id bigint not null,
    starts_at timestamptz not null default now(),
    ends_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint contracts_pkey primary key (tenant_id, id),
    constraint contracts_account_fkey
    foreign key (tenant_id, account_id) references core.accounts (tenant_id, id),
    constraint contracts_id_token_fkey
    foreign key (tenant_id, id_token_id) references core.id_tokens (tenant_id, id),
    constraint contracts_times_check
    check (
        starts_at < ends_at
        and starts_at >= '2000-01-01T00:00:00Z'
        and ends_at <= '2200-01-01T00:00:00Z'
    ),
    -- What a token charges at a moment is one account's.
    constraint contracts_no_overlap_excl
    exclude using gist (
        tenant_id with =, id_token_id with =, tstzrange(starts_at, ends_at) with &&
    )
);
create index contracts_account_idx on core.contracts (tenant_id, account_id);
create index contracts_id_token_idx on core.contracts (tenant_id, id_token_id);
alter table core.contracts enable row level security;
comment on table core.contracts is
    'Which account pays what a token charges, from a moment on and until another.';
