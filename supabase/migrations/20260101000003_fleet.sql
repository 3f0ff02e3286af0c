-- Generated from db/migrations/0003-fleet.sql by `make supabase`. Change the source, not this file.

set role voltaro_owner;

-- Sites, charge points, EVSEs, connectors, groups and onboarding.
-- depends: 0002-access

create table core.sites (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    name text not null,
    address text,
    postal_code text,
    city text,
    country_code text not null,
    latitude numeric(8, 6),
    longitude numeric(9, 6),
    time_zone text not null,
    is_public boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint sites_pkey primary key (tenant_id, id),
    constraint sites_tenant_id_fkey foreign key (tenant_id) references core.tenants (id),
    constraint sites_tenant_id_name_key unique (tenant_id, name),
    constraint sites_name_check check (length(btrim(name)) between 1 and 200),
    -- Something to see, and neither control characters nor ones that turn the direction.
    constraint sites_name_visible_check
    check (
        name ~ '[^\s\u00a0\u00ad\u115f\u1160\u2000-\u200f\u2028-\u206f\u2800\u3000\u3164\ufeff]'
        and name !~ '[\u0001-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]'
    ),
    constraint sites_address_check check (length(address) <= 200),
    constraint sites_postal_code_check check (length(postal_code) <= 20),
    constraint sites_city_check check (length(city) <= 100),
    constraint sites_country_code_check check (country_code ~ '^[A-Z]{2}$'),
    constraint sites_latitude_check check (latitude between -90 and 90),
    constraint sites_longitude_check check (longitude between -180 and 180),
    constraint sites_coordinates_check check ((latitude is null) = (longitude is null)),
    constraint sites_time_zone_check
    check ((timestamptz '2000-01-01 00:00:00+00' at time zone time_zone) is not null)
);
alter table core.sites enable row level security;
comment on table core.sites is 'A place with charge points; its time zone decides local prices.';

create table core.charge_points (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    identity text not null,
    site_id bigint,
    name text,
    is_enabled boolean not null default true,
    registration_status text not null default 'Accepted',
    security_profile smallint not null default 1,
    quirks jsonb not null default '{}',
    max_power_w integer,
    configuration_template_id bigint,
    vendor text,
    model text,
    serial_number text,
    firmware_version text,
    iccid text,
    imsi text,
    meter_type text,
    meter_serial_number text,
    ocpp_version text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint charge_points_pkey primary key (tenant_id, id),
    constraint charge_points_tenant_id_fkey foreign key (tenant_id) references core.tenants (id),
    constraint charge_points_site_fkey
    foreign key (tenant_id, site_id) references core.sites (tenant_id, id),
    -- OCPP 2.0.1 part 4 §3.1.1: 48 characters and no colon, where Basic authentication splits.
    constraint charge_points_identity_check
    check (identity ~ '^[!-9;-~]{1,48}$' and identity not in ('.', '..')),
    constraint charge_points_name_check check (length(btrim(name)) between 1 and 200),
    -- Something to see, and neither control characters nor ones that turn the direction.
    constraint charge_points_name_visible_check
    check (
        name ~ '[^\s\u00a0\u00ad\u115f\u1160\u2000-\u200f\u2028-\u206f\u2800\u3000\u3164\ufeff]'
        and name !~ '[\u0001-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]'
    ),
    constraint charge_points_registration_status_check
    check (registration_status in ('Accepted', 'Pending', 'Rejected')),
    constraint charge_points_security_profile_check check (security_profile between 0 and 3),
    constraint charge_points_quirks_check
    check (jsonb_typeof(quirks) = 'object' and length(quirks::text) <= 4000),
    constraint charge_points_quirks_known_check
    check (
        case
            when jsonb_typeof(quirks) = 'object'
                then quirks - array[
                    'assume_subprotocol', 'settle_s', 'command_timeout_s', 'command_gap_s',
                    'refuses_boot_trigger', 'refuses_get_configuration',
                    'authorization_key_form', 'energy_unit', 'allows_old_tls'
                ] = '{}'
                and coalesce(jsonb_typeof(quirks -> 'assume_subprotocol'), 'string') = 'string'
                and coalesce(jsonb_typeof(quirks -> 'allows_old_tls'), 'boolean') = 'boolean'
            else false
        end
    ),
    constraint charge_points_max_power_w_check check (max_power_w between 1 and 10000000)
);
create index charge_points_site_idx on core.charge_points (tenant_id, site_id);
alter table core.charge_points enable row level security;
comment on table core.charge_points is
    'A charging station: what operators decide about it, and what it said of itself at boot.';

