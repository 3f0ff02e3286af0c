-- Certificates, security events, alarms, and what is known of charger models.
-- depends: 0009-devices

-- The tables are empty: they are made by the same first migrate.
alter table core.charge_points add column pending_security_profile smallint;
alter table core.charge_points add column security_command_id bigint;
alter table core.charge_points
-- squawk-ignore adding-foreign-key-constraint,constraint-missing-not-valid
add constraint charge_points_security_command_fkey
foreign key (tenant_id, security_command_id)
references ops.commands (tenant_id, id) on delete set null (security_command_id);
alter table core.charge_points
-- squawk-ignore constraint-missing-not-valid
add constraint charge_points_quirks_values_check
check (
    coalesce(quirks -> 'settle_s', '0') between '0' and '3600'
    and coalesce(quirks -> 'command_timeout_s', '1') between '1' and '3600'
    and coalesce(quirks -> 'command_gap_s', '0') between '0' and '3600'
    and coalesce(jsonb_typeof(quirks -> 'refuses_boot_trigger'), 'boolean') = 'boolean'
    and coalesce(jsonb_typeof(quirks -> 'refuses_get_configuration'), 'boolean') = 'boolean'
    and coalesce(quirks -> 'authorization_key_form', '"hex"') in ('"hex"', '"text"')
    and coalesce(quirks -> 'energy_unit', '"Wh"') in ('"Wh"', '"kWh"')
);
alter table core.charge_points
-- squawk-ignore constraint-missing-not-valid
add constraint charge_points_pending_security_profile_check
check (pending_security_profile between 1 and 3);
-- squawk-ignore require-concurrent-index-creation
create index charge_points_security_command_idx
on core.charge_points (tenant_id, security_command_id);
alter table core.charge_point_keys add column command_id bigint;
alter table core.charge_point_keys
-- squawk-ignore adding-foreign-key-constraint,constraint-missing-not-valid
add constraint charge_point_keys_command_fkey
foreign key (tenant_id, command_id)
references ops.commands (tenant_id, id) on delete set null (command_id);
-- squawk-ignore require-concurrent-index-creation
create index charge_point_keys_command_idx on core.charge_point_keys (tenant_id, command_id);

create table core.certificate_requests (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    charge_point_id bigint not null,
    csr text not null,
    csr_hash bytea not null,
    state text not null default 'pending',
    reason text,
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    requested_at timestamptz not null,
    decided_at timestamptz,
    command_id bigint,
    constraint certificate_requests_pkey primary key (tenant_id, id),
    constraint certificate_requests_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade,
    constraint certificate_requests_command_fkey
    foreign key (tenant_id, command_id)
    references ops.commands (tenant_id, id) on delete set null (command_id),
    constraint certificate_requests_state_check
    check (state in ('pending', 'signed', 'refused', 'failed')),
    constraint certificate_requests_csr_check check (length(csr) <= 10000)
);
create index certificate_requests_charge_point_idx
on core.certificate_requests (tenant_id, charge_point_id, id desc);
create index certificate_requests_decided_at_idx on core.certificate_requests (decided_at);
create index certificate_requests_command_idx
on core.certificate_requests (tenant_id, command_id);
create index certificate_requests_pending_idx on core.certificate_requests (next_attempt_at)
where state = 'pending';
alter table core.certificate_requests enable row level security;
comment on table core.certificate_requests is
    'Requests of chargers to have a certificate signed; the jobs runner takes them to the CA.';

create table core.charge_point_certificates (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    charge_point_id bigint,
    certificate_request_id bigint,
    fingerprint_sha256 bytea not null,
    serial_number text not null,
    subject_common_name text not null,
    subject_organization text,
    issuer text not null,
    not_before timestamptz not null,
    not_after timestamptz not null,
    certificate text,
    created_at timestamptz not null default now(),
    first_used_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    constraint charge_point_certificates_pkey primary key (tenant_id, id),
    -- A certificate belongs to one charger (whitepaper A00.FR.427).
    constraint charge_point_certificates_fingerprint_key unique (fingerprint_sha256),
    constraint charge_point_certificates_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete set null (charge_point_id),
    constraint charge_point_certificates_request_fkey
    foreign key (tenant_id, certificate_request_id)
    references core.certificate_requests (tenant_id, id)
    on delete set null (certificate_request_id),
    constraint charge_point_certificates_fingerprint_check
    check (length(fingerprint_sha256) = 32),
    constraint charge_point_certificates_validity_check check (not_after > not_before)
);
create index charge_point_certificates_charge_point_idx
on core.charge_point_certificates (tenant_id, charge_point_id, id desc);
create index charge_point_certificates_request_idx
on core.charge_point_certificates (tenant_id, certificate_request_id);
create index charge_point_certificates_not_after_idx
on core.charge_point_certificates (not_after) where revoked_at is null;
alter table core.charge_point_certificates enable row level security;
comment on table core.charge_point_certificates is
    'Client certificates of chargers, for security profile 3: issued by our CA or registered.';

