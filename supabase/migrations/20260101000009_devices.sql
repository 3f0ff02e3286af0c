-- Generated from db/migrations/0009-devices.sql by `make supabase`. Change the source, not this file.

set role voltaro_owner;

-- What commands change: configuration, local lists, reservations, charging profiles, firmware,
-- logs and campaigns.
-- depends: 0008-commands

-- Configuration

create table core.configuration_templates (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    name text not null,
    description text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint configuration_templates_pkey primary key (tenant_id, id),
    constraint configuration_templates_tenant_id_name_key unique (tenant_id, name),
    constraint configuration_templates_tenant_id_fkey
    foreign key (tenant_id) references core.tenants (id),
    constraint configuration_templates_name_check check (length(btrim(name)) between 1 and 200),
    constraint configuration_templates_description_check check (length(description) <= 500)
);
alter table core.configuration_templates enable row level security;
comment on table core.configuration_templates is
    'Configuration that charge points should have; what differs is drift.';

create table core.configuration_template_keys (
    tenant_id bigint not null,
    configuration_template_id bigint not null,
    key text not null,
    value text not null,
    constraint configuration_template_keys_pkey
    primary key (tenant_id, configuration_template_id, key),
    constraint configuration_template_keys_template_fkey
    foreign key (tenant_id, configuration_template_id)
    references core.configuration_templates (tenant_id, id) on delete cascade,
    -- OCPP 1.6 §7.29 and §6.9.
    constraint configuration_template_keys_key_check check (length(key) between 1 and 50),
    constraint configuration_template_keys_value_check check (length(value) <= 500),
    -- A secret belongs to one charger and has its own way.
    constraint configuration_template_keys_secret_check
    check (
        key !~* (
            '(authori[sz]ation_?key|passw(or)?d|passphrase|secret|private_?key|credential|psk|pwd'
            '|(api|auth|access|mqtt)_?token|(ftp|wifi|wlan|mqtt|apn|sim)_?pass)'
        )
    )
);
-- A key is a CiString (OCPP 1.6 §7.29): its case makes no difference.
create unique index configuration_template_keys_lower_key
on core.configuration_template_keys (tenant_id, configuration_template_id, lower(key));
alter table core.configuration_template_keys enable row level security;
comment on table core.configuration_template_keys is 'Keys and values of a template.';

-- The table is empty: it is made by the same first migrate.
alter table core.charge_points
-- squawk-ignore adding-foreign-key-constraint,constraint-missing-not-valid
add constraint charge_points_configuration_template_fkey
foreign key (tenant_id, configuration_template_id)
references core.configuration_templates (tenant_id, id)
on delete set null (configuration_template_id);
-- squawk-ignore require-concurrent-index-creation
create index charge_points_configuration_template_idx
on core.charge_points (tenant_id, configuration_template_id);

create table core.configuration_keys (
    tenant_id bigint not null,
    charge_point_id bigint not null,
    key text not null,
    value text,
    is_readonly boolean,
    is_unknown boolean not null default false,
    needs_reboot boolean not null default false,
    reported_at timestamptz not null,
    command_id bigint,
    constraint configuration_keys_pkey primary key (tenant_id, charge_point_id, key),
    constraint configuration_keys_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade,
    constraint configuration_keys_command_fkey
    foreign key (tenant_id, command_id)
    references ops.commands (tenant_id, id) on delete set null (command_id),
    constraint configuration_keys_key_check check (length(key) between 1 and 200),
    constraint configuration_keys_value_check check (length(value) <= 10000)
);
create unique index configuration_keys_lower_key
on core.configuration_keys (tenant_id, charge_point_id, lower(key));
create index configuration_keys_command_idx on core.configuration_keys (tenant_id, command_id);
alter table core.configuration_keys enable row level security;
comment on table core.configuration_keys is
    'What each charge point last said of its configuration; secrets are masked.';

create table core.configuration_changes (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    charge_point_id bigint not null,
    key text not null,
    old_value text,
    new_value text,
    changed_at timestamptz not null,
    command_id bigint,
    constraint configuration_changes_pkey primary key (tenant_id, id),
    constraint configuration_changes_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade,
    constraint configuration_changes_command_fkey
    foreign key (tenant_id, command_id)
    references ops.commands (tenant_id, id) on delete set null (command_id)
);
create index configuration_changes_charge_point_idx
on core.configuration_changes (tenant_id, charge_point_id, key, changed_at desc);
create index configuration_changes_command_idx
on core.configuration_changes (tenant_id, command_id);
create index configuration_changes_changed_at_idx on core.configuration_changes (changed_at);
alter table core.configuration_changes enable row level security;
comment on table core.configuration_changes is
    'History of each charge point''s configuration: null to a value is the first report.';

