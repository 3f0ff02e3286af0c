-- Exports: lists of any length as files, fetched by a link that is good once.
-- depends: 0013-reports

create table core.exports (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    list text not null,
    from_at timestamptz not null,
    to_at timestamptz not null,
    format text not null default 'csv',
    state text not null default 'waiting',
    requested_by uuid,
    created_at timestamptz not null default now(),
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    runner text,
    problem text,
    row_count bigint,
    size_bytes bigint,
    sha256 text,
    file_name text,
    url_prefix text,
    expires_at timestamptz,
    link_hash bytea,
    link_made_by uuid,
    link_expires_at timestamptz,
    fetched_at timestamptz,
    constraint exports_pkey primary key (tenant_id, id),
    constraint exports_link_hash_key unique (link_hash),
    constraint exports_tenant_id_fkey foreign key (tenant_id) references core.tenants (id),
    constraint exports_requested_by_fkey
    foreign key (requested_by) references core.users (id) on delete set null,
    constraint exports_link_made_by_fkey
    foreign key (link_made_by) references core.users (id) on delete set null,
    constraint exports_list_check
    check (list in ('transactions', 'transaction_lines', 'charging_sessions', 'meter_values')),
    constraint exports_range_check check (from_at < to_at),
    constraint exports_format_check check (format = 'csv'),
    constraint exports_state_check check (state in ('waiting', 'running', 'ready', 'failed')),
    constraint exports_ready_check
    check (
        state <> 'ready'
        or num_nulls(finished_at, row_count, size_bytes, sha256, file_name, url_prefix, expires_at)
        = 0
    ),
    constraint exports_link_check
    check (
        (link_hash is null) = (link_expires_at is null)
        and (link_hash is null or state = 'ready')
    )
);
create index exports_created_at_idx on core.exports (tenant_id, created_at desc);
create index exports_due_idx on core.exports (next_attempt_at)
where state in ('waiting', 'running');
create index exports_requested_by_idx on core.exports (requested_by);
create index exports_link_made_by_idx on core.exports (link_made_by);
create index exports_finished_at_idx on core.exports (finished_at);
alter table core.exports enable row level security;
comment on table core.exports is
    'Lists that people asked for as files. The jobs runner writes the file (a row that runs is '
    'locked by whoever writes it, so that one of a dead runner is free); link_hash is the SHA-256 '
    'of the one link that fetches it, gone when it has been used, and link_made_by who has to be '
    'allowed to export when it is.';

insert into ops.settings (name, value, description) values
    ('exports.max_days', '366', 'The longest range of one export.'),
    ('exports.max_waiting', '10', 'Exports of a tenant that may wait or run at once.'),
    ('exports.max_attempts', '3', 'So often an export is tried.'),
    ('exports.link_minutes', '60', 'How long the link of an export is good.'),
    ('exports.keep_days', '7', 'How long the file of an export is kept.'),
    ('jobs.export_days', '365', 'How long it is remembered what was exported.');
