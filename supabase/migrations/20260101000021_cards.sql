-- Generated from db/migrations/0021-cards.sql by `make supabase`. Change the source, not this file.

set role voltaro_owner;

-- Card providers, cards on file, what providers tell, and refunds.
-- depends: 0020-bank

create table core.payment_providers (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    legal_entity_id bigint not null,
    provider text not null default 'stripe',
    is_enabled boolean not null default true,
    has_api_key boolean not null default false,
    has_webhook_secret boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint payment_providers_pkey primary key (tenant_id, id),
    constraint payment_providers_legal_entity_fkey
    foreign key (tenant_id, legal_entity_id) references core.legal_entities (tenant_id, id),
    constraint payment_providers_provider_check check (provider in ('stripe'))
);
create index payment_providers_legal_entity_idx
on core.payment_providers (tenant_id, legal_entity_id);
-- New payments go one way; one that is switched off still hears of its own.
create unique index payment_providers_enabled_key
on core.payment_providers (tenant_id, legal_entity_id) where is_enabled;
alter table core.payment_providers enable row level security;
comment on table core.payment_providers is
    'Through whom a legal entity takes cards. Its keys stand in ops.payment_provider_secrets.';

create table ops.payment_provider_secrets (
    tenant_id bigint not null,
    payment_provider_id bigint not null,
    api_key text,
    webhook_secret text,
    previous_webhook_secret text,
    previous_until timestamptz,
    updated_at timestamptz not null default now(),
    constraint payment_provider_secrets_pkey primary key (tenant_id, payment_provider_id),
    constraint payment_provider_secrets_provider_fkey
    foreign key (tenant_id, payment_provider_id)
    references core.payment_providers (tenant_id, id) on delete cascade,
    constraint payment_provider_secrets_previous_check
    check ((previous_webhook_secret is null) = (previous_until is null))
);
alter table ops.payment_provider_secrets enable row level security;
comment on table ops.payment_provider_secrets is
    'Keys of card providers: the owner''s alone. The webhook secret of before counts until '
    'previous_until, so that one can be exchanged without losing an event.';

create table core.cards (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    account_id bigint not null,
    payment_provider_id bigint not null,
    provider_customer_id text not null,
    provider_card_id text not null,
    brand text,
    last4 text,
    expires_on date,
    state text not null default 'active',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint cards_pkey primary key (tenant_id, id),
    constraint cards_provider_card_id_key
    unique (tenant_id, payment_provider_id, provider_card_id),
    constraint cards_account_fkey
    foreign key (tenant_id, account_id) references core.accounts (tenant_id, id),
    constraint cards_provider_fkey
    foreign key (tenant_id, payment_provider_id)
    references core.payment_providers (tenant_id, id),
    constraint cards_texts_check
    check (
        length(provider_customer_id) between 1 and 255
        and length(provider_card_id) between 1 and 255
        and length(brand) between 1 and 40
        and last4 ~ '^[0-9]{4}$'
    ),
    constraint cards_state_check check (state in ('active', 'removed'))
);
-- What is collected without the customer comes from one card.
create unique index cards_active_key on core.cards (tenant_id, account_id)
where state = 'active';
create index cards_account_idx on core.cards (tenant_id, account_id);
alter table core.cards enable row level security;
comment on table core.cards is
    'Cards that customers left with the provider for later: what to name them by, never their '
    'number.';

alter table core.payments add column payment_provider_id bigint;
alter table core.payments add column card_id bigint;
alter table core.payments add column saves_card boolean not null default false;
alter table core.payments add column return_url text;
alter table core.payments add column checkout_id text;
alter table core.payments add column checkout_url text;
alter table core.payments add column reason text;
-- The table is empty: it is made by the same first migrate.
alter table core.payments
-- squawk-ignore adding-foreign-key-constraint,constraint-missing-not-valid
add constraint payments_provider_fkey
foreign key (tenant_id, payment_provider_id) references core.payment_providers (tenant_id, id);
alter table core.payments
-- squawk-ignore adding-foreign-key-constraint,constraint-missing-not-valid
add constraint payments_card_fkey
foreign key (tenant_id, card_id) references core.cards (tenant_id, id);
alter table core.payments
-- squawk-ignore constraint-missing-not-valid
add constraint payments_card_check
check (
    (payment_provider_id is not null or num_nonnulls(card_id, checkout_id, checkout_url) = 0)
    and length(return_url) <= 1000
    and length(reason) between 3 and 500
);
-- squawk-ignore require-concurrent-index-creation
create index payments_payment_provider_idx on core.payments (tenant_id, payment_provider_id, id)
where payment_provider_id is not null;
-- squawk-ignore require-concurrent-index-creation
create index payments_card_idx on core.payments (tenant_id, card_id) where card_id is not null;
-- An invoice is paid by one card payment at a time, a wallet filled by one.
-- squawk-ignore require-concurrent-index-creation
create unique index payments_card_invoice_key on core.payments (tenant_id, invoice_id)
where
method = 'card' and direction = 'in' and purpose = 'invoice'
and state in ('pending', 'submitted', 'unknown');
-- squawk-ignore require-concurrent-index-creation
create unique index payments_card_top_up_key on core.payments (tenant_id, account_id)
where
method = 'card' and purpose = 'top_up' and card_id is not null
and state in ('pending', 'submitted', 'unknown');

