-- Generated from db/migrations/0004-id-tokens.sql by `make supabase`. Change the source, not this file.

set role voltaro_owner;

-- Id tokens, their groups and rights, and what was answered to whom.
-- depends: 0003-fleet

create table core.id_token_groups (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    group_token text not null,
    name text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint id_token_groups_pkey primary key (tenant_id, id),
    constraint id_token_groups_tenant_id_fkey foreign key (tenant_id) references core.tenants (id),
    -- OCPP 1.6 §7.28: an idTag, and so a parentIdTag, has at most 20 characters.
    constraint id_token_groups_group_token_check check (group_token ~ '^[!-~]{1,20}$'),
    constraint id_token_groups_name_check check (length(btrim(name)) between 1 and 200)
);
create unique index id_token_groups_tenant_id_group_token_key
on core.id_token_groups (tenant_id, lower(group_token));
alter table core.id_token_groups enable row level security;
comment on table core.id_token_groups is
    'Tokens that may end each other''s sessions; group_token is OCPP 1.6''s parentIdTag.';

create table core.id_tokens (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    id_token text not null,
    id_token_key text not null generated always as (lower(id_token)) stored,
    type text not null default 'ISO14443',
    id_token_group_id bigint,
    user_id uuid,
    contract_id text,
    label text not null default '',
    is_blocked boolean not null default false,
    block_reason text,
    valid_from timestamptz,
    expires_at timestamptz,
    max_concurrent_transactions smallint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint id_tokens_pkey primary key (tenant_id, id),
    constraint id_tokens_tenant_id_id_token_key_key unique (tenant_id, id_token_key),
    constraint id_tokens_tenant_id_fkey foreign key (tenant_id) references core.tenants (id),
    constraint id_tokens_group_fkey
    foreign key (tenant_id, id_token_group_id) references core.id_token_groups (tenant_id, id),
    constraint id_tokens_membership_fkey
    foreign key (tenant_id, user_id) references core.memberships (tenant_id, user_id),
    -- OCPP 2.0.1 part 2 §2.37 allows 36 characters, 1.6 only 20.
    constraint id_tokens_id_token_check check (id_token ~ '^[!-~]{1,36}$'),
    constraint id_tokens_type_check
    check (
        type in (
            'Central', 'eMAID', 'ISO14443', 'ISO15693', 'KeyCode', 'Local', 'MacAddress',
            'NoAuthorization'
        )
    ),
    constraint id_tokens_contract_id_check
    check (contract_id ~ '^[A-Z]{2}-[A-Z0-9]{3}-[A-Z0-9]{9}-[A-Z0-9]$'),
    constraint id_tokens_label_check check (length(label) <= 200),
    constraint id_tokens_block_reason_check check (length(block_reason) <= 200),
    constraint id_tokens_validity_check check (expires_at > valid_from),
    -- Typing errors and infinity.
    constraint id_tokens_valid_from_check
    check (valid_from between '2000-01-01T00:00:00Z' and '2200-01-01T00:00:00Z'),
    constraint id_tokens_expires_at_check
    check (expires_at between '2000-01-01T00:00:00Z' and '2200-01-01T00:00:00Z'),
    constraint id_tokens_max_concurrent_transactions_check
    check (max_concurrent_transactions between 0 and 1000)
);
create index id_tokens_group_idx on core.id_tokens (tenant_id, id_token_group_id);
create index id_tokens_user_idx on core.id_tokens (tenant_id, user_id);
create unique index id_tokens_tenant_id_contract_id_key on core.id_tokens (tenant_id, contract_id);
alter table core.id_tokens enable row level security;
comment on table core.id_tokens is
    'What a driver shows to charge: compared without case, blocked or expiring, of one person.';

