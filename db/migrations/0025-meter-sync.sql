-- Meter sync: who was asked for readings, and what displays were told about cost.
-- depends: 0024-privacy

create table ops.meter_requests (
    tenant_id bigint not null,
    session_id bigint not null,
    asked_at timestamptz not null default now(),
    asks integer not null default 1,
    reading_at timestamptz,
    command_id bigint,
    constraint meter_requests_pkey primary key (tenant_id, session_id),
    constraint meter_requests_session_fkey
    foreign key (tenant_id, session_id) references core.sessions (tenant_id, id) on delete cascade,
    constraint meter_requests_command_fkey
    foreign key (tenant_id, command_id)
    references ops.commands (tenant_id, id) on delete set null (command_id)
);
create index meter_requests_command_idx on ops.meter_requests (tenant_id, command_id)
where command_id is not null;
alter table ops.meter_requests enable row level security;
comment on table ops.meter_requests is
    'Sessions whose charge point was asked for readings: when it was asked last, how often since '
    'the reading reading_at, and with which command.';

create table ops.cost_displays (
    tenant_id bigint not null,
    session_id bigint not null,
    price_shown_at timestamptz,
    cost numeric,
    cost_shown_at timestamptz,
    final_shown_at timestamptz,
    command_id bigint,
    constraint cost_displays_pkey primary key (tenant_id, session_id),
    constraint cost_displays_session_fkey
    foreign key (tenant_id, session_id) references core.sessions (tenant_id, id) on delete cascade,
    constraint cost_displays_command_fkey
    foreign key (tenant_id, command_id)
    references ops.commands (tenant_id, id) on delete set null (command_id)
);
create index cost_displays_command_idx on ops.cost_displays (tenant_id, command_id)
where command_id is not null;
alter table ops.cost_displays enable row level security;
comment on table ops.cost_displays is
    'What the display of a charge point was told about a session: its price, its cost so far and '
    'in the end; command_id is the last message.';

-- Charge points that say that they can show prices and costs.
-- squawk-ignore require-concurrent-index-creation
create index configuration_keys_cost_display_idx
on core.configuration_keys (tenant_id, charge_point_id)
where lower(key) = 'customdisplaycostandprice' and lower(value) = 'true' and not is_unknown;

insert into ops.job_schedules (job, every, description) values
    ('request_readings', '15 seconds', 'Ask charge points for readings that are overdue.'),
    ('show_costs', '5 seconds', 'Tell charge points that have a display what a session costs.');

insert into ops.settings (name, value, description) values
    (
        'meter_sync.interval_s', '900',
        'How often readings are expected where neither configuration nor readings say it.'
    ),
    (
        'meter_sync.least_s', '120',
        'Readings are not overdue before so many seconds, however often they should come.'
    ),
    (
        'meter_sync.max_pause_s', '3600',
        'A charge point that stays silent is asked again, each time later, at least so often.'
    ),
    (
        'cost_display.interval_s', '60',
        'The running cost on a display changes at most every so many seconds.'
    );