-- Local authorisation lists

create table core.local_lists (
    tenant_id bigint not null,
    charge_point_id bigint not null,
    version integer,
    is_certain boolean not null default false,
    sent_version integer,
    status_reported text,
    compared_at timestamptz,
    checked_at timestamptz,
    updated_at timestamptz,
    constraint local_lists_pkey primary key (tenant_id, charge_point_id),
    constraint local_lists_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade,
    constraint local_lists_version_check check (version >= -1)
);
alter table core.local_lists enable row level security;
comment on table core.local_lists is
    'Version of the local list of each charge point: -1 has none, 0 is empty (OCPP 1.6 §5.10); '
    'not certain before the first answer and after one that never came: the next update is full.';

create table core.local_list_entries (
    tenant_id bigint not null,
    charge_point_id bigint not null,
    id_token_key text not null,
    id_token text not null,
    status text not null,
    expires_at timestamptz,
    parent_id_token text,
    constraint local_list_entries_pkey primary key (tenant_id, charge_point_id, id_token_key),
    constraint local_list_entries_local_list_fkey
    foreign key (tenant_id, charge_point_id)
    references core.local_lists (tenant_id, charge_point_id) on delete cascade,
    constraint local_list_entries_id_token_key_check check (id_token_key = lower(id_token)),
    constraint local_list_entries_status_check
    check (status in ('Accepted', 'Blocked', 'Expired', 'Invalid', 'ConcurrentTx'))
);
alter table core.local_list_entries enable row level security;
comment on table core.local_list_entries is 'What stands in the local list of a charge point.';

-- Reservations

create table core.reservations (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    charge_point_id bigint not null,
    reservation_no integer not null,
    ocpp16_connector_id smallint not null,
    id_token text not null,
    id_token_id bigint,
    parent_id_token text,
    user_id uuid,
    state text not null default 'requested',
    status_reported text,
    expires_at timestamptz not null,
    command_id bigint,
    session_id bigint,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint reservations_pkey primary key (tenant_id, id),
    constraint reservations_tenant_id_charge_point_id_reservation_no_key
    unique (tenant_id, charge_point_id, reservation_no),
    constraint reservations_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade,
    constraint reservations_id_token_fkey
    foreign key (tenant_id, id_token_id)
    references core.id_tokens (tenant_id, id) on delete set null (id_token_id),
    constraint reservations_membership_fkey
    foreign key (tenant_id, user_id) references core.memberships (tenant_id, user_id),
    constraint reservations_command_fkey
    foreign key (tenant_id, command_id)
    references ops.commands (tenant_id, id) on delete set null (command_id),
    constraint reservations_session_fkey
    foreign key (tenant_id, session_id) references core.sessions (tenant_id, id),
    constraint reservations_state_check
    check (
        state in (
            'requested', 'reserved', 'rejected', 'unknown', 'used', 'cancelled', 'expired'
        )
    ),
    constraint reservations_reservation_no_check check (reservation_no > 0),
    constraint reservations_ocpp16_connector_id_check
    check (ocpp16_connector_id between 0 and 1000)
);
create index reservations_charge_point_idx
on core.reservations (tenant_id, charge_point_id, created_at desc);
create index reservations_user_idx on core.reservations (tenant_id, user_id, created_at desc);
create index reservations_id_token_idx on core.reservations (tenant_id, id_token_id);
create index reservations_command_idx on core.reservations (tenant_id, command_id);
create index reservations_session_idx on core.reservations (tenant_id, session_id);
create index reservations_open_idx on core.reservations (expires_at)
where state in ('requested', 'reserved', 'unknown');
-- One open reservation a connector (OCPP 1.6 §5.13); of any connector there may be several.
create unique index reservations_open_connector_key
on core.reservations (tenant_id, charge_point_id, ocpp16_connector_id)
where state in ('requested', 'reserved', 'unknown') and ocpp16_connector_id > 0;
create index reservations_expires_at_idx on core.reservations (expires_at);
alter table core.reservations enable row level security;
comment on table core.reservations is
    'Reservations: for whom, where and until when, and what became of them; connector 0 is any.';

-- Charging profiles

