-- Generated from db/migrations/0024-privacy.sql by `make supabase`. Change the source, not this file.

set role voltaro_owner;

-- Consent to terms, export and erasure of what is known about a person, retention.
-- depends: 0023-documents

create table core.consents (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    user_id uuid not null,
    document text not null,
    version text not null,
    via text not null,
    accepted_at timestamptz not null default now(),
    constraint consents_pkey primary key (tenant_id, id),
    -- Accepted once more it is the same.
    constraint consents_version_key unique (tenant_id, user_id, document, version),
    constraint consents_membership_fkey
    foreign key (tenant_id, user_id) references core.memberships (tenant_id, user_id),
    constraint consents_texts_check
    check (document ~ '^[a-z][a-z0-9_-]{0,49}$' and length(btrim(version)) between 1 and 50),
    constraint consents_via_check check (via in ('portal', 'app', 'api', 'paper'))
);
alter table core.consents enable row level security;
comment on table core.consents is
    'Which version of which terms a person accepted, when and where; never changed.';

create table core.erasures (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    user_id uuid not null,
    state text not null default 'requested',
    requested_at timestamptz not null default now(),
    requested_by uuid,
    reason text,
    erased_at timestamptz,
    erased_by uuid,
    counts jsonb,
    -- The audit log may be changed in this database transaction, and only then.
    written_in xid8,
    constraint erasures_pkey primary key (tenant_id, id),
    constraint erasures_membership_fkey
    foreign key (tenant_id, user_id) references core.memberships (tenant_id, user_id),
    constraint erasures_requested_by_fkey
    foreign key (requested_by) references core.users (id) on delete set null,
    constraint erasures_erased_by_fkey
    foreign key (erased_by) references core.users (id) on delete set null,
    constraint erasures_state_check
    check (
        state in ('requested', 'done')
        and (state = 'done') = (erased_at is not null)
        and (state = 'requested' or written_in is not null)
    ),
    constraint erasures_reason_check check (length(btrim(reason)) between 3 and 500)
);
create unique index erasures_requested_key on core.erasures (tenant_id, user_id)
where state = 'requested';
create index erasures_user_idx on core.erasures (tenant_id, user_id);
create index erasures_requested_by_idx on core.erasures (requested_by);
create index erasures_erased_by_idx on core.erasures (erased_by);
create index erasures_written_in_idx on core.erasures (written_in) where written_in is not null;
alter table core.erasures enable row level security;
comment on table core.erasures is
    'Who asked to be erased, and who did it when and why; counts says of which table how many '
    'rows. One that is done never changes.';

create table ops.personal_data (
    table_name text not null,
    position smallint not null,
    found_by text not null,
    is_exported boolean not null default true,
    hidden text[] not null default '{}',
    on_erasure text not null,
    is_shared boolean not null default false,
    cleared jsonb not null default '{}',
    masked text[] not null default '{}',
    note text not null,
    constraint personal_data_pkey primary key (table_name),
    constraint personal_data_on_erasure_check
    check (
        on_erasure in ('keep', 'delete', 'clear')
        and (on_erasure = 'clear') = (cleared <> '{}')
    )
);
alter table ops.personal_data enable row level security;
comment on table ops.personal_data is
    'What is known about a person, by table: found_by is a condition on its rows r, $1 being the '
    'tenant and $2 the person; hidden columns are not exported; cleared has an expression for '
    'each column that an erasure overwrites, masked the columns that follow from those and are '
    'overwritten in the audit log as well. Shared rows are those of all tenants of a person, '
    'and erased in the last one.';

insert into ops.personal_data (
    table_name, position, found_by, is_exported, hidden, on_erasure, is_shared, cleared, masked,
    note
)
select
    v.table_name,
    row_number() over (order by v.place, v.table_name),
    case v.found_by
        when 'person' then 'r.tenant_id = $1 and r.user_id = $2'
        when 'shared' then 'r.user_id = $2'
        when 'customer'
            then
                'r.tenant_id = $1 and r.customer_id = any(array(select c.id from core.customers '
                'as c where c.tenant_id = $1 and c.user_id = $2))'
        when 'account'
            then
                'r.tenant_id = $1 and r.account_id = any(array(select a.id from core.accounts as '
                'a inner join core.customers as c on c.tenant_id = a.tenant_id and c.id = '
                'a.customer_id where c.tenant_id = $1 and c.user_id = $2))'
        when 'token'
            then
                'r.tenant_id = $1 and (r.user_id = $2 or r.id_token_id = any(array(select t.id '
                'from core.id_tokens as t where t.tenant_id = $1 and t.user_id = $2)))'
        else v.found_by
    end,
    v.is_exported,
    v.hidden::text[],
    v.on_erasure,
    v.found_by = 'shared' or v.table_name = 'core.users',
    v.cleared::jsonb,
    case v.table_name when 'core.id_tokens' then array['id_token_key'] else '{}' end,
    v.note