create table core.payment_events (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    payment_provider_id bigint not null,
    event_id text not null,
    type text not null,
    data jsonb not null,
    signed_at timestamptz not null,
    received_at timestamptz not null default now(),
    processed_at timestamptz,
    payment_id bigint,
    outcome text,
    constraint payment_events_pkey primary key (tenant_id, id),
    constraint payment_events_event_id_key unique (tenant_id, payment_provider_id, event_id),
    constraint payment_events_provider_fkey
    foreign key (tenant_id, payment_provider_id)
    references core.payment_providers (tenant_id, id),
    constraint payment_events_payment_fkey
    foreign key (tenant_id, payment_id) references core.payments (tenant_id, id),
    constraint payment_events_texts_check
    check (length(event_id) between 1 and 255 and length(type) between 1 and 100),
    constraint payment_events_outcome_check
    check ((processed_at is null) = (outcome is null) and length(outcome) <= 500)
);
create index payment_events_waiting_idx on core.payment_events (id) where processed_at is null;
-- Rows come in the order of time: a few blocks of this index find what is past its time.
create index payment_events_received_at_idx on core.payment_events using brin (received_at);
create index payment_events_payment_idx on core.payment_events (tenant_id, payment_id)
where payment_id is not null;
alter table core.payment_events enable row level security;
comment on table core.payment_events is
    'What card providers told, signed: each once, by its id. data is the event as it came.';

create table core.payouts (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    payment_provider_id bigint not null,
    provider_payout_id text not null,
    amount numeric(14, 4) not null,
    currency text not null,
    arrives_on date,
    state text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint payouts_pkey primary key (tenant_id, id),
    constraint payouts_provider_payout_id_key
    unique (tenant_id, payment_provider_id, provider_payout_id),
    constraint payouts_provider_fkey
    foreign key (tenant_id, payment_provider_id)
    references core.payment_providers (tenant_id, id),
    constraint payouts_amount_check check (amount <> 'NaN'),
    constraint payouts_currency_check check (currency ~ '^[A-Z]{3}$'),
    constraint payouts_state_check check (length(state) between 1 and 40)
);
alter table core.payouts enable row level security;
comment on table core.payouts is
    'What a card provider sent to the bank, as it told us; the books move when the bank has it.';

create table core.provider_balances (
    tenant_id bigint not null,
    payment_provider_id bigint not null,
    proven_on date not null,
    currency text not null,
    amount numeric(16, 4) not null,
    asked_at timestamptz not null default now(),
    constraint provider_balances_pkey
    primary key (tenant_id, payment_provider_id, proven_on, currency),
    constraint provider_balances_provider_fkey
    foreign key (tenant_id, payment_provider_id)
    references core.payment_providers (tenant_id, id),
    constraint provider_balances_amount_check check (amount <> 'NaN'),
    constraint provider_balances_currency_check check (currency ~ '^[A-Z]{3}$')
);
alter table core.provider_balances enable row level security;
comment on table core.provider_balances is
    'What a card provider says it holds for us at the end of a day: asked when the next begins.';

create table core.low_wallets (
    tenant_id bigint not null,
    account_id bigint not null,
    since timestamptz not null default now(),
    constraint low_wallets_pkey primary key (tenant_id, account_id),
    constraint low_wallets_account_fkey
    foreign key (tenant_id, account_id)
    references core.accounts (tenant_id, id) on delete cascade
);
alter table core.low_wallets enable row level security;
comment on table core.low_wallets is
    'Prepaid accounts below their threshold that were told of: once, until they are above again.';

insert into ops.settings (name, value, description) values
    ('payments.webhook_tolerance_s', '300', 'How old the signature of a card event may be.'),
    ('payments.checkout_minutes', '60', 'How long a page for paying by card stays open.'),
    ('payments.event_days', '180', 'How long what card providers told is kept.'),
    ('payments.low_wallet', '5', 'Low for a wallet that has no threshold of its own.'),
    ('payments.top_up_pause_hours', '24', 'How long no card is tried after it was refused.');
insert into ops.job_schedules (job, every, description) values
    ('process_payment_events', '2 seconds', 'Book what card providers told.'),
    ('check_card_payments', '5 minutes', 'Ask for card payments that nobody told of.'),
    ('ask_provider_balances', '10 minutes', 'Ask card providers once a day what they hold.'),
    ('collect_cards', '1 hour', 'Charge cards on file for invoices that are due.'),
    ('tend_wallets', '1 minute', 'Tell of low wallets, and fill those that fill themselves.');

-- Questions change nothing outside: they may be asked again.
insert into ops.outbox_kinds (
    kind, is_repeatable, max_attempts, first_delay, longest_delay, lease, description
) values
    ('card_check', true, 30, '5 seconds', '1 hour', '2 minutes', 'How a card payment stands.'),
    ('card_balance', true, 12, '30 seconds', '1 hour', '2 minutes', 'What a provider holds.');

reset role;
