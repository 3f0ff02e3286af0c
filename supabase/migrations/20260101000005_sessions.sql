-- Generated from db/migrations/0005-sessions.sql by `make supabase`. Change the source, not this file.

set role voltaro_owner;

-- Charging sessions and meter values, one model for every OCPP version.
-- depends: 0004-id-tokens

-- Domains rather than checks of the table: those are compiled anew for every update, and live
-- figures are updated with every reading (measured: 60 µs an update with six checks more, 34
-- without). A domain is checked where its column is written. A rule can still be replaced online:
-- alter domain ... add constraint ... not valid, then validate.
create domain core.session_state as text
-- squawk-ignore ban-create-domain-with-constraint
constraint session_state_check check (value in ('active', 'presumed_ended', 'ended'));
comment on domain core.session_state is
    'State of a session; charging.move_session says how they follow each other.';

create domain core.charging_state as text
-- squawk-ignore ban-create-domain-with-constraint
constraint charging_state_check
check (value in ('Charging', 'EVConnected', 'SuspendedEV', 'SuspendedEVSE', 'Idle'));
comment on domain core.charging_state is 'OCPP 2.0.1 part 2 §3.17, ChargingStateEnumType.';

create domain core.register_wh as numeric
-- squawk-ignore ban-create-domain-with-constraint
constraint register_wh_check check (value between -1e12 and 1e12 and value = round(value, 3));
comment on domain core.register_wh is 'Register of a meter in watt-hours, to the milliwatt-hour.';

create domain core.energy_wh as numeric
-- squawk-ignore ban-create-domain-with-constraint
constraint energy_wh_check check (value >= 0);
comment on domain core.energy_wh is 'An amount of energy in watt-hours.';

create domain core.percent as numeric
-- squawk-ignore ban-create-domain-with-constraint
constraint percent_check check (value between 0 and 100);
comment on domain core.percent is 'A share in percent.';

create table core.sessions (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    charge_point_id bigint not null,
    evse_id bigint,
    connector_id bigint,
    protocol text not null,
    transaction_id text not null,
    start_key text,
    stop_key text,
    state core.session_state not null,
    charging_state core.charging_state,
    id_token text,
    id_token_id bigint,
    user_id uuid,
    authorization_status text,
    authorization_reason text,
    started_at timestamptz not null,
    started_at_reported text,
    start_received_at timestamptz,
    ended_at timestamptz,
    ended_at_reported text,
    stop_received_at timestamptz,
    meter_start_wh core.register_wh,
    meter_stop_wh core.register_wh,
    energy_wh core.energy_wh,
    last_meter_wh numeric,
    last_reading_at timestamptz,
    power_w numeric,
    soc_percent core.percent,
    stop_reason text,
    stop_id_token text,
    stop_authorization_status text,
    reservation_id integer,
    command_id bigint,
    boot_number bigint not null default 0,
    hold_reason text,
    hold_details jsonb,
    flags text[] not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint sessions_pkey primary key (tenant_id, id),
    constraint sessions_tenant_id_charge_point_id_transaction_id_key
    unique (tenant_id, charge_point_id, transaction_id),
    -- A start or an orphaned stop that comes again meets its own row here.
    constraint sessions_tenant_id_charge_point_id_start_key_key
    unique (tenant_id, charge_point_id, start_key),
    constraint sessions_tenant_id_charge_point_id_stop_key_key
    unique (tenant_id, charge_point_id, stop_key),
    constraint sessions_charge_point_fkey
    foreign key (tenant_id, charge_point_id) references core.charge_points (tenant_id, id),
    constraint sessions_evse_fkey
    foreign key (tenant_id, evse_id) references core.evses (tenant_id, id),
    constraint sessions_connector_fkey
    foreign key (tenant_id, connector_id) references core.connectors (tenant_id, id),
    constraint sessions_id_token_fkey
    foreign key (tenant_id, id_token_id)
    references core.id_tokens (tenant_id, id) on delete set null (id_token_id),
    constraint sessions_membership_fkey
    foreign key (tenant_id, user_id) references core.memberships (tenant_id, user_id),
    constraint sessions_origin_check check (num_nonnulls(start_key, stop_key) >= 1),
    constraint sessions_ended_check check ((state = 'active') = (ended_at is null)),
    constraint sessions_hold_check check ((hold_reason is null) = (hold_details is null))
)
-- Live figures change with every reading: room on the page keeps those updates off the indexes.
with (fillfactor = 75);
create index sessions_started_at_idx on core.sessions (tenant_id, started_at desc, id desc);
create index sessions_charge_point_idx
on core.sessions (tenant_id, charge_point_id, started_at desc);
create index sessions_evse_idx on core.sessions (tenant_id, evse_id);
create index sessions_connector_idx on core.sessions (tenant_id, connector_id);
create index sessions_user_idx on core.sessions (tenant_id, user_id, started_at desc);
create index sessions_id_token_idx on core.sessions (tenant_id, id_token_id, started_at desc);
create index sessions_open_idx on core.sessions (tenant_id, charge_point_id, connector_id)
where state <> 'ended';
create index sessions_hold_reason_idx on core.sessions (tenant_id, hold_reason)
where hold_reason is not null;
alter table core.sessions enable row level security;
comment on table core.sessions is
    'A charging session: who, where, when, how much, and what speaks against billing it.';