create table core.charging_profiles (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    name text not null,
    purpose text not null,
    kind text not null,
    recurrency_kind text,
    stack_level integer not null default 0,
    valid_from timestamptz,
    valid_to timestamptz,
    schedule jsonb not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint charging_profiles_pkey primary key (tenant_id, id),
    constraint charging_profiles_tenant_id_name_key unique (tenant_id, name),
    constraint charging_profiles_tenant_id_fkey
    foreign key (tenant_id) references core.tenants (id),
    constraint charging_profiles_name_check check (length(btrim(name)) between 1 and 200),
    -- OCPP 1.6 §7.9 to §7.14.
    constraint charging_profiles_purpose_check
    check (purpose in ('ChargePointMaxProfile', 'TxDefaultProfile', 'TxProfile')),
    constraint charging_profiles_kind_check check (kind in ('Absolute', 'Recurring', 'Relative')),
    constraint charging_profiles_recurrency_kind_check
    check (recurrency_kind in ('Daily', 'Weekly')),
    constraint charging_profiles_recurring_check
    check ((kind = 'Recurring') = (recurrency_kind is not null)),
    constraint charging_profiles_stack_level_check check (stack_level between 0 and 1000),
    constraint charging_profiles_validity_check check (valid_to > valid_from),
    constraint charging_profiles_schedule_check
    check (jsonb_typeof(schedule) = 'object' and length(schedule::text) <= 100000)
);
alter table core.charging_profiles enable row level security;
comment on table core.charging_profiles is
    'Limits of power or current over time that can be installed on charge points; schedule is '
    'OCPP 1.6 §7.13 ChargingSchedule.';

create table core.charging_profile_installations (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    charge_point_id bigint not null,
    ocpp16_connector_id smallint not null,
    profile_no integer not null,
    charging_profile_id bigint,
    session_id bigint,
    purpose text not null,
    stack_level integer not null,
    profile jsonb not null,
    state text not null default 'requested',
    status_reported text,
    command_id bigint,
    created_at timestamptz not null default now(),
    installed_at timestamptz,
    ended_at timestamptz,
    constraint charging_profile_installations_pkey primary key (tenant_id, id),
    constraint charging_profile_installations_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade,
    constraint charging_profile_installations_profile_fkey
    foreign key (tenant_id, charging_profile_id)
    references core.charging_profiles (tenant_id, id) on delete set null (charging_profile_id),
    constraint charging_profile_installations_session_fkey
    foreign key (tenant_id, session_id) references core.sessions (tenant_id, id),
    constraint charging_profile_installations_command_fkey
    foreign key (tenant_id, command_id)
    references ops.commands (tenant_id, id) on delete set null (command_id),
    constraint charging_profile_installations_state_check
    check (
        state in (
            'requested', 'installed', 'rejected', 'unknown', 'cancelled', 'replaced', 'cleared'
        )
    )
);
create index charging_profile_installations_charge_point_idx
on core.charging_profile_installations (tenant_id, charge_point_id, created_at desc);
create index charging_profile_installations_profile_idx
on core.charging_profile_installations (tenant_id, charging_profile_id);
create index charging_profile_installations_session_idx
on core.charging_profile_installations (tenant_id, session_id);
create index charging_profile_installations_command_idx
on core.charging_profile_installations (tenant_id, command_id);
create index charging_profile_installations_ended_at_idx
on core.charging_profile_installations (ended_at);
alter table core.charging_profile_installations enable row level security;
comment on table core.charging_profile_installations is
    'Which profile stands, stood or should have stood on which connector; 0 is the whole charger.';

-- Firmware, logs and diagnostics

create table core.transfer_locations (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    name text not null,
    direction text not null,
    url_prefix text not null,
    is_enabled boolean not null default true,
    is_one_time boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint transfer_locations_pkey primary key (tenant_id, id),
    constraint transfer_locations_tenant_id_name_key unique (tenant_id, name),
    constraint transfer_locations_tenant_id_fkey
    foreign key (tenant_id) references core.tenants (id),
    constraint transfer_locations_name_check check (length(btrim(name)) between 1 and 200),
    constraint transfer_locations_direction_check check (direction in ('upload', 'download')),
    -- A whole host and a path that ends: https://depot.example.com.evil.org must not match.
    constraint transfer_locations_url_prefix_check
    check (
        length(url_prefix) <= 300
        and url_prefix ~ '^(https?|ftps?|sftp)://[A-Za-z0-9.-]+(:[0-9]{1,5})?/([!-~]*/)?$'
    )
);
alter table core.transfer_locations enable row level security;
comment on table core.transfer_locations is
    'Where chargers may be sent to fetch firmware or to leave logs: nothing else is allowed.';