from (
    values
        -- What is deleted first has keys to what follows.
        (
            0, 'ops.outbox',
            'r.state not in (''running'', ''asking'') and (r.tenant_id = $1 or r.tenant_id is '
            'null and r.state in (''delivered'', ''dead'')) and (r.id in (select n.outbox_id '
            'from core.notifications as n where n.tenant_id = $1 and n.user_id = $2) '
            'or lower(r.payload ->> ''to'') in (select lower(u.email) from core.users as u '
            'where u.id = $2 union all select lower(c.email) from core.customers as c '
            'where c.tenant_id = $1 and c.user_id = $2 union all select t.phone '
            'from core.notification_phones as t where t.tenant_id = $1 and t.user_id = $2) '
            'or r.payload ->> ''customer_id'' in (select c.id::text from core.customers as c '
            'where c.tenant_id = $1 and c.user_id = $2))',
            false, '{}', 'delete', '{}', 'Messages that were sent or wait, and what came of them.'
        ),
        (1, 'core.login_sessions', 'person', true, '{}', 'delete', '{}', 'Sign-ins.'),
        (2, 'core.api_keys', 'person', true, '{key_hash}', 'delete', '{}', 'API keys.'),
        (3, 'core.credentials', 'shared', false, '{}', 'delete', '{}', 'The password, hashed.'),
        (
            4, 'core.one_time_tokens', 'shared', false, '{}', 'delete', '{}',
            'Links that were sent by e-mail, hashed.'
        ),
        (
            5, 'core.identities', 'shared', true, '{}', 'delete', '{}',
            'Who the person is at other issuers of tokens.'
        ),
        (
            6, 'core.notification_phones', 'person', true, '{}', 'delete', '{}',
            'The phone that messages go to.'
        ),
        (
            7, 'core.notification_preferences', 'person', true, '{}', 'delete', '{}',
            'Which messages the person wants.'
        ),
        (
            8, 'core.notifications', 'person', true, '{}', 'keep', '{}',
            'That a message was sent; what it said goes with the outbox.'
        ),
        (9, 'core.budgets', 'token', true, '{}', 'delete', '{}', 'Limits that were set.'),
        (
            10, 'core.customer_group_members', 'token', true, '{}', 'delete', '{}',
            'Groups for prices.'
        ),
        (
            11, 'core.authorizations', 'token', true, '{}', 'clear',
            '{"id_token": "''ERASED'' || r.id_token_id"}', 'When a card was shown where.'
        ),
        (
            12, 'core.reservations', 'token', true, '{}', 'clear',
            '{"id_token": "''ERASED'' || coalesce(r.id_token_id, 0)", "parent_id_token": "null"}',
            'What was reserved.'
        ),
        (
            12, 'ops.commands',
            'r.tenant_id = $1 and r.finished_at is not null and lower(r.payload ->> ''idTag'') '
            '= any(array(select t.id_token_key from core.id_tokens as t '
            'where t.tenant_id = $1 and t.user_id = $2))',
            true, '{}', 'clear',
            '{"payload": "r.payload || ''{\"idTag\": \"ERASED\"}''::jsonb"}',
            'Starts and reservations from afar that are over.'
        ),
        (
            13, 'core.sessions', 'token', true, '{start_key,stop_key}', 'clear',
            '{"id_token": "''ERASED'' || coalesce(r.id_token_id, 0)",
              "stop_id_token":
              "case when r.stop_id_token is not null then ''ERASED'' end",
              "start_key": "case when r.start_key is not null then ''erased '' || r.id end",
              "stop_key": "case when r.stop_key is not null then ''erased '' || r.id end"}',
            'Where and when was charged how much: without the card it is a figure of the site.'
        ),
        (
            14, 'core.transactions', 'person', true, '{hold_details}', 'keep', '{}',
            'What invoices rest on: the law keeps it.'
        ),
        (
            15, 'core.ratings', 'person', true, '{session}', 'keep', '{}',
            'How prices came about, with the card as on the receipt: the law keeps it.'
        ),
        (
            16, 'core.transaction_facts', 'token', false, '{}', 'keep', '{}',
            'The same once more, for reports.'
        ),
        (
            17, 'core.mandates', 'account', true, '{}', 'clear',
            '{"state":
              "case when r.state in (''pending'', ''active'') then ''revoked'' else r.state end"}',
            'Revoked; holder and account prove what was collected: the law keeps them.'
        ),
        (
            17, 'core.cards', 'account', true, '{}', 'clear',
            '{"state": "''removed''", "brand": "null", "last4": "null", "expires_on": "null"}',
            'Charged no more; its number at the provider stays for refunds.'
        ),
        (
            17, 'core.payment_events',
            'r.tenant_id = $1 and r.processed_at is not null and r.payment_id in (select p.id '
            'from core.payments as p inner join core.accounts as a on a.tenant_id = p.tenant_id '
            'and a.id = p.account_id inner join core.customers as c on c.tenant_id = a.tenant_id '
            'and c.id = a.customer_id where p.tenant_id = $1 and c.user_id = $2)',
            true, '{}', 'clear', '{"data": "''{}''"}', 'What the card provider told of payments.'
        ),
        (
            18, 'core.invoices', 'account', true, '{}', 'keep', '{}', 'The law keeps invoices.'
        ),
        (
            19, 'core.invoice_lines', 'account', true, '{}', 'keep', '{}',
            'The law keeps invoices.'
        ),
        (
            20, 'core.dunning_notices', 'account', true, '{}', 'keep', '{}',
            'Part of the books.'
        ),
        (21, 'core.payments', 'account', true, '{}', 'keep', '{}', 'Part of the books.'),
        (22, 'core.allocations', 'account', false, '{}', 'keep', '{}', 'Part of the books.'),
        (
            23, 'core.ledger_entries', 'account', false, '{}', 'keep', '{}', 'Part of the books.'
        ),
        (
            24, 'core.documents', 'account', true, '{content}', 'keep', '{}',
            'The documents of invoices; they are downloaded one by one.'
        ),
        (
            25, 'core.contracts', 'account', true, '{}', 'clear',
            '{"ends_at":
              "coalesce(r.ends_at, greatest(now(), r.starts_at + interval ''1 second''))"}',
            'Which card is whose: ended.'
        ),
        (
            26, 'core.accounts', 'customer', true, '{}', 'clear',
            '{"name": "''''", "state": "''closed''", "state_reason": "null"}',
            'Closed; the books name it by its number.'
        ),
        (
            27, 'core.customer_addresses', 'customer', true, '{}', 'delete', '{}',
            'Invoices keep the address that they were sent to.'
        ),
        (
            28, 'core.customers', 'person', true, '{}', 'clear',
            '{"name": "''Erased''", "contact_name": "null",
              "email": "''erased@erased.invalid''", "phone": "null", "vat_id": "null",
              "vat_id_evidence": "null", "tax_number": "null", "buyer_reference": "null",
              "erased_at": "now()"}',
            'The number stays, for the books.'
        ),
        (
            29, 'core.id_tokens', 'person', true, '{}', 'clear',
            '{"id_token": "''ERASED'' || r.id", "contract_id": "null", "label": "''''",
              "is_blocked": "true", "block_reason": "''erased''"}',
            'The card charges no more.'
        ),
        (30, 'core.consents', 'person', true, '{}', 'keep', '{}', 'The proof of consent.'),
        (
            31, 'core.erasures', 'person', true, '{written_in}', 'keep', '{}',
            'The proof of the erasure.'
        ),
        (
            32, 'core.memberships', 'person', true, '{}', 'clear', '{"is_active": "false"}',
            'Without it nothing is seen.'
        ),
        (
            33, 'core.users', 'r.id = $2', true, '{}', 'clear',
            '{"email": "''erased-'' || r.id || ''@erased.invalid''", "full_name": "''''",
              "is_active": "false", "email_verified_at": "null"}',
            'The number stays: the audit names it.'
        ),
        (
            34, 'core.audit_log', 'person', true, '{old_values,new_values}', 'keep', '{}',
            'What the person did; what it says about the person is overwritten.'
        )
) as v (place, table_name, found_by, is_exported, hidden, on_erasure, cleared, note);

create table ops.retention_rules (
    id integer not null generated always as identity,
    table_name text not null,
    condition text,
    setting text not null,
    description text not null,
    constraint retention_rules_pkey primary key (id),
    constraint retention_rules_setting_fkey foreign key (setting) references ops.settings (name)
);
create index retention_rules_setting_idx on ops.retention_rules (setting);
alter table ops.retention_rules enable row level security;
comment on table ops.retention_rules is
    'What jobs.expire_records deletes: rows that meet a condition on a time ($1), so many days '
    'after it; the days are a setting. Without a condition a function knows which. What lies in '
    'partitions goes with them (ops.partitioned_tables).';

insert into ops.retention_rules (table_name, condition, setting, description) values
    (
        'core.refresh_tokens',
        'expires_at < $1',
        'jobs.expired_token_days', 'Refresh tokens that are over.'
    ),
    (
        'core.login_sessions',
        'expires_at < $1',
        'jobs.expired_token_days', 'Sign-ins that are over.'
    ),
    (
        'core.one_time_tokens',
        'expires_at < $1',
        'jobs.expired_token_days', 'Links of e-mails that are over.'
    ),
    (
        'core.revoked_tokens',
        'expires_at < $1',
        'jobs.expired_token_days', 'Revoked tokens that are over.'
    ),
    (
        'ops.login_attempts',
        'last_failed_at < $1 and (locked_until is null or locked_until < $1)',
        'jobs.expired_token_days', 'Failed sign-ins.'
    ),
    (
        'ops.connections',
        'closed_at < $1',
        'jobs.connection_days', 'Connections of chargers that are closed.'
    ),
    (
        'ops.bridges',
        'last_seen_at < $1 and not exists (select from ops.connections as c where '
        'c.bridge_id = bridges.id)',
        'jobs.job_run_days', 'Bridges that are gone.'
    ),
    ('ops.commands', 'finished_at < $1', 'jobs.command_days', 'Commands that are over.'),
    (
        'core.device_jobs',
        'finished_at < $1',
        'jobs.device_job_days', 'Firmware and log transfers that are over.'
    ),
    ('core.campaigns', 'finished_at < $1', 'jobs.device_job_days', 'Campaigns that are over.'),
    ('core.security_events', 'received_at < $1', 'jobs.security_event_days', 'Security events.'),
    (
        'core.certificate_requests',
        'decided_at < $1',
        'jobs.security_event_days', 'Requests for certificates.'
    ),
    (
        'core.charge_point_certificates',
        'charge_point_id is null and not_after < $1',
        'jobs.security_event_days', 'Certificates of deleted charge points, long expired.'
    ),
    ('core.alarms', 'cleared_at < $1', 'jobs.alarm_days', 'Alarms that are cleared.'),
    (
        'core.configuration_changes',
        'changed_at < $1',
        'jobs.device_history_days', 'Changes of configuration keys.'
    ),
    (
        'core.reservations',
        'expires_at < $1 and state not in (''requested'', ''reserved'', ''unknown'') and '
        'not exists (select from core.transactions as t where t.tenant_id = '
        'reservations.tenant_id and t.reservation_id = reservations.id)',
        'jobs.device_history_days',
        'Reservations that are over, but for those that were charged for.'
    ),
    (
        'core.charging_profile_installations',
        'ended_at < $1',
        'jobs.device_history_days', 'Charging profiles that are gone.'
    ),
    (
        'ops.transfer_tickets',
        'expires_at < $1',
        'jobs.expired_token_days', 'Tickets of file transfers that are over.'
    ),
    ('core.exports', 'finished_at < $1', 'jobs.export_days', 'Exports of lists.'),
    ('ops.job_runs', 'started_at < $1', 'jobs.job_run_days', 'Runs of jobs.'),
    (
        'ops.failed_messages',
        'received_at < $1',
        'jobs.failed_message_days', 'Messages that our own code failed on.'
    ),
    ('ops.outbox', 'delivered_at < $1', 'jobs.job_run_days', 'Effects outside that are done.'),
    (
        'core.unknown_charge_points',
        'last_seen_at < $1 and state = ''waiting''',
        'jobs.unknown_days', 'Unknown charge points that nobody decided on.'
    ),
    (
        'core.unknown_id_tokens',
        'last_seen_at < $1 and state = ''waiting''',
        'jobs.unknown_days', 'Unknown tokens that nobody decided on.'
    ),
    (
        'sign-ups and e-mails',
        null,
        'access.unverified_user_days', 'Sign-ups that nobody verified, and e-mails of no more use.'
    ),
    (
        'ops.outbox', 'dead_at < $1', 'jobs.dead_outbox_days',
        'Effects outside that were given up.'
    ),
    ('core.events', 'occurred_at < $1', 'jobs.event_days', 'What happened, as webhooks tell it.'),
    (
        'core.payment_events', 'received_at < $1 and processed_at is not null',
        'payments.event_days', 'What card providers told.'
    );

insert into ops.job_schedules (job, every, description) values
    ('check_vat_ids', '10 minutes', 'Have VAT ids of customers checked by the register.');

reset role;
