-- Webhooks: events sent to addresses outside.
-- depends: 0021-cards

create table core.webhooks (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    name text not null,
    url text not null,
    event_types text[],
    secret text not null,
    old_secret text,
    old_secret_until timestamptz,
    is_enabled boolean not null default true,
    failing_since timestamptz,
    last_success_at timestamptz,
    disabled_reason text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint webhooks_pkey primary key (tenant_id, id),
    constraint webhooks_tenant_id_name_key unique (tenant_id, name),
    constraint webhooks_tenant_id_fkey foreign key (tenant_id) references core.tenants (id),
    constraint webhooks_name_check check (length(btrim(name)) between 1 and 100),
    constraint webhooks_url_check check (length(url) between 10 and 2000),
    constraint webhooks_event_types_check
    check (
        cardinality(event_types) between 1 and 100 and array_position(event_types, null) is null
    ),
    constraint webhooks_secret_check
    check (secret ~ '^whsec_[A-Za-z0-9+/]{32,88}={0,2}$'),
    constraint webhooks_old_secret_check
    check ((old_secret is null) = (old_secret_until is null)),
    constraint webhooks_disabled_reason_check
    check (disabled_reason is null or not is_enabled)
);
alter table core.webhooks enable row level security;
comment on table core.webhooks is
    'Addresses outside that events are sent to, signed by secret (and until a time by the one '
    'before it). event_types null: all.';

create table core.webhook_deliveries (
    tenant_id bigint not null,
    webhook_id bigint not null,
    event_id bigint not null,
    outbox_id bigint,
    is_replay boolean not null default false,
    number integer not null default 1,
    created_at timestamptz not null default now(),
    constraint webhook_deliveries_pkey primary key (tenant_id, webhook_id, event_id, number),
    constraint webhook_deliveries_webhook_fkey
    foreign key (tenant_id, webhook_id)
    references core.webhooks (tenant_id, id) on delete cascade,
    constraint webhook_deliveries_event_fkey
    foreign key (event_id) references core.events (id) on delete cascade,
    constraint webhook_deliveries_outbox_fkey
    foreign key (outbox_id) references ops.outbox (id) on delete set null,
    constraint webhook_deliveries_number_check check (number > 0)
);
create index webhook_deliveries_event_idx on core.webhook_deliveries (event_id);
create unique index webhook_deliveries_outbox_key on core.webhook_deliveries (outbox_id);
alter table core.webhook_deliveries enable row level security;
comment on table core.webhook_deliveries is
    'Which event goes to which webhook: once by itself, once more with each replay (number). How '
    'it went stands in the outbox.';

insert into ops.job_schedules (job, every, description) values
    ('dispatch_events', '1 second', 'Hand new events to the webhooks that ask for them.');

insert into ops.settings (name, value, description) values
    ('webhooks.allows_loopback', 'false', 'Webhooks may go to this machine, by HTTP: for tests.'),
    ('webhooks.max_webhooks', '20', 'Most webhooks of one tenant.'),
    ('webhooks.disable_after_h', '120', 'A webhook that fails for so long is switched off.'),
    ('webhooks.secret_grace_h', '24', 'How long a secret that was replaced still signs.');