create table core.installed_certificates (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    charge_point_id bigint not null,
    certificate_type text not null,
    hash_algorithm text not null,
    issuer_name_hash text not null,
    issuer_key_hash text not null,
    serial_number text not null,
    reported_at timestamptz not null,
    command_id bigint,
    constraint installed_certificates_pkey primary key (tenant_id, id),
    constraint installed_certificates_key unique
    (tenant_id, charge_point_id, issuer_name_hash, issuer_key_hash, serial_number),
    constraint installed_certificates_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade,
    constraint installed_certificates_command_fkey
    foreign key (tenant_id, command_id)
    references ops.commands (tenant_id, id) on delete set null (command_id),
    constraint installed_certificates_hash_algorithm_check
    check (hash_algorithm in ('SHA256', 'SHA384', 'SHA512'))
);
create index installed_certificates_command_idx
on core.installed_certificates (tenant_id, command_id);
alter table core.installed_certificates enable row level security;
comment on table core.installed_certificates is
    'Root certificates that a charger said it has, by their hashes.';

create table core.security_events (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    charge_point_id bigint not null,
    event_key text not null,
    type text not null,
    is_critical boolean not null,
    happened_at timestamptz not null,
    happened_at_reported text,
    received_at timestamptz not null,
    tech_info text,
    constraint security_events_pkey primary key (tenant_id, id),
    constraint security_events_tenant_id_charge_point_id_event_key_key
    unique (tenant_id, charge_point_id, event_key),
    constraint security_events_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade
);
create index security_events_happened_at_idx
on core.security_events (tenant_id, happened_at desc);
create index security_events_received_at_idx on core.security_events (received_at);
create index security_events_charge_point_idx
on core.security_events (tenant_id, charge_point_id, received_at);
alter table core.security_events enable row level security;
comment on table core.security_events is
    'Security events of chargers, each once however often it is sent.';

create table core.alarms (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    charge_point_id bigint,
    kind text not null,
    severity text not null,
    message text not null,
    details jsonb not null default '{}',
    occurrences bigint not null default 1,
    raised_at timestamptz not null default now(),
    last_raised_at timestamptz not null default now(),
    acknowledged_at timestamptz,
    acknowledged_by uuid,
    cleared_at timestamptz,
    constraint alarms_pkey primary key (tenant_id, id),
    constraint alarms_tenant_id_fkey foreign key (tenant_id) references core.tenants (id),
    constraint alarms_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade,
    constraint alarms_acknowledged_by_fkey
    foreign key (acknowledged_by) references core.users (id) on delete set null,
    constraint alarms_kind_check check (kind ~ '^[a-z_]+$'),
    constraint alarms_severity_check check (severity in ('info', 'warning', 'critical'))
);
create unique index alarms_open_key
on core.alarms (tenant_id, charge_point_id, kind) nulls not distinct
where cleared_at is null;
create index alarms_charge_point_idx on core.alarms (tenant_id, charge_point_id);
create index alarms_raised_at_idx on core.alarms (tenant_id, raised_at desc);
create index alarms_cleared_at_idx on core.alarms (cleared_at);
create index alarms_acknowledged_by_idx on core.alarms (acknowledged_by);
alter table core.alarms enable row level security;
comment on table core.alarms is
    'What somebody should look at: one open row a charge point and kind, however often it recurs.';