create table core.campaigns (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    name text not null,
    action text not null,
    payload jsonb not null,
    state text not null default 'running',
    wave_size integer not null default 10,
    wave_interval interval not null default '10 minutes',
    max_failures integer not null default 0,
    batch_id uuid not null default gen_random_uuid(),
    next_wave_at timestamptz not null default now(),
    stop_reason text,
    created_by uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    finished_at timestamptz,
    constraint campaigns_pkey primary key (tenant_id, id),
    constraint campaigns_tenant_id_fkey foreign key (tenant_id) references core.tenants (id),
    constraint campaigns_created_by_fkey
    foreign key (created_by) references core.users (id) on delete set null,
    constraint campaigns_name_check check (length(btrim(name)) between 1 and 200),
    constraint campaigns_state_check
    check (state in ('running', 'paused', 'stopped', 'done')),
    constraint campaigns_wave_size_check check (wave_size between 1 and 10000),
    constraint campaigns_wave_interval_check
    check (wave_interval between interval '0' and interval '30 days'),
    constraint campaigns_max_failures_check check (max_failures between 0 and 1000000)
);
create index campaigns_created_at_idx on core.campaigns (tenant_id, created_at desc);
create index campaigns_created_by_idx on core.campaigns (created_by);
create index campaigns_running_idx on core.campaigns (next_wave_at) where state = 'running';
create index campaigns_finished_at_idx on core.campaigns (finished_at);
-- However often a wave is begun again, a charge point gets a campaign's command once.
-- The table is empty: it is made by the same first migrate.
-- squawk-ignore require-concurrent-index-creation
create unique index commands_campaign_key on ops.commands (tenant_id, batch_id, charge_point_id)
where requested_via = 'campaign';
alter table core.campaigns enable row level security;
comment on table core.campaigns is
    'One command for many charge points, in waves, that stops when too many fail; payload with '
    'its secrets masked.';

create table ops.campaign_secrets (
    tenant_id bigint not null,
    campaign_id bigint not null,
    payload jsonb not null,
    constraint campaign_secrets_pkey primary key (tenant_id, campaign_id),
    constraint campaign_secrets_campaign_fkey
    foreign key (tenant_id, campaign_id)
    references core.campaigns (tenant_id, id) on delete cascade
);
alter table ops.campaign_secrets enable row level security;
comment on table ops.campaign_secrets is
    'Unmasked payload of a campaign that carries a secret, until the campaign is finished.';

create table core.device_jobs (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    charge_point_id bigint not null,
    request_no integer,
    kind text not null,
    state text not null default 'requested',
    status_reported text,
    url text not null,
    file_name text,
    details jsonb not null default '{}',
    command_id bigint,
    campaign_id bigint,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    finished_at timestamptz,
    constraint device_jobs_pkey primary key (tenant_id, id),
    constraint device_jobs_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade,
    constraint device_jobs_command_fkey
    foreign key (tenant_id, command_id)
    references ops.commands (tenant_id, id) on delete set null (command_id),
    constraint device_jobs_campaign_fkey
    foreign key (tenant_id, campaign_id)
    references core.campaigns (tenant_id, id) on delete set null (campaign_id),
    constraint device_jobs_kind_check
    check (kind in ('firmware', 'signed_firmware', 'diagnostics', 'log')),
    constraint device_jobs_state_check
    check (
        state in ('requested', 'scheduled', 'running', 'done', 'failed', 'unknown', 'cancelled')
    ),
    constraint device_jobs_request_no_check check (request_no > 0),
    constraint device_jobs_finished_check
    check ((state in ('done', 'failed', 'cancelled')) = (finished_at is not null))
);
create index device_jobs_charge_point_idx
on core.device_jobs (tenant_id, charge_point_id, id desc);
create unique index device_jobs_request_no_key
on core.device_jobs (tenant_id, charge_point_id, request_no) where request_no is not null;
create index device_jobs_command_idx on core.device_jobs (tenant_id, command_id);
create index device_jobs_campaign_idx on core.device_jobs (tenant_id, campaign_id);
create index device_jobs_open_idx on core.device_jobs (updated_at) where finished_at is null;
create index device_jobs_finished_at_idx on core.device_jobs (finished_at);
alter table core.device_jobs enable row level security;
comment on table core.device_jobs is
    'Firmware updates and uploads of logs and diagnostics; state is ours, status_reported is '
    'OCPP''s; url without its secrets.';

