-- What billing runs work off, and what they held.
-- depends: 0026-notifications

create table ops.transactions_to_bill (
    id bigint not null generated always as identity,
    tenant_id bigint not null,
    transaction_id bigint not null,
    queued_at timestamptz not null default now(),
    assigned_at timestamptz,
    payer_account_id bigint,
    credited_account_id bigint,
    is_per_session boolean not null default false,
    reason text,
    next_attempt_at timestamptz not null default now(),
    constraint transactions_to_bill_pkey primary key (id)
);
create index transactions_to_bill_tenant_idx on ops.transactions_to_bill (tenant_id, id);
create index transactions_to_bill_new_idx on ops.transactions_to_bill (id)
where assigned_at is null;
create index transactions_to_bill_payer_idx
on ops.transactions_to_bill (tenant_id, payer_account_id) where payer_account_id is not null;
create index transactions_to_bill_credited_idx
on ops.transactions_to_bill (tenant_id, credited_account_id)
where credited_account_id is not null;
create index transactions_to_bill_session_idx on ops.transactions_to_bill (next_attempt_at)
where is_per_session;
alter table ops.transactions_to_bill enable row level security;
comment on table ops.transactions_to_bill is
    'Transactions that invoices do not tell of as they are: a price that is not billed yet, or one '
    'that was billed and no longer counts. Without a unique key, so that a change while a run '
    'bills is a row of its own. payer_account_id is who is to be billed, credited_account_id who '
    'was (one after another where there are several); both as of assigned_at. reason is why the '
    'last attempt left it.';

-- What was priced before there were invoices.
insert into ops.transactions_to_bill (tenant_id, transaction_id)
select t.tenant_id, t.id
from core.transactions as t
where t.state = 'priced'
order by t.tenant_id, t.id;

create table core.billing_run_held (
    tenant_id bigint not null,
    billing_run_id bigint not null,
    transaction_id bigint not null,
    account_id bigint,
    reason text not null,
    noted_at timestamptz not null default now(),
    constraint billing_run_held_pkey primary key (tenant_id, billing_run_id, transaction_id),
    constraint billing_run_held_run_fkey
    foreign key (tenant_id, billing_run_id)
    references core.billing_runs (tenant_id, id) on delete cascade,
    constraint billing_run_held_transaction_fkey
    foreign key (tenant_id, transaction_id) references core.transactions (tenant_id, id),
    constraint billing_run_held_account_fkey
    foreign key (tenant_id, account_id) references core.accounts (tenant_id, id),
    constraint billing_run_held_reason_check check (reason ~ '^[a-z_]{1,50}$')
);
create index billing_run_held_transaction_idx
on core.billing_run_held (tenant_id, transaction_id);
create index billing_run_held_account_idx on core.billing_run_held (tenant_id, account_id)
where account_id is not null;
alter table core.billing_run_held enable row level security;
comment on table core.billing_run_held is
    'Transactions that a billing run could not bill, and why; account_id would have paid. They '
    'stay to be billed: the next run tries them again.';

insert into ops.job_schedules (job, every, description) values
    ('start_billing_runs', '1 hour', 'Begin the billing run of a month when it is over.'),
    ('run_billing', '1 second', 'Go on with billing runs that are not done.'),
    ('bill_sessions', '5 seconds', 'Invoices of accounts that get one for each session.');

insert into ops.settings (name, value, description) values
    ('billing.run_batch', '500', 'Accounts that one step of a billing run bills.'),
    ('billing.assign_batch', '5000', 'Transactions that bill_sessions finds the payer of.'),
    ('billing.retry_s', '3600', 'Seconds after which what bill_sessions left is tried again.');
