-- Generated from db/migrations/0001-foundation.sql by `make supabase`. Change the source, not this file.

set role voltaro_owner;

-- Settings, secrets and the register of applied code.

create table ops.secrets (
    name text not null,
    value text not null,
    updated_at timestamptz not null default now(),
    constraint secrets_pkey primary key (name),
    constraint secrets_value_check check (length(value) between 1 and 10000)
);
alter table ops.secrets enable row level security;
comment on table ops.secrets is
    'Keys that SQL functions sign and hash with. Nobody but the owner reads it.';

create table ops.settings (
    name text not null,
    value jsonb not null,
    description text not null,
    updated_at timestamptz not null default now(),
    constraint settings_pkey primary key (name),
    constraint settings_name_check check (name ~ '^[a-z][a-z0-9_.]{0,99}$')
);
alter table ops.settings enable row level security;
comment on table ops.settings is
    'Limits and intervals of the whole installation, with what each means.';

insert into ops.settings (name, value, description) values
    ('access.access_token_minutes', '15', 'How long an access token lives.'),
    ('access.refresh_token_days', '30', 'How long a refresh token lives.'),
    ('access.password_reset_minutes', '60', 'How long a password reset token lives.'),
    ('access.email_verification_hours', '48', 'How long an e-mail verification token lives.'),
    ('access.login_failures_free', '5', 'Failed logins per e-mail before it slows down.'),
    ('access.login_lock_minutes_max', '15', 'The longest lock after failed logins.'),
    ('access.bcrypt_cost', '11', 'Cost factor of password hashes.'),
    ('access.refresh_grace_s', '10', 'A refresh token may come twice while its answer is unused.'),
    ('access.sign_up_mails_per_hour', '200', 'E-mails that sign-ups may send for one tenant.'),
    ('access.unverified_user_days', '7', 'A sign-up that nobody verifies is deleted.'),
    ('bridge.ping_interval_s', '30', 'Seconds between WebSocket pings to a charger.'),
    ('bridge.keep_alive_interval_s', '10', 'Seconds between a bridge''s reports of open sockets.'),
    ('bridge.handshake_timeout_s', '10', 'Seconds a charger has for its handshake.'),
    ('bridge.max_frame_bytes', '1048576', 'Largest frame a charger may send.'),
    ('bridge.max_json_depth', '32', 'Deepest nesting of a frame''s JSON.'),
    ('bridge.max_pending_calls', '64', 'Calls of one charger that may wait for an answer.'),
    ('bridge.max_bad_frames', '50', 'Malformed frames in a row before a socket is closed.'),
    ('fleet.heartbeat_interval_s', '300', 'Heartbeat interval given to chargers at boot.'),
    ('fleet.retry_interval_s', '60', 'Boot retry interval of a charger that is not accepted.'),
    ('fleet.bridge_lease_s', '30', 'A bridge silent for so long has lost its chargers.'),
    ('fleet.max_unknown_charge_points', '1000', 'Most waiting entries of one onboarding inbox.'),
    ('charging.id_token_cache_hours', '24', 'How long a charger may trust an accepted token.'),
    ('charging.max_unknown_id_tokens', '1000', 'Most waiting entries of one token inbox.'),
    ('charging.stale_session_hours', '48', 'A session without a sign of life ends, presumably.'),
    ('charging.clock_tolerance_s', '300', 'How far ahead a charger''s clock may be.'),
    ('charging.max_clock_behind_days', '90', 'The oldest start or stop whose time is believed.'),
    ('charging.max_session_days', '7', 'A session that took longer is held.'),
    ('jobs.expire_budget_ms', '2000', 'How long one run deletes before it makes a pause.');

create table ops.applied_code (
    path text not null,
    checksum text not null,
    objects jsonb not null,
    applied_at timestamptz not null default now(),
    constraint applied_code_pkey primary key (path)
);
alter table ops.applied_code enable row level security;
comment on table ops.applied_code is
    'Which files of db/code are applied, with their checksums and the objects they define.';

create table ops.partitioned_tables (
    table_name text not null,
    partition_by text not null,
    ahead interval not null,
    behind interval not null,
    retention interval not null,
    lower_at timestamptz,
    upper_at timestamptz,
    constraint partitioned_tables_pkey primary key (table_name),
    constraint partitioned_tables_partition_by_check check (partition_by in ('day', 'month')),
    constraint partitioned_tables_intervals_check
    check (
        ahead > interval '0' and behind >= interval '0' and retention > behind
    )
);
alter table ops.partitioned_tables enable row level security;
comment on table ops.partitioned_tables is
    'Tables partitioned by time: how far ahead and behind partitions are made, how long they '
    'are kept, and which range exists now.';

reset role;
