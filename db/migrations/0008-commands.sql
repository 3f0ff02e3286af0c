-- Commands to charge points: what may be sent, what is queued, what became of it.
-- depends: 0007-audit

insert into core.permissions (key, description) values
    ('commands.write', 'Start, stop, unlock, reset, reserve: commands to charge points.'),
    ('configuration.write', 'Configure charge points: keys, lists, profiles, templates.'),
    ('firmware.write', 'Update firmware, fetch logs and diagnostics, run campaigns.'),
    ('security.write', 'Rotate keys, install certificates, set security profiles.');

create table ops.message_schemas (
    ocpp_version text not null,
    action text not null,
    schema jsonb not null,
    digest text not null,
    constraint message_schemas_pkey primary key (ocpp_version, action)
);
alter table ops.message_schemas enable row level security;
comment on table ops.message_schemas is
    'JSON schemas of requests, as the bridge''s OCPP library ships them: what we send is checked '
    'before it is queued; digest is the library''s name for all of a version.';

create table ops.command_actions (
    ocpp_version text not null,
    action text not null,
    permission text not null,
    is_kept boolean not null,
    expires_in interval not null,
    constraint command_actions_pkey primary key (ocpp_version, action),
    constraint command_actions_permission_fkey
    foreign key (permission) references core.permissions (key),
    constraint command_actions_expires_in_check
    check (expires_in between interval '1 second' and interval '90 days')
);
create index command_actions_permission_idx on ops.command_actions (permission);
alter table ops.command_actions enable row level security;
comment on table ops.command_actions is
    'What a central system may send in each OCPP version, who may, whether it waits for a charger '
    'that is away, and how long it is worth sending.';

insert into ops.command_actions (ocpp_version, action, permission, is_kept, expires_in) values
    ('1.6', 'CancelReservation', 'commands.write', false, '5 minutes'),
    ('1.6', 'ChangeAvailability', 'commands.write', true, '7 days'),
    ('1.6', 'ChangeConfiguration', 'configuration.write', true, '7 days'),
    ('1.6', 'ClearCache', 'commands.write', true, '7 days'),
    ('1.6', 'ClearChargingProfile', 'configuration.write', true, '1 day'),
    ('1.6', 'DataTransfer', 'commands.write', false, '5 minutes'),
    ('1.6', 'GetCompositeSchedule', 'commands.write', false, '5 minutes'),
    ('1.6', 'GetConfiguration', 'commands.write', true, '7 days'),
    ('1.6', 'GetDiagnostics', 'firmware.write', true, '1 day'),
    ('1.6', 'GetLocalListVersion', 'commands.write', true, '7 days'),
    ('1.6', 'RemoteStartTransaction', 'commands.write', false, '1 minute'),
    ('1.6', 'RemoteStopTransaction', 'commands.write', false, '5 minutes'),
    ('1.6', 'ReserveNow', 'commands.write', false, '1 minute'),
    ('1.6', 'Reset', 'commands.write', false, '5 minutes'),
    ('1.6', 'SendLocalList', 'configuration.write', true, '7 days'),
    ('1.6', 'SetChargingProfile', 'configuration.write', false, '5 minutes'),
    ('1.6', 'TriggerMessage', 'commands.write', false, '1 minute'),
    ('1.6', 'UnlockConnector', 'commands.write', false, '1 minute'),
    ('1.6', 'UpdateFirmware', 'firmware.write', true, '7 days'),
    ('1.6', 'CertificateSigned', 'security.write', true, '7 days'),
    ('1.6', 'DeleteCertificate', 'security.write', true, '7 days'),
    ('1.6', 'ExtendedTriggerMessage', 'commands.write', false, '1 minute'),
    ('1.6', 'GetInstalledCertificateIds', 'security.write', true, '7 days'),
    ('1.6', 'GetLog', 'firmware.write', true, '1 day'),
    ('1.6', 'InstallCertificate', 'security.write', true, '7 days'),
    ('1.6', 'SignedUpdateFirmware', 'firmware.write', true, '7 days');

