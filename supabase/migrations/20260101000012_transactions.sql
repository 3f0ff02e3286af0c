-- Generated from db/migrations/0012-transactions.sql by `make supabase`. Change the source, not this file.

set role voltaro_owner;

-- Sessions become transactions: priced, held or written off; live costs.
-- depends: 0011-tariffs

create table ops.sessions_to_rate (
    id bigint not null generated always as identity,
    tenant_id bigint not null,
    session_id bigint not null,
    queued_at timestamptz not null default now(),
    constraint sessions_to_rate_pkey primary key (id)
);
alter table ops.sessions_to_rate enable row level security;
comment on table ops.sessions_to_rate is
    'Sessions whose end or findings changed and that wait to be priced; without a unique key, so '
    'that no charger waits for the job that drains it.';

create table ops.reservations_to_rate (
    id bigint not null generated always as identity,
    tenant_id bigint not null,
    reservation_id bigint not null,
    queued_at timestamptz not null default now(),
    constraint reservations_to_rate_pkey primary key (id)
);
alter table ops.reservations_to_rate enable row level security;
comment on table ops.reservations_to_rate is
    'Reservations that expired, or were used after all, and wait to be priced.';

create table core.transactions (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    session_id bigint,
    reservation_id bigint,
    state text not null,
    user_id uuid,
    started_at timestamptz,
    ended_at timestamptz,
    rating_version integer,
    hold_reasons text[],
    hold_details jsonb,
    held_at timestamptz,
    written_off_version integer,
    written_off_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint transactions_pkey primary key (tenant_id, id),
    -- One transaction a session, however often it is rated.
    constraint transactions_tenant_id_session_id_key unique (tenant_id, session_id),
    constraint transactions_tenant_id_reservation_id_key unique (tenant_id, reservation_id),
    constraint transactions_session_fkey
    foreign key (tenant_id, session_id) references core.sessions (tenant_id, id),
    constraint transactions_reservation_fkey
    foreign key (tenant_id, reservation_id) references core.reservations (tenant_id, id),
    constraint transactions_origin_check check (num_nonnulls(session_id, reservation_id) = 1),
    constraint transactions_state_check check (state in ('priced', 'held', 'written_off')),
    constraint transactions_priced_check check (state <> 'priced' or rating_version is not null),
    constraint transactions_held_check
    check (
        (state = 'held') = (hold_reasons is not null)
        and (state = 'held') = (held_at is not null)
        and coalesce(cardinality(hold_reasons) > 0, true)
    ),
    constraint transactions_written_off_check
    check (written_off_version is null or written_off_at is not null)
);
create index transactions_ended_at_idx on core.transactions (tenant_id, ended_at desc, id desc);
create index transactions_user_idx on core.transactions (tenant_id, user_id, ended_at desc)
where user_id is not null;
create index transactions_held_idx on core.transactions (tenant_id, held_at) where state = 'held';
alter table core.transactions enable row level security;
comment on table core.transactions is
    'A session that is over, or a reservation that expired, on its way to an invoice: priced by '
    'its rating rating_version, held for hold_reasons, or written off. user_id is that of session '
    'or reservation; its times are those that were priced, or reported while it is held. '
    'written_off_version is the last rating that was written off: it never counts again.';

create table core.ratings (
    tenant_id bigint not null,
    transaction_id bigint not null,
    version integer not null,
    reason text not null,
    engine_version text not null,
    tariff_version_id bigint not null,
    tariff_hash text not null,
    time_zone text not null,
    currency text not null,
    started_at timestamptz not null,
    ended_at timestamptz not null,
    energy_wh numeric not null,
    charging_s numeric not null,
    parking_s numeric not null,
    reserved_s numeric not null,
    total_excl_vat numeric,
    total_incl_vat numeric,
    exact_excl_vat numeric,
    exact_incl_vat numeric,
    session jsonb not null,
    result jsonb not null,
    cdr_head jsonb not null default '{}',
    user_id uuid,
    note text,
    rated_by uuid,
    rated_at timestamptz not null default now(),
    constraint ratings_pkey primary key (tenant_id, transaction_id, version),
    constraint ratings_transaction_fkey
    foreign key (tenant_id, transaction_id) references core.transactions (tenant_id, id),
    constraint ratings_tariff_version_fkey
    foreign key (tenant_id, tariff_version_id) references core.tariff_versions (tenant_id, id),
    constraint ratings_rated_by_fkey
    foreign key (rated_by) references core.users (id) on delete set null,
    constraint ratings_version_check check (version > 0),
    constraint ratings_reason_check
    check (
        reason in ('ended', 'session_changed', 'released', 'corrected', 'rerated', 'expired')
    ),
    constraint ratings_figures_check
    check (energy_wh >= 0 and charging_s >= 0 and parking_s >= 0 and reserved_s >= 0),
    -- One of both may be unknown: tax within a price without its rate (OCPI 2.3.0 tax_included).
    constraint ratings_total_check check (num_nonnulls(total_excl_vat, total_incl_vat) >= 1),
    constraint ratings_amounts_check
    check (total_excl_vat >= 0 and total_incl_vat >= 0 and ended_at >= started_at)
);
create index ratings_ended_at_idx on core.ratings (tenant_id, ended_at desc, transaction_id desc);
create index ratings_user_idx on core.ratings (tenant_id, user_id) where user_id is not null;
create index ratings_tariff_version_idx on core.ratings (tenant_id, tariff_version_id);
create index ratings_rated_by_idx on core.ratings (rated_by);
alter table core.ratings enable row level security;
comment on table core.ratings is
    'What a transaction costs and why, one row a calculation, never changed: session is what was '
    'priced, result what the engine answered, cdr_head who charged where; totals are rounded to '
    'the currency, exact_* not.';