create table core.charge_point_identities (
    identity_key text not null,
    tenant_id bigint not null,
    charge_point_id bigint not null,
    constraint charge_point_identities_pkey primary key (identity_key),
    constraint charge_point_identities_charge_point_key unique (tenant_id, charge_point_id),
    constraint charge_point_identities_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade,
    constraint charge_point_identities_identity_key_check check (identity_key = lower(identity_key))
);
alter table core.charge_point_identities enable row level security;
comment on table core.charge_point_identities is
    'Directory of OCPP identities, in lower case and unique across tenants.';

create table core.charge_point_keys (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    charge_point_id bigint not null,
    key_hash bytea not null,
    is_human_chosen boolean not null default false,
    created_at timestamptz not null default now(),
    first_used_at timestamptz,
    last_used_at timestamptz,
    retired_at timestamptz,
    constraint charge_point_keys_pkey primary key (tenant_id, id),
    constraint charge_point_keys_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade
);
create index charge_point_keys_charge_point_idx
on core.charge_point_keys (tenant_id, charge_point_id);
alter table core.charge_point_keys enable row level security;
comment on table core.charge_point_keys is
    'Keyed hashes of Basic authentication keys; an old key lives until the new one has connected.';

create table core.evses (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    charge_point_id bigint not null,
    evse_no smallint not null,
    evse_id text,
    physical_reference text,
    is_discovered boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint evses_pkey primary key (tenant_id, id),
    constraint evses_tenant_id_charge_point_id_evse_no_key
    unique (tenant_id, charge_point_id, evse_no),
    constraint evses_tenant_id_evse_id_key unique (tenant_id, evse_id),
    constraint evses_tenant_id_charge_point_id_id_key unique (tenant_id, charge_point_id, id),
    constraint evses_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade,
    constraint evses_evse_no_check check (evse_no between 1 and 1000),
    constraint evses_evse_id_check
    check (
        evse_id ~ '^[A-Z]{2}\*[A-Z0-9]{3}\*E[A-Z0-9*]{1,31}$'
        or evse_id ~ '^\+?[0-9]{1,3}\*[0-9]{3,6}\*[0-9*]{1,32}$'
    ),
    constraint evses_physical_reference_check check (length(physical_reference) <= 50)
);
alter table core.evses enable row level security;
comment on table core.evses is
    'A part of a charge point that charges one vehicle at a time; evse_no is OCPP''s number.';

create table core.connectors (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    charge_point_id bigint not null,
    evse_id bigint not null,
    connector_no smallint not null,
    ocpp16_connector_id smallint not null,
    connector_type text,
    format text,
    power_type text,
    max_voltage_v integer,
    max_current_a integer,
    max_power_w integer,
    is_discovered boolean not null default false,
    status text not null default 'Unknown',
    status_at timestamptz,
    error_code text,
    error_info text,
    vendor_error_code text,
    status_received_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint connectors_pkey primary key (tenant_id, id),
    constraint connectors_tenant_id_evse_id_connector_no_key
    unique (tenant_id, evse_id, connector_no),
    constraint connectors_tenant_id_charge_point_id_ocpp16_key
    unique (tenant_id, charge_point_id, ocpp16_connector_id),
    -- With the charge point in it, so that a connector cannot hang on another one's EVSE.
    constraint connectors_evse_fkey
    foreign key (tenant_id, charge_point_id, evse_id)
    references core.evses (tenant_id, charge_point_id, id) on delete cascade,
    constraint connectors_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade,
    constraint connectors_connector_no_check check (connector_no between 1 and 1000),
    constraint connectors_ocpp16_connector_id_check check (ocpp16_connector_id between 1 and 1000),
    -- OCPI 2.2.1 mod_locations: ConnectorType (of road vehicles), ConnectorFormat, PowerType.
    constraint connectors_connector_type_check
    check (
        connector_type in (
            'CHADEMO', 'CHAOJI', 'GBT_AC', 'GBT_DC', 'IEC_62196_T1', 'IEC_62196_T1_COMBO',
            'IEC_62196_T2', 'IEC_62196_T2_COMBO', 'IEC_62196_T3A', 'IEC_62196_T3C', 'NACS', 'MCS',
            'TESLA_R', 'TESLA_S', 'DOMESTIC_E', 'DOMESTIC_F', 'DOMESTIC_G', 'DOMESTIC_J',
            'DOMESTIC_L', 'IEC_60309_2_three_16', 'IEC_60309_2_three_32', 'PANTOGRAPH_BOTTOM_UP',
            'PANTOGRAPH_TOP_DOWN'
        )
    ),
    constraint connectors_format_check check (format in ('SOCKET', 'CABLE')),
    constraint connectors_power_type_check
    check (power_type in ('AC_1_PHASE', 'AC_2_PHASE', 'AC_2_PHASE_SPLIT', 'AC_3_PHASE', 'DC')),
    constraint connectors_max_voltage_v_check check (max_voltage_v between 1 and 2000),
    constraint connectors_max_current_a_check check (max_current_a between 1 and 10000),
    constraint connectors_max_power_w_check check (max_power_w between 1 and 10000000)
);
alter table core.connectors enable row level security;
comment on table core.connectors is
    'An outlet of an EVSE with its ratings and the state it last reported.';