create table core.id_token_rights (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    id_token_id bigint,
    id_token_group_id bigint,
    site_id bigint,
    charge_point_group_id bigint,
    created_at timestamptz not null default now(),
    constraint id_token_rights_pkey primary key (tenant_id, id),
    constraint id_token_rights_key unique nulls not distinct
    (tenant_id, id_token_id, id_token_group_id, site_id, charge_point_group_id),
    constraint id_token_rights_id_token_fkey
    foreign key (tenant_id, id_token_id)
    references core.id_tokens (tenant_id, id) on delete cascade,
    constraint id_token_rights_id_token_group_fkey
    foreign key (tenant_id, id_token_group_id)
    references core.id_token_groups (tenant_id, id) on delete cascade,
    constraint id_token_rights_site_fkey
    foreign key (tenant_id, site_id) references core.sites (tenant_id, id),
    constraint id_token_rights_charge_point_group_fkey
    foreign key (tenant_id, charge_point_group_id)
    references core.charge_point_groups (tenant_id, id),
    constraint id_token_rights_who_check check (num_nonnulls(id_token_id, id_token_group_id) = 1),
    constraint id_token_rights_where_check check (num_nonnulls(site_id, charge_point_group_id) = 1)
);
create index id_token_rights_id_token_group_idx
on core.id_token_rights (tenant_id, id_token_group_id);
create index id_token_rights_site_idx on core.id_token_rights (tenant_id, site_id);
create index id_token_rights_charge_point_group_idx
on core.id_token_rights (tenant_id, charge_point_group_id);
alter table core.id_token_rights enable row level security;
comment on table core.id_token_rights is
    'Where a token, or every token of a group, may charge; without any row: everywhere.';

create table core.authorizations (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    charge_point_id bigint not null,
    id_token text not null,
    id_token_id bigint,
    user_id uuid,
    source text not null,
    status text not null,
    reason text not null,
    decided_at timestamptz not null,
    constraint authorizations_pkey primary key (tenant_id, id, decided_at),
    constraint authorizations_source_check check (source in ('authorize', 'start', 'stop')),
    constraint authorizations_status_check
    check (status in ('Accepted', 'Blocked', 'Expired', 'Invalid', 'ConcurrentTx'))
) partition by range (decided_at);
create index authorizations_charge_point_idx
on core.authorizations (tenant_id, charge_point_id, decided_at desc);
create index authorizations_user_idx on core.authorizations (tenant_id, user_id, decided_at desc);
alter table core.authorizations enable row level security;
comment on table core.authorizations is
    'Every answer to a shown token, with the reason that the charger is not told.';

create table core.unknown_id_tokens (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    id_token text not null,
    id_token_key text not null,
    state text not null default 'waiting',
    attempts bigint not null default 1,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    last_charge_point_id bigint,
    decided_at timestamptz,
    decided_by uuid,
    constraint unknown_id_tokens_pkey primary key (tenant_id, id),
    constraint unknown_id_tokens_tenant_id_id_token_key_key unique (tenant_id, id_token_key),
    constraint unknown_id_tokens_tenant_id_fkey
    foreign key (tenant_id) references core.tenants (id),
    constraint unknown_id_tokens_charge_point_fkey
    foreign key (tenant_id, last_charge_point_id)
    references core.charge_points (tenant_id, id) on delete set null (last_charge_point_id),
    constraint unknown_id_tokens_decided_by_fkey
    foreign key (decided_by) references core.users (id) on delete set null,
    constraint unknown_id_tokens_state_check check (state in ('waiting', 'admitted', 'ignored'))
);
create index unknown_id_tokens_charge_point_idx
on core.unknown_id_tokens (tenant_id, last_charge_point_id);
create index unknown_id_tokens_decided_by_idx on core.unknown_id_tokens (decided_by);
alter table core.unknown_id_tokens enable row level security;
comment on table core.unknown_id_tokens is 'Tokens shown at a charger that nobody has registered.';

insert into ops.partitioned_tables (table_name, partition_by, ahead, behind, retention) values
    ('core.authorizations', 'month', '2 months', '0', '24 months');

reset role;
