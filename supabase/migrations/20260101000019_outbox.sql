-- Generated from db/migrations/0019-outbox.sql by `make supabase`. Change the source, not this file.

set role voltaro_owner;

-- Events, the outbox with its kinds and attempts, and schedules by the calendar.
-- depends: 0018-payments

create table core.event_types (
    type text not null,
    description text not null,
    constraint event_types_pkey primary key (type),
    constraint event_types_type_check check (type ~ '^[a-z_]{1,40}\.[a-z_]{1,40}$')
);
alter table core.event_types enable row level security;
comment on table core.event_types is 'What can happen that webhooks and messages tell of.';

insert into core.event_types (type, description) values
    ('session.started', 'A vehicle began to charge.'),
    ('session.ended', 'A charging session is over.'),
    ('transaction.priced', 'A session or an expired reservation has a price, or a new one.'),
    ('transaction.held', 'A session waits for a person to look at it before it is billed.'),
    ('invoice.finalised', 'An invoice or credit note was issued.'),
    ('invoice.paid', 'Nothing of an invoice is open any more.'),
    ('invoice.overdue', 'An invoice is past its due date; a reminder was issued.'),
    ('payment.succeeded', 'Money arrived.'),
    ('payment.failed', 'A payment was refused.'),
    ('payment.returned', 'The bank took a payment back.'),
    ('payment.upcoming', 'Money will be collected by direct debit on a day to come.'),
    ('wallet.low', 'A prepaid account has less than its threshold.'),
    ('charge_point.offline', 'A charge point has been offline for some minutes.'),
    ('charge_point.online', 'A charge point that was offline is connected again.'),
    ('connector.faulted', 'A connector reports a fault.'),
    ('security.event', 'A charge point reports a critical security event.'),
    ('job.failed', 'A background job failed; told once an hour.'),
    ('outbox.dead', 'Something outside could not be reached and was given up.'),
    ('webhook.disabled', 'A webhook failed for so long that it was switched off.');

create table core.events (
    id bigint not null generated always as identity,
    tenant_id bigint,
    type text not null,
    object_type text not null,
    object_id bigint not null,
    data jsonb not null,
    occurred_at timestamptz not null default now(),
    dispatched_at timestamptz,
    constraint events_pkey primary key (id),
    constraint events_object_type_check check (object_type ~ '^[a-z_]{1,40}$')
);
create index events_tenant_idx on core.events (tenant_id, id desc);
create index events_waiting_idx on core.events (id) where dispatched_at is null;
-- Rows come in the order of time: a few blocks of this index find what is past its time.
create index events_occurred_at_idx on core.events using brin (occurred_at);
alter table core.events enable row level security;
comment on table core.events is
    'What happened, written with it: webhooks and messages come of it. Without a tenant it '
    'concerns the installation. No foreign keys: an event outlives what it is about.';

create table ops.outbox_kinds (
    kind text not null,
    is_repeatable boolean not null default false,
    max_attempts smallint not null default 12,
    first_delay interval not null default '10 seconds',
    longest_delay interval not null default '6 hours',
    lease interval not null default '2 minutes',
    description text not null,
    can_be_asked boolean not null default false,
    constraint outbox_kinds_pkey primary key (kind),
    constraint outbox_kinds_kind_check check (kind ~ '^[a-z_]+$'),
    constraint outbox_kinds_max_attempts_check check (max_attempts between 1 and 1000),
    constraint outbox_kinds_intervals_check
    check (
        first_delay between interval '1 second' and longest_delay
        and longest_delay <= interval '7 days'
        and lease between interval '10 seconds' and interval '1 hour'
    )
);
alter table ops.outbox_kinds enable row level security;
comment on table ops.outbox_kinds is
    'How each kind of outside effect is tried. Repeatable: whoever receives it knows a repeat by '
    'its key, or nothing comes of it twice, so that an unanswered call may be made again. Can be '
    'asked: whoever receives it says what became of an unknown one, which is asked before it is '
    'ever made again. A call is lost when its runner has not reported within the lease.';

insert into ops.outbox_kinds (
    kind, is_repeatable, max_attempts, first_delay, longest_delay, lease, description
) values
    ('email', false, 12, '10 seconds', '6 hours', '2 minutes', 'An e-mail to one person.'),
    ('sms', false, 6, '10 seconds', '1 hour', '2 minutes', 'A text message to one person.'),
    ('chat', true, 6, '10 seconds', '1 hour', '2 minutes', 'A message to a chat of operators.'),
    ('webhook', true, 18, '5 seconds', '12 hours', '1 minute', 'An event to an address outside.'),
    ('vat_check', true, 30, '30 seconds', '12 hours', '2 minutes', 'A VAT id to the register.'),
    ('card_payment', false, 12, '10 seconds', '1 hour', '2 minutes', 'A payment by card.'),
    ('card_refund', false, 12, '10 seconds', '1 hour', '2 minutes', 'Money back to a card.');
update ops.outbox_kinds set can_be_asked = true where kind in ('card_payment', 'card_refund');