create table core.session_events (
    tenant_id bigint not null,
    session_id bigint not null,
    id bigint not null generated always as identity,
    event text not null,
    from_state text,
    to_state text not null,
    happened_at timestamptz not null,
    received_at timestamptz not null default now(),
    details jsonb not null default '{}',
    constraint session_events_pkey primary key (tenant_id, session_id, id),
    constraint session_events_session_fkey
    foreign key (tenant_id, session_id) references core.sessions (tenant_id, id) on delete cascade,
    constraint session_events_event_check check (event ~ '^[a-z_]+$')
);
alter table core.session_events enable row level security;
comment on table core.session_events is
    'What moved a session from one state to the next, and when.';

create table core.meter_values (
    tenant_id bigint not null,
    charge_point_id bigint not null,
    evse_no smallint not null,
    session_id bigint,
    transaction_id text,
    sampled_at timestamptz not null,
    sampled_at_reported text,
    received_at timestamptz not null,
    context text,
    energy_wh numeric,
    energy_export_wh numeric,
    power_w real,
    power_l1_w real,
    power_l2_w real,
    power_l3_w real,
    power_offered_w real,
    current_a real,
    current_l1_a real,
    current_l2_a real,
    current_l3_a real,
    current_offered_a real,
    voltage_v real,
    voltage_l1_v real,
    voltage_l2_v real,
    voltage_l3_v real,
    soc_percent real,
    temperature_celsius real,
    other_samples jsonb,
    flags text[],
    payload_hash bigint not null,
    constraint meter_values_key
    unique (tenant_id, charge_point_id, evse_no, sampled_at, payload_hash)
) partition by range (sampled_at);
create index meter_values_session_idx on core.meter_values (tenant_id, session_id, sampled_at);
-- Finds a reading whose time was not taken when it comes again.
create index meter_values_time_clamped_idx
on core.meter_values (tenant_id, charge_point_id, payload_hash)
where flags @> '{time_clamped}';
alter table core.meter_values enable row level security;
comment on table core.meter_values is
    'One row per timestamp of a reading, in Wh, W, A and V; what has no column, was signed, could '
    'not be read or lost precision stands in other_samples as the charger sent it, and flags name '
    'the units that were scaled (unit_kwh, unit_kw).';

insert into ops.partitioned_tables (table_name, partition_by, ahead, behind, retention) values
    ('core.meter_values', 'month', '2 months', '3 months', '36 months');

reset role;