create table core.connector_status_changes (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    charge_point_id bigint not null,
    ocpp16_connector_id smallint not null,
    status text not null,
    error_code text,
    info text,
    vendor_id text,
    vendor_error_code text,
    reported_at timestamptz not null,
    received_at timestamptz not null,
    constraint connector_status_changes_pkey primary key (tenant_id, id, received_at)
) partition by range (received_at);
create index connector_status_changes_charge_point_idx
on core.connector_status_changes (tenant_id, charge_point_id, received_at desc);
create index connector_status_changes_connector_idx
on core.connector_status_changes (
    tenant_id, charge_point_id, ocpp16_connector_id, reported_at desc
);
alter table core.connector_status_changes enable row level security;
comment on table core.connector_status_changes is
    'Every change of a connector''s state (0 is the charge point itself): utilisation and faults.';

create table core.charge_point_groups (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    name text not null,
    description text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint charge_point_groups_pkey primary key (tenant_id, id),
    constraint charge_point_groups_tenant_id_name_key unique (tenant_id, name),
    constraint charge_point_groups_tenant_id_fkey
    foreign key (tenant_id) references core.tenants (id),
    constraint charge_point_groups_name_check check (length(btrim(name)) between 1 and 200),
    -- Something to see, and neither control characters nor ones that turn the direction.
    constraint charge_point_groups_name_visible_check
    check (
        name ~ '[^\s\u00a0\u00ad\u115f\u1160\u2000-\u200f\u2028-\u206f\u2800\u3000\u3164\ufeff]'
        and name !~ '[\u0001-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]'
    ),
    constraint charge_point_groups_description_check check (length(description) <= 500)
);
alter table core.charge_point_groups enable row level security;
comment on table core.charge_point_groups is
    'A set of charge points that rights and commands name.';

create table core.charge_point_group_members (
    tenant_id bigint not null,
    charge_point_group_id bigint not null,
    charge_point_id bigint not null,
    constraint charge_point_group_members_pkey
    primary key (tenant_id, charge_point_group_id, charge_point_id),
    constraint charge_point_group_members_group_fkey
    foreign key (tenant_id, charge_point_group_id)
    references core.charge_point_groups (tenant_id, id) on delete cascade,
    constraint charge_point_group_members_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade
);
create index charge_point_group_members_charge_point_idx
on core.charge_point_group_members (tenant_id, charge_point_id);
alter table core.charge_point_group_members enable row level security;
comment on table core.charge_point_group_members is 'Which charge points are in which group.';

create table core.unknown_charge_points (
    id bigint not null generated always as identity,
    tenant_id bigint,
    identity text not null,
    identity_key text not null,
    state text not null default 'waiting',
    attempts bigint not null default 1,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    remote_address text,
    user_agent text,
    offered_subprotocols text[] not null default '{}',
    has_sent_key boolean not null default false,
    decided_at timestamptz,
    decided_by uuid,
    constraint unknown_charge_points_pkey primary key (id),
    constraint unknown_charge_points_tenant_id_identity_key_key
    unique nulls not distinct (tenant_id, identity_key),
    constraint unknown_charge_points_tenant_id_fkey
    foreign key (tenant_id) references core.tenants (id),
    constraint unknown_charge_points_decided_by_fkey
    foreign key (decided_by) references core.users (id) on delete set null,
    constraint unknown_charge_points_state_check
    check (state in ('waiting', 'admitted', 'ignored'))
);
create index unknown_charge_points_identity_key_idx
on core.unknown_charge_points (identity_key);
create index unknown_charge_points_decided_by_idx on core.unknown_charge_points (decided_by);
create index unknown_charge_points_last_seen_at_idx on core.unknown_charge_points (last_seen_at);
alter table core.unknown_charge_points enable row level security;
comment on table core.unknown_charge_points is
    'Chargers that knocked without being known; one that named no tenant has none.';

insert into ops.partitioned_tables (table_name, partition_by, ahead, behind, retention) values
    ('core.connector_status_changes', 'month', '2 months', '0', '24 months');

reset role;