alter table ops.outbox add column state text not null default 'waiting';
alter table ops.outbox add column asks integer not null default 0;
alter table ops.outbox add column calls integer not null default 0;
alter table ops.outbox add column ordering_key text;
alter table ops.outbox add column lane text;
alter table ops.outbox add column taken_at timestamptz;
alter table ops.outbox add column dead_at timestamptz;
update ops.outbox set state = 'delivered', next_attempt_at = null
where delivered_at is not null;
-- Their token is over (access.expire_people).
update ops.outbox set state = 'dead', dead_at = now(), last_error = 'it came too late'
where delivered_at is null and next_attempt_at is null;
-- squawk-ignore constraint-missing-not-valid
alter table ops.outbox add constraint outbox_state_check
check (
    state in ('waiting', 'running', 'asking', 'unknown', 'delivered', 'dead')
    and (state = 'delivered') = (delivered_at is not null)
    and (state = 'dead') = (dead_at is not null)
    and (state in ('running', 'asking')) = (taken_at is not null)
    and (state <> 'waiting' or next_attempt_at is not null)
);
-- squawk-ignore constraint-missing-not-valid
alter table ops.outbox add constraint outbox_ordering_key_check
check (length(ordering_key) between 1 and 200 and length(lane) between 1 and 200);
-- Both tables are short: what was delivered is deleted after a month.
-- squawk-ignore require-concurrent-index-deletion
drop index ops.outbox_next_attempt_at_idx;
-- squawk-ignore require-concurrent-index-creation
create index outbox_due_idx on ops.outbox (kind, next_attempt_at, id) where state = 'waiting';
-- squawk-ignore require-concurrent-index-creation
create index outbox_unknown_idx on ops.outbox (kind, next_attempt_at, id)
where state = 'unknown';
-- squawk-ignore require-concurrent-index-creation
create index outbox_taken_idx on ops.outbox (taken_at) where state in ('running', 'asking');
-- squawk-ignore require-concurrent-index-creation
create index outbox_ordering_key_idx on ops.outbox (ordering_key, id)
where state in ('waiting', 'running', 'asking', 'unknown');
-- squawk-ignore require-concurrent-index-creation
create index outbox_delivered_at_idx on ops.outbox (delivered_at);
-- squawk-ignore require-concurrent-index-creation
create index outbox_dead_at_idx on ops.outbox (dead_at) where state = 'dead';
comment on table ops.outbox is
    'Outside effects to be done once: the row is written with the change that asks for it. '
    'waiting, running (a runner calls), delivered, dead (given up), or unknown: the call was made '
    'and nobody answered, so it is not made again by itself; asking is an unknown one that is '
    'being asked for. Those with one ordering_key go out one after the other, of those with one '
    'lane (one receiver) two at once. attempts and asks begin anew when an operator says so, '
    'calls never.';

create table ops.outbox_attempts (
    outbox_id bigint not null,
    number integer not null,
    runner text not null,
    is_ask boolean not null default false,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    outcome text,
    code integer,
    detail text,
    constraint outbox_attempts_pkey primary key (outbox_id, number),
    constraint outbox_attempts_outbox_fkey
    foreign key (outbox_id) references ops.outbox (id) on delete cascade,
    constraint outbox_attempts_outcome_check
    check (
        outcome in ('delivered', 'retry', 'unknown', 'dead')
        and (outcome is null) = (finished_at is null)
    )
);
alter table ops.outbox_attempts enable row level security;
comment on table ops.outbox_attempts is
    'Every call that was made for a row of the outbox; without an outcome it is under way, or its '
    'runner died. code is what the other side gave (an HTTP status, an SMTP code).';

-- squawk-ignore ban-drop-not-null
alter table ops.job_schedules alter column every drop not null;
alter table ops.job_schedules add column cron text;
alter table ops.job_schedules add column time_zone text not null default 'UTC';
alter table ops.job_schedules add column failures integer not null default 0;
-- squawk-ignore constraint-missing-not-valid
alter table ops.job_schedules add constraint job_schedules_when_check
check (num_nonnulls(every, cron) = 1);
-- squawk-ignore constraint-missing-not-valid
alter table ops.job_schedules add constraint job_schedules_cron_check
check (cron ~ '^[0-9*/,-]+( [0-9*/,-]+){2} [0-9a-z*/,-]+ [a-z*,-]+$');
-- squawk-ignore constraint-missing-not-valid
alter table ops.job_schedules add constraint job_schedules_time_zone_check
check ((timestamptz '2000-01-01 00:00:00+00' at time zone time_zone) is not null);
comment on table ops.job_schedules is
    'What runs when, every so often or by the calendar (cron: minute, hour, day, month, day of '
    'the week by its name, in time_zone; next_run_at is infinity until whoever reads calendars has '
    'planned it): each job is the function jobs.<job>(). failures: one after the other until now.';

create table ops.offline_charge_points (
    tenant_id bigint not null,
    charge_point_id bigint not null,
    offline_since timestamptz not null,
    constraint offline_charge_points_pkey primary key (tenant_id, charge_point_id),
    constraint offline_charge_points_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade
);
alter table ops.offline_charge_points enable row level security;
comment on table ops.offline_charge_points is
    'Charge points whose absence was told; those that are back leave it.';

insert into ops.job_schedules (job, every, description) values
    ('tend_outbox', '10 seconds', 'Find calls to the outside whose runner died.'),
    ('detect_offline', '30 seconds', 'Tell of charge points that are gone, or back.');

insert into ops.settings (name, value, description) values
    ('fleet.offline_alert_s', '300', 'A charge point offline for so long is told of.'),
    ('jobs.event_days', '90', 'How long events are kept.'),
    ('jobs.dead_outbox_days', '365', 'How long effects that were given up are kept.');

reset role;
