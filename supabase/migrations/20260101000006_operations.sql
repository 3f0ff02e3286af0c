-- Generated from db/migrations/0006-operations.sql by `make supabase`. Change the source, not this file.

set role voltaro_owner;

-- Bridges, connections, presence, the raw message log and jobs.
-- depends: 0005-sessions

create table ops.bridges (
    id uuid not null,
    host text not null,
    started_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    stopped_at timestamptz,
    constraint bridges_pkey primary key (id)
);
alter table ops.bridges enable row level security;
comment on table ops.bridges is 'Bridge processes; one that falls silent has lost its chargers.';

create table ops.connections (
    id bigint not null generated always as identity,
    tenant_id bigint not null,
    charge_point_id bigint not null,
    bridge_id uuid not null,
    outcome text not null,
    refuse_reason text,
    attempts integer not null default 1,
    subprotocol text,
    remote_address text,
    user_agent text,
    is_tls boolean not null default false,
    tls_version text,
    security_profile smallint,
    flags text[] not null default '{}',
    opened_at timestamptz not null default now(),
    closed_at timestamptz,
    close_code integer,
    close_reason text,
    constraint connections_pkey primary key (id),
    constraint connections_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade,
    constraint connections_bridge_id_fkey foreign key (bridge_id) references ops.bridges (id),
    constraint connections_outcome_check check (outcome in ('accepted', 'refused')),
    constraint connections_refused_check check (outcome = 'accepted' or closed_at is not null)
);
create index connections_charge_point_idx
on ops.connections (tenant_id, charge_point_id, opened_at desc);
create index connections_opened_at_idx on ops.connections (tenant_id, opened_at desc);
create index connections_open_idx on ops.connections (bridge_id) where closed_at is null;
-- One charger, one socket that counts.
create unique index connections_open_key on ops.connections (tenant_id, charge_point_id)
where closed_at is null;
create index connections_closed_at_idx on ops.connections (closed_at);
create index connections_bridge_id_idx on ops.connections (bridge_id);
alter table ops.connections enable row level security;
comment on table ops.connections is
    'Sockets of chargers; the id is the epoch that fences an old socket off from a new one.';

create table ops.presence (
    tenant_id bigint not null,
    charge_point_id bigint not null,
    connection_id bigint,
    is_connected boolean not null default false,
    last_seen_at timestamptz,
    heartbeat_interval_s integer not null default 300,
    boot_number bigint not null default 0,
    last_boot_at timestamptz,
    constraint presence_pkey primary key (tenant_id, charge_point_id),
    constraint presence_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade,
    constraint presence_heartbeat_interval_s_check check (heartbeat_interval_s between 1 and 86400)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
alter table ops.presence enable row level security;
comment on table ops.presence is
    'Whether a charge point is connected and when it last gave a sign of life. Narrow, for it '
    'changes often.';

create table ops.message_log (
    id bigint not null generated always as identity,
    tenant_id bigint not null,
    charge_point_id bigint not null,
    connection_id bigint not null,
    received_at timestamptz not null,
    direction text not null,
    message_type smallint,
    message_id text,
    action text,
    payload text not null,
    error_code text,
    constraint message_log_pkey primary key (id, received_at),
    constraint message_log_direction_check check (direction in ('in', 'out'))
) partition by range (received_at);
create index message_log_charge_point_idx
on ops.message_log (tenant_id, charge_point_id, received_at desc);
create index message_log_received_at_idx on ops.message_log (tenant_id, received_at desc);
alter table ops.message_log enable row level security;
comment on table ops.message_log is
    'Every frame both ways; connection_id and message_id pair a call with its answer.';

create table ops.failed_messages (
    id bigint not null generated always as identity,
    tenant_id bigint not null,
    charge_point_id bigint not null,
    connection_id bigint not null,
    message_id text not null,
    action text not null,
    payload text not null,
    sqlstate text not null,
    error text not null,
    received_at timestamptz not null,
    resolved_at timestamptz,
    constraint failed_messages_pkey primary key (id),
    constraint failed_messages_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade
);
create index failed_messages_charge_point_idx
on ops.failed_messages (tenant_id, charge_point_id, received_at desc);
alter table ops.failed_messages enable row level security;
comment on table ops.failed_messages is
    'Messages that a function of ours could not process: kept whole, so that nothing is lost.';

create table ops.job_schedules (
    job text not null,
    every interval not null,
    is_enabled boolean not null default true,
    next_run_at timestamptz not null default now(),
    description text not null,
    constraint job_schedules_pkey primary key (job),
    constraint job_schedules_job_check check (job ~ '^[a-z_]+$'),
    constraint job_schedules_every_check check (every >= interval '1 second')
);
alter table ops.job_schedules enable row level security;
comment on table ops.job_schedules is 'What runs how often: each job is the function jobs.<job>().';

insert into ops.job_schedules (job, every, description) values
    ('maintain_partitions', '1 hour', 'Make partitions ahead and drop those past retention.'),
    ('mark_lost_connections', '5 seconds', 'Close the connections of bridges that fell silent.'),
    ('close_stale_sessions', '10 minutes', 'Presume the end of sessions without a sign of life.'),
    ('expire_records', '1 hour', 'Delete expired sign-ins, tokens and old rows in small steps.');

create table ops.job_runs (
    id bigint not null generated always as identity,
    job text not null,
    runner text not null,
    started_at timestamptz not null,
    finished_at timestamptz not null,
    outcome text not null,
    detail text not null default '',
    constraint job_runs_pkey primary key (id),
    constraint job_runs_outcome_check check (outcome in ('done', 'failed'))
);
create index job_runs_started_at_idx on ops.job_runs (job, started_at desc);
alter table ops.job_runs enable row level security;
comment on table ops.job_runs is 'Runs of jobs that did something or failed.';

create type ops.ocpp_call as (
    connection_id bigint,
    tenant_id bigint,
    charge_point_id bigint,
    message_id text,
    received_at timestamptz,
    violations jsonb
);
comment on type ops.ocpp_call is
    'Where a call came from: resolved from the connection, never from the payload.';

insert into ops.partitioned_tables (table_name, partition_by, ahead, behind, retention) values
    ('ops.message_log', 'day', '7 days', '1 day', '90 days');

insert into ops.settings (name, value, description) values
    ('jobs.expired_token_days', '7', 'How long expired tokens and failed sign-ins are kept.'),
    ('jobs.connection_days', '180', 'How long the connection log is kept.'),
    ('jobs.job_run_days', '30', 'How long runs of jobs and delivered effects are kept.'),
    ('jobs.failed_message_days', '365', 'How long messages that failed are kept.'),
    ('jobs.unknown_days', '90', 'How long a charger or token nobody knows waits to be admitted.');

reset role;