create table core.device_job_events (
    tenant_id bigint not null,
    device_job_id bigint not null,
    id bigint not null generated always as identity,
    status text not null,
    state text not null,
    received_at timestamptz not null,
    constraint device_job_events_pkey primary key (tenant_id, device_job_id, id),
    constraint device_job_events_device_job_fkey
    foreign key (tenant_id, device_job_id)
    references core.device_jobs (tenant_id, id) on delete cascade
);
alter table core.device_job_events enable row level security;
comment on table core.device_job_events is 'Progress of a job on a charge point, as reported.';

create table core.campaign_members (
    tenant_id bigint not null,
    campaign_id bigint not null,
    charge_point_id bigint not null,
    state text not null default 'pending',
    wave_no integer,
    command_id bigint,
    reason text,
    updated_at timestamptz not null default now(),
    constraint campaign_members_pkey primary key (tenant_id, campaign_id, charge_point_id),
    constraint campaign_members_campaign_fkey
    foreign key (tenant_id, campaign_id)
    references core.campaigns (tenant_id, id) on delete cascade,
    constraint campaign_members_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade,
    constraint campaign_members_command_fkey
    foreign key (tenant_id, command_id)
    references ops.commands (tenant_id, id) on delete set null (command_id),
    constraint campaign_members_state_check
    check (state in ('pending', 'running', 'done', 'failed', 'skipped'))
);
create index campaign_members_charge_point_idx
on core.campaign_members (tenant_id, charge_point_id);
create index campaign_members_command_idx on core.campaign_members (tenant_id, command_id);
create index campaign_members_running_idx on core.campaign_members (tenant_id, campaign_id)
where state = 'running';
alter table core.campaign_members enable row level security;
comment on table core.campaign_members is 'The charge points of a campaign and how each fares.';

create table ops.transfer_tickets (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    charge_point_id bigint not null,
    device_job_id bigint not null,
    direction text not null,
    token_hash bytea not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    constraint transfer_tickets_pkey primary key (tenant_id, id),
    constraint transfer_tickets_token_hash_key unique (token_hash),
    constraint transfer_tickets_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade,
    constraint transfer_tickets_device_job_fkey
    foreign key (tenant_id, device_job_id)
    references core.device_jobs (tenant_id, id) on delete cascade,
    constraint transfer_tickets_direction_check check (direction in ('upload', 'download'))
);
create index transfer_tickets_charge_point_idx
on ops.transfer_tickets (tenant_id, charge_point_id);
create index transfer_tickets_device_job_idx on ops.transfer_tickets (tenant_id, device_job_id);
create index transfer_tickets_expires_at_idx on ops.transfer_tickets (expires_at);
alter table ops.transfer_tickets enable row level security;
comment on table ops.transfer_tickets is
    'One-time tokens within the addresses given to chargers; the file server redeems them.';

insert into ops.job_schedules (job, every, description) values
    ('run_campaigns', '5 seconds', 'Send the next waves of campaigns and stop those that fail.'),
    ('fail_silent_jobs', '1 minute', 'Fail firmware updates and uploads that fell silent.'),
    ('expire_reservations', '1 minute', 'End reservations whose time has passed.');

insert into ops.settings (name, value, description) values
    ('fleet.max_configuration_keys', '1000', 'Configuration keys kept of one charge point.'),
    ('fleet.max_local_list_entries', '1000', 'Length of a local list where a charger names none.'),
    ('fleet.max_local_list_chunk', '100', 'Entries of one update where a charger names no limit.'),
    ('fleet.max_local_list_work', '12000', 'Entries that one call about a group goes through.'),
    ('fleet.max_template_s', '3', 'So long one call about a group applies templates.'),
    ('charging.max_driver_reservations', '1', 'Open reservations that a driver may have.'),
    ('charging.reservation_minutes', '60', 'How long a reservation lasts; a driver gets no more.'),
    ('jobs.device_history_days', '1095', 'How long the past of keys and profiles is kept.'),
    ('fleet.transfer_ticket_hours', '24', 'How long an address for a file is good.'),
    ('fleet.device_job_hours', '24', 'A job on a charger silent for so long has failed.'),
    ('jobs.device_job_days', '730', 'How long firmware updates and uploads are remembered.');

reset role;