create table ops.commands (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    charge_point_id bigint not null,
    message_id text not null default gen_random_uuid()::text,
    ocpp_version text not null,
    action text not null,
    payload jsonb not null,
    state text not null default 'queued',
    is_kept boolean not null,
    expires_at timestamptz not null,
    batch_id uuid,
    requested_by uuid,
    requested_via text not null,
    created_at timestamptz not null default now(),
    sent_at timestamptz,
    answer_due_at timestamptz,
    connection_id bigint,
    answered_at timestamptz,
    finished_at timestamptz,
    result jsonb,
    error_code text,
    error_description text,
    violations jsonb,
    constraint commands_pkey primary key (tenant_id, id),
    constraint commands_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade,
    constraint commands_action_fkey
    foreign key (ocpp_version, action) references ops.command_actions (ocpp_version, action),
    constraint commands_requested_by_fkey
    foreign key (requested_by) references core.users (id) on delete set null,
    constraint commands_requested_via_check
    check (requested_via in ('api', 'driver', 'campaign', 'system')),
    constraint commands_payload_check check (jsonb_typeof(payload) = 'object'),
    constraint commands_state_check
    check (
        state in (
            'queued', 'sent', 'accepted', 'rejected', 'error', 'unknown', 'expired', 'cancelled'
        )
    ),
    constraint commands_finished_check
    check ((state in ('queued', 'sent')) = (finished_at is null)),
    constraint commands_sent_check
    check (
        (state in ('queued', 'expired', 'cancelled') and sent_at is null)
        or (
            state in ('sent', 'accepted', 'rejected', 'error', 'unknown')
            and num_nulls(sent_at, connection_id) = 0
        )
    )
);
-- One in flight per charge point.
create unique index commands_in_flight_key on ops.commands (tenant_id, charge_point_id)
where state = 'sent';
create index commands_queue_idx on ops.commands (tenant_id, charge_point_id, id)
where state = 'queued';
create index commands_expires_at_idx on ops.commands (expires_at) where state = 'queued';
create index commands_fleeting_idx on ops.commands (tenant_id, charge_point_id)
where state = 'queued' and not is_kept;
create index commands_answer_due_at_idx on ops.commands (answer_due_at) where state = 'sent';
create index commands_charge_point_idx on ops.commands (tenant_id, charge_point_id, id desc);
create index commands_sent_at_idx on ops.commands (tenant_id, charge_point_id, sent_at)
where sent_at is not null;
create index commands_connection_idx on ops.commands (connection_id, message_id);
create index commands_batch_idx on ops.commands (tenant_id, batch_id) where batch_id is not null;
create index commands_created_at_idx on ops.commands (tenant_id, created_at desc);
create index commands_requested_by_idx on ops.commands (requested_by);
create index commands_action_idx on ops.commands (ocpp_version, action);
create index commands_finished_at_idx on ops.commands (finished_at);
alter table ops.commands enable row level security;
comment on table ops.commands is
    'Commands to charge points, at most once, one in flight each, in the order of their ids; '
    'payload and result with their secrets masked.';

create table ops.command_secrets (
    tenant_id bigint not null,
    command_id bigint not null,
    payload jsonb not null,
    constraint command_secrets_pkey primary key (tenant_id, command_id),
    constraint command_secrets_command_fkey
    foreign key (tenant_id, command_id)
    references ops.commands (tenant_id, id) on delete cascade
);
alter table ops.command_secrets enable row level security;
comment on table ops.command_secrets is
    'Unmasked payload of a command that carries a secret, until the command is finished.';

-- The table is empty: it is made by the same first migrate.
alter table core.sessions
-- squawk-ignore adding-foreign-key-constraint,constraint-missing-not-valid
add constraint sessions_command_fkey
foreign key (tenant_id, command_id)
references ops.commands (tenant_id, id) on delete set null (command_id);
-- squawk-ignore require-concurrent-index-creation
create unique index sessions_command_key on core.sessions (tenant_id, command_id)
where command_id is not null;

insert into ops.job_schedules (job, every, description) values
    ('expire_commands', '1 second', 'Finish commands that expired or were never answered.');

insert into ops.settings (name, value, description) values
    ('bridge.settle_s', '30', 'A silent link takes commands after so many seconds.'),
    ('bridge.command_timeout_s', '30', 'How long a charger may take to answer a command.'),
    ('bridge.command_poll_s', '2', 'How often a bridge looks for commands whose bell it missed.'),
    ('bridge.max_unanswered_commands', '3', 'Unanswered commands that end a connection.'),
    ('bridge.admissions_per_s', '100', 'Handshakes a second; more of them wait for their turn.'),
    ('bridge.admission_burst', '50', 'Handshakes that go through at once after a quiet time.'),
    ('bridge.drain_s', '10', 'Over so many seconds at most a stopping bridge empties itself.'),
    ('bridge.drains_per_s', '100', 'Chargers a second that a stopping bridge sends away.'),
    ('commands.max_queued', '100', 'Commands of one charge point that may wait.'),
    ('commands.away_grace_s', '30', 'So long a charger may be away before what is not kept goes.'),
    ('commands.answer_grace_s', '30', 'So long a bridge may take to report a time-out.'),
    ('commands.remote_start_window_s', '600', 'A start so long after a remote start is its own.'),
    ('jobs.command_days', '365', 'How long finished commands are kept.');
