-- Figures for reports: a narrow row a session, the days of EVSEs, the hours of meters.
-- depends: 0012-transactions

create table ops.facts_to_refresh (
    id bigint not null generated always as identity,
    tenant_id bigint not null,
    session_id bigint,
    reservation_id bigint,
    queued_at timestamptz not null default now(),
    constraint facts_to_refresh_pkey primary key (id),
    constraint facts_to_refresh_origin_check check (num_nonnulls(session_id, reservation_id) = 1)
);
alter table ops.facts_to_refresh enable row level security;
comment on table ops.facts_to_refresh is
    'Sessions and reservations whose facts changed and that wait to be counted again; without a '
    'unique key, so that nobody waits for the job that drains it.';

-- No foreign keys: the rows are made of others by a job, which finds what goes as it finds what
-- changes.
create table core.transaction_facts (
    tenant_id bigint not null,
    session_id bigint,
    reservation_id bigint,
    transaction_id bigint,
    state text not null,
    outcome text,
    day date not null,
    charge_point_id bigint not null,
    evse_id bigint,
    id_token_id bigint,
    user_id uuid,
    tariff_id bigint,
    currency text,
    time_zone text not null,
    started_at timestamptz not null,
    ended_at timestamptz not null,
    is_time_certain boolean not null,
    energy_wh numeric,
    charging_s numeric,
    parking_s numeric,
    reserved_s numeric,
    total_excl_vat numeric,
    total_incl_vat numeric,
    constraint transaction_facts_tenant_id_session_id_key unique (tenant_id, session_id),
    constraint transaction_facts_tenant_id_reservation_id_key unique (tenant_id, reservation_id),
    constraint transaction_facts_origin_check check (num_nonnulls(session_id, reservation_id) = 1),
    constraint transaction_facts_state_check
    check (state in ('priced', 'held', 'written_off', 'waiting', 'refused')),
    constraint transaction_facts_outcome_check
    check (outcome in ('successful', 'failed', 'refused', 'unknown'))
);
create index transaction_facts_day_idx on core.transaction_facts (tenant_id, day);
-- What occupied an EVSE on a day, however many sessions it had since.
create index transaction_facts_occupied_idx on core.transaction_facts
using gist (tenant_id, evse_id, tstzrange(started_at, ended_at)) where is_time_certain;
alter table core.transaction_facts enable row level security;
comment on table core.transaction_facts is
    'What statistics count: one narrow row a session that is over or a reservation with a '
    'transaction, on the local day of its end, made by the job refresh_facts.';

create table core.evse_days (
    tenant_id bigint not null,
    evse_id bigint not null,
    day date not null,
    occupied_s numeric not null,
    charging_s numeric not null,
    parking_s numeric not null,
    constraint evse_days_pkey primary key (tenant_id, evse_id, day)
);
create index evse_days_day_idx on core.evse_days (tenant_id, day);
alter table core.evse_days enable row level security;
comment on table core.evse_days is
    'How long an EVSE was occupied on a local day by sessions that are over, and how much of it '
    'charging and idle as far as it was priced; made by the job refresh_facts.';

create table core.meter_hours (
    tenant_id bigint not null,
    charge_point_id bigint not null,
    evse_no smallint not null,
    hour_at timestamptz not null,
    readings integer not null,
    first_energy_wh numeric,
    last_energy_wh numeric,
    risen_wh numeric,
    average_power_w real,
    max_power_w real,
    average_current_a real,
    max_current_a real,
    average_voltage_v real,
    last_soc_percent real,
    max_temperature_celsius real,
    constraint meter_hours_pkey primary key (tenant_id, charge_point_id, evse_no, hour_at)
);
create index meter_hours_hour_at_idx on core.meter_hours (tenant_id, hour_at);
alter table core.meter_hours enable row level security;
comment on table core.meter_hours is
    'Readings of an EVSE (0 is the main meter) by the hour, in UTC; made by the job '
    'refresh_meter_hours and kept longer than the readings.';

create table ops.meter_hours_progress (
    is_only_row boolean not null default true,
    read_until timestamptz,
    constraint meter_hours_progress_pkey primary key (is_only_row),
    constraint meter_hours_progress_is_only_row_check check (is_only_row)
);
alter table ops.meter_hours_progress enable row level security;
comment on table ops.meter_hours_progress is
    'Readings received until then are in core.meter_hours; null before the first run.';
insert into ops.meter_hours_progress (read_until) values (null);

-- What was received since: readings are appended in that order, so this index is tiny and costs
-- writing next to nothing.
-- squawk-ignore require-concurrent-index-creation
create index meter_values_received_at_idx on core.meter_values using brin (received_at)
with (pages_per_range = 32, autosummarize = on);

-- What there was before this migration.
insert into ops.facts_to_refresh (tenant_id, session_id)
select s.tenant_id, s.id
from core.sessions as s
where s.state <> 'active';

insert into ops.job_schedules (job, every, description) values
    ('refresh_facts', '10 seconds', 'Count sessions and transactions that changed for reports.'),
    ('refresh_meter_hours', '5 minutes', 'Sum up new readings by the hour.');

insert into ops.settings (name, value, description) values
    ('reports.facts_batch', '5000', 'Sessions that one run of refresh_facts counts.'),
    ('reports.refresh_budget_ms', '2000', 'How long one run of refresh_meter_hours may take.'),
    (
        'reports.late_commit_s', '900',
        'How long after its receipt a reading may come to be stored: read again by each run of '
        'refresh_meter_hours.'
    );