-- Both tables are empty: they are made by the same first migrate.
alter table core.transactions
-- squawk-ignore adding-foreign-key-constraint,constraint-missing-not-valid
add constraint transactions_rating_fkey
foreign key (tenant_id, id, rating_version)
references core.ratings (tenant_id, transaction_id, version) deferrable initially deferred;
-- squawk-ignore require-concurrent-index-creation
create index transactions_rating_idx on core.transactions (tenant_id, id, rating_version);

create table core.session_resolutions (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    session_id bigint not null,
    kind text not null,
    reason text not null,
    started_at timestamptz,
    ended_at timestamptz,
    meter_start_wh core.register_wh,
    meter_stop_wh core.register_wh,
    basis jsonb not null,
    made_by uuid,
    made_at timestamptz not null default now(),
    constraint session_resolutions_pkey primary key (tenant_id, id),
    constraint session_resolutions_session_fkey
    foreign key (tenant_id, session_id) references core.sessions (tenant_id, id),
    constraint session_resolutions_made_by_fkey
    foreign key (made_by) references core.users (id) on delete set null,
    constraint session_resolutions_kind_check
    check (kind in ('released', 'corrected', 'written_off')),
    constraint session_resolutions_reason_check check (length(btrim(reason)) between 3 and 1000),
    constraint session_resolutions_figures_check
    check (
        (kind = 'corrected')
        = (num_nulls(started_at, ended_at, meter_start_wh, meter_stop_wh) = 0)
        and (
            kind = 'corrected'
            or num_nonnulls(started_at, ended_at, meter_start_wh, meter_stop_wh) = 0
        )
        and ended_at >= started_at
        and meter_stop_wh >= meter_start_wh
    )
);
create index session_resolutions_session_idx
on core.session_resolutions (tenant_id, session_id, id desc);
create index session_resolutions_made_by_idx on core.session_resolutions (made_by);
alter table core.session_resolutions enable row level security;
comment on table core.session_resolutions is
    'What an operator decided about a held session, and why: released as it is, corrected to '
    'other figures, or written off. basis is what the session said then: what changes it later '
    'ends the decision. Never changed.';

create table core.session_costs (
    tenant_id bigint not null,
    session_id bigint not null,
    energy_wh numeric not null,
    currency text,
    total_excl_vat numeric,
    total_incl_vat numeric,
    result jsonb,
    problem text,
    failure text,
    as_of timestamptz not null,
    session_updated_at timestamptz not null,
    calculations integer not null default 1,
    calculated_at timestamptz not null default now(),
    budget_id bigint,
    stop_command_id bigint,
    stop_tried_at timestamptz,
    constraint session_costs_pkey primary key (tenant_id, session_id),
    constraint session_costs_session_fkey
    foreign key (tenant_id, session_id) references core.sessions (tenant_id, id) on delete cascade,
    constraint session_costs_budget_fkey
    foreign key (tenant_id, budget_id)
    references core.budgets (tenant_id, id) on delete set null (budget_id),
    constraint session_costs_stop_command_fkey
    foreign key (tenant_id, stop_command_id)
    references ops.commands (tenant_id, id) on delete set null (stop_command_id),
    constraint session_costs_problem_check
    check (
        problem in ('tariff_missing', 'pricing_failed')
        and (problem is null) = (result is not null)
    ),
    constraint session_costs_failure_check check (failure is null or problem = 'pricing_failed')
)
with (fillfactor = 75);
create index session_costs_budget_idx on core.session_costs (tenant_id, budget_id)
where budget_id is not null;
create index session_costs_stop_command_idx on core.session_costs (tenant_id, stop_command_id)
where stop_command_id is not null;
alter table core.session_costs enable row level security;
comment on table core.session_costs is
    'What a running session costs as of its newest reading, and the budget that stopped it: '
    'session_updated_at is what the session was when it was priced, problem and failure why it '
    'has no price, stop_tried_at when its charge point was last to be told.';

-- The live costs look through all that runs. No reading changes a column of it.
-- squawk-ignore require-concurrent-index-creation
create index sessions_active_idx on core.sessions (tenant_id, id) where state = 'active';

insert into ops.job_schedules (job, every, description) values
    ('rate_sessions', '1 second', 'Price sessions that are over; hold those that cannot be.'),
    ('rate_expired_reservations', '1 minute', 'Price reservations that nobody used.'),
    ('retry_failed_ratings', '10 minutes', 'Try again to price what our own code failed on.'),
    ('refresh_session_costs', '1 second', 'Live costs of running sessions, and their budgets.');

insert into ops.settings (name, value, description) values
    ('pricing.rate_batch', '500', 'Sessions that one run of rate_sessions prices.'),
    (
        'pricing.max_reading_gap_s', '3600',
        'Seconds between two readings over which energy is spread evenly where a price hangs on it.'
    ),
    ('pricing.live_batch', '500', 'Sessions that one run of refresh_session_costs prices.'),
    ('pricing.stop_retry_s', '60', 'A stop for a budget that failed is tried again after so long.');

reset role;