create table core.model_quirks (
    id bigint not null generated always as identity,
    vendor text not null,
    model text not null default '%',
    firmware_version text not null default '%',
    quirks jsonb not null,
    note text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint model_quirks_pkey primary key (id),
    constraint model_quirks_vendor_model_firmware_version_key
    unique (vendor, model, firmware_version),
    constraint model_quirks_quirks_check
    check (
        case
            when jsonb_typeof(quirks) = 'object'
                then quirks - array[
                    'assume_subprotocol', 'settle_s', 'command_timeout_s', 'command_gap_s',
                    'refuses_boot_trigger', 'refuses_get_configuration',
                    'authorization_key_form', 'energy_unit'
                ] = '{}'
                and coalesce(jsonb_typeof(quirks -> 'assume_subprotocol'), 'string') = 'string'
            else false
        end
    ),
    constraint model_quirks_quirks_values_check
    check (
        coalesce(quirks -> 'settle_s', '0') between '0' and '3600'
        and coalesce(quirks -> 'command_timeout_s', '1') between '1' and '3600'
        and coalesce(quirks -> 'command_gap_s', '0') between '0' and '3600'
        and coalesce(jsonb_typeof(quirks -> 'refuses_boot_trigger'), 'boolean') = 'boolean'
        and coalesce(jsonb_typeof(quirks -> 'refuses_get_configuration'), 'boolean') = 'boolean'
        and coalesce(quirks -> 'authorization_key_form', '"hex"') in ('"hex"', '"text"')
        and coalesce(quirks -> 'energy_unit', '"Wh"') in ('"Wh"', '"kWh"')
    ),
    -- A pattern that ends in a backslash would fail whoever asks for the quirks of any charger.
    constraint model_quirks_patterns_check
    check (strpos(vendor || model || firmware_version, '\') = 0)
);
alter table core.model_quirks enable row level security;
comment on table core.model_quirks is
    'Exceptions for models that do not follow OCPP, for all tenants; vendor, model and firmware '
    'are LIKE patterns, a longer one wins, and a charge point''s own quirks win over these.';

create table ops.charge_point_volumes (
    tenant_id bigint not null,
    charge_point_id bigint not null,
    kind text not null,
    counted_since timestamptz not null,
    amount bigint not null,
    constraint charge_point_volumes_pkey primary key (tenant_id, charge_point_id, kind),
    constraint charge_point_volumes_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade
) with (fillfactor = 50);
alter table ops.charge_point_volumes enable row level security;
comment on table ops.charge_point_volumes is
    'How many rows of each kind a charge point made in a day: a hostile one fills no table.';

-- Boots since a moment: a charger that reboots all the time is told from one that did once.
alter table ops.presence
add column boots_counted_since timestamptz,
add column boots integer not null default 0;

insert into ops.job_schedules (job, every, description) values
    ('check_certificates', '1 hour', 'Alarm before certificates of chargers end.');

create table ops.id_token_windows (
    tenant_id bigint not null,
    charge_point_id bigint not null,
    began_at timestamptz not null default now(),
    token_hashes integer[] not null default '{}',
    refusals bigint not null default 0,
    constraint id_token_windows_pkey primary key (tenant_id, charge_point_id),
    constraint id_token_windows_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade
);
alter table ops.id_token_windows enable row level security;
comment on table ops.id_token_windows is
    'Which id tokens were shown at a charge point within an hour, by their hashes.';

insert into ops.settings (name, value, description) values
    (
        'charging.max_id_tokens_per_hour', '300',
        'Different tokens that one charge point may have authorised within an hour.'
    ),
    ('bridge.refusal_s', '0.1', 'A handshake with a wrong key takes so long, or a multiple.'),
    ('bridge.max_sockets', '50000', 'Open sockets of one bridge.'),
    ('bridge.max_sockets_per_address', '10000', 'Open sockets of one address, IPv6 by /64.'),
    ('bridge.max_unfinished_handshakes', '8000', 'Handshakes of one bridge at the same time.'),
    (
        'bridge.max_unfinished_handshakes_per_address', '4000',
        'Handshakes of one address at the same time.'
    ),
    ('bridge.handshakes_per_s', '200', 'New sockets of one address a second.'),
    ('bridge.reconnects_per_s', '20', 'Handshakes of one charger a second.'),
    ('bridge.calls_per_s', '100', 'Messages of one charger a second; more are read later.'),
    ('bridge.bytes_per_s', '262144', 'Bytes of one charger a second; more are read later.'),
    ('bridge.burst_s', '10', 'For how many seconds those rates may be saved up.'),
    ('bridge.max_throttled_s', '900', 'Seconds above its rate that end a connection (1008).'),
    ('bridge.max_fragments', '1024', 'Parts of one message.'),
    ('bridge.refusals_to_remember', '5', 'Equal refusals in a row, then memory answers.'),
    ('bridge.refusal_memory_s', '20', 'Seconds until the database is asked again.'),
    ('bridge.silence_s', '1000', 'A socket that never answered a ping may be silent so long.'),
    ('fleet.max_sessions', '5000', 'Sessions that one charge point may make a day.'),
    ('fleet.max_authorizations', '50000', 'Decisions kept of one charge point a day.'),
    ('fleet.max_failed_messages', '1000', 'Failed messages kept of one charge point a day.'),
    ('fleet.max_status_changes', '20000', 'States kept of one charge point a day.'),
    ('fleet.max_readings', '500000', 'Readings kept of one charge point a day.'),
    ('charging.max_session_events', '1000', 'Events kept of one session, but for its moves.'),
    ('fleet.flapping_count', '5', 'Connections or boots in fleet.flapping_window_s that alarm.'),
    ('fleet.flapping_window_s', '300', 'The time in which connections and boots are counted.'),
    ('fleet.max_security_events', '10000', 'Security events kept of one charge point a day.'),
    ('fleet.max_certificate_requests', '20', 'Requests to sign of one charge point a day.'),
    ('fleet.certificate_days', '730', 'How long a certificate of a charger is signed for.'),
    ('fleet.max_signing_attempts', '12', 'Failures of the CA after which a request has failed.'),
    ('fleet.certificate_alarm_days', '30', 'Days before its end that a certificate alarms.'),
    ('jobs.security_event_days', '730', 'How long security events are kept.'),
    ('jobs.alarm_days', '365', 'How long cleared alarms are kept.');
