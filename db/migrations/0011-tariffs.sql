-- Tariffs in the shape of OCPI, who pays which, and budgets.
-- depends: 0010-security

insert into core.permissions (key, description) values
    ('tariffs.write', 'Write tariffs, say where and for whom they apply, set budgets.'),
    ('transactions.write', 'Release, correct, write off and re-rate sessions.'),
    ('exports.write', 'Export lists of any length as files.');

create table core.tariffs (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    tariff_id text not null,
    tariff_key text not null generated always as (lower(tariff_id)) stored,
    name text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint tariffs_pkey primary key (tenant_id, id),
    -- OCPI compares ids without case (2.2.1 types, CiString).
    constraint tariffs_tenant_id_tariff_key_key unique (tenant_id, tariff_key),
    constraint tariffs_tenant_id_fkey foreign key (tenant_id) references core.tenants (id),
    constraint tariffs_tariff_id_check
    check (tariff_id ~ '^[!-~]([ -~]{0,34}[!-~])?$'),
    constraint tariffs_name_check check (length(btrim(name)) between 1 and 200)
);
alter table core.tariffs enable row level security;
comment on table core.tariffs is
    'A tariff by its OCPI id; what it costs stands in its versions, one valid at a moment.';

create table core.tariff_versions (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    tariff_id bigint not null,
    version_no integer not null,
    ocpi_version text not null,
    document jsonb not null,
    compiled jsonb not null,
    tariff_hash text not null,
    currency text not null,
    valid tstzrange not null,
    created_at timestamptz not null default now(),
    created_by uuid,
    constraint tariff_versions_pkey primary key (tenant_id, id),
    constraint tariff_versions_tenant_id_tariff_id_version_no_key
    unique (tenant_id, tariff_id, version_no),
    constraint tariff_versions_tariff_fkey
    foreign key (tenant_id, tariff_id) references core.tariffs (tenant_id, id),
    constraint tariff_versions_created_by_fkey
    foreign key (created_by) references core.users (id) on delete set null,
    constraint tariff_versions_valid_excl
    exclude using gist (tenant_id with =, tariff_id with =, valid with &&),
    constraint tariff_versions_valid_check
    check (not isempty(valid) and lower_inc(valid) and not upper_inc(valid)),
    constraint tariff_versions_ocpi_version_check check (ocpi_version in ('2.2.1', '2.3.0')),
    constraint tariff_versions_document_check check (jsonb_typeof(document) = 'object'),
    constraint tariff_versions_tariff_hash_check check (tariff_hash ~ '^[0-9a-f]{64}$'),
    constraint tariff_versions_currency_check check (currency ~ '^[A-Z]{3}$'),
    constraint tariff_versions_version_no_check check (version_no > 0)
);
create index tariff_versions_created_by_idx on core.tariff_versions (created_by);
alter table core.tariff_versions enable row level security;
comment on table core.tariff_versions is
    'What a tariff costs from a moment on: the OCPI document as it came, never changed once a '
    'session was offered it; compiled is what the engine reads, tariff_hash its SHA-256.';

create table core.customer_groups (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    name text not null,
    description text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint customer_groups_pkey primary key (tenant_id, id),
    constraint customer_groups_tenant_id_name_key unique (tenant_id, name),
    constraint customer_groups_tenant_id_fkey foreign key (tenant_id) references core.tenants (id),
    constraint customer_groups_name_check check (length(btrim(name)) between 1 and 200),
    constraint customer_groups_description_check check (length(description) <= 500)
);
alter table core.customer_groups enable row level security;
comment on table core.customer_groups is 'People and tokens who pay the same prices.';

create table core.customer_group_members (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    customer_group_id bigint not null,
    user_id uuid,
    id_token_id bigint,
    created_at timestamptz not null default now(),
    constraint customer_group_members_pkey primary key (tenant_id, id),
    constraint customer_group_members_key unique nulls not distinct
    (tenant_id, customer_group_id, user_id, id_token_id),
    constraint customer_group_members_customer_group_fkey
    foreign key (tenant_id, customer_group_id)
    references core.customer_groups (tenant_id, id) on delete cascade,
    constraint customer_group_members_membership_fkey
    foreign key (tenant_id, user_id)
    references core.memberships (tenant_id, user_id) on delete cascade,
    constraint customer_group_members_id_token_fkey
    foreign key (tenant_id, id_token_id)
    references core.id_tokens (tenant_id, id) on delete cascade,
    constraint customer_group_members_who_check check (num_nonnulls(user_id, id_token_id) = 1)
);
create index customer_group_members_user_idx on core.customer_group_members (tenant_id, user_id);
create index customer_group_members_id_token_idx
on core.customer_group_members (tenant_id, id_token_id);
alter table core.customer_group_members enable row level security;
comment on table core.customer_group_members is
    'Who is in a customer group: a person with all their tokens, or one token.';

create table core.tariff_assignments (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    tariff_id bigint not null,
    site_id bigint,
    charge_point_group_id bigint,
    charge_point_id bigint,
    evse_id bigint,
    connector_id bigint,
    customer_group_id bigint,
    id_token_id bigint,
    priority integer not null default 0,
    starts_at timestamptz,
    ends_at timestamptz,
    place text not null generated always as (
        case
            when connector_id is not null then 'connector'
            when evse_id is not null then 'evse'
            when charge_point_id is not null then 'charge_point'
            when charge_point_group_id is not null then 'group'
            when site_id is not null then 'site'
            else 'tenant'
        end
    ) stored,
    audience text not null generated always as (
        case
            when id_token_id is not null then 'id_token'
            when customer_group_id is not null then 'customer_group'
            else 'everyone'
        end
    ) stored,
    -- Place and audience in one text, such as 'site 12 everyone', by which it is found.
    target text not null generated always as (
        coalesce(
            'connector ' || connector_id::text, 'evse ' || evse_id::text,
            'charge_point ' || charge_point_id::text, 'group ' || charge_point_group_id::text,
            'site ' || site_id::text, 'tenant'
        )
        || coalesce(
            ' id_token ' || id_token_id::text, ' customer_group ' || customer_group_id::text,
            ' everyone'
        )
    ) stored,
    valid tstzrange not null generated always as (
        -- The other way round they would make no range at all; the check below has a name.
        case
            when ends_at <= starts_at then 'empty'::tstzrange
            else tstzrange(starts_at, ends_at)
        end
    ) stored,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint tariff_assignments_pkey primary key (tenant_id, id),
    constraint tariff_assignments_tariff_fkey
    foreign key (tenant_id, tariff_id) references core.tariffs (tenant_id, id) on delete cascade,
    constraint tariff_assignments_site_fkey
    foreign key (tenant_id, site_id) references core.sites (tenant_id, id) on delete cascade,
    constraint tariff_assignments_charge_point_group_fkey
    foreign key (tenant_id, charge_point_group_id)
    references core.charge_point_groups (tenant_id, id) on delete cascade,
    constraint tariff_assignments_charge_point_fkey
    foreign key (tenant_id, charge_point_id)
    references core.charge_points (tenant_id, id) on delete cascade,
    constraint tariff_assignments_evse_fkey
    foreign key (tenant_id, evse_id) references core.evses (tenant_id, id) on delete cascade,
    constraint tariff_assignments_connector_fkey
    foreign key (tenant_id, connector_id)
    references core.connectors (tenant_id, id) on delete cascade,
    constraint tariff_assignments_customer_group_fkey
    foreign key (tenant_id, customer_group_id)
    references core.customer_groups (tenant_id, id) on delete cascade,
    constraint tariff_assignments_id_token_fkey
    foreign key (tenant_id, id_token_id)
    references core.id_tokens (tenant_id, id) on delete cascade,
    constraint tariff_assignments_place_check
    check (
        num_nonnulls(site_id, charge_point_group_id, charge_point_id, evse_id, connector_id) <= 1
    ),
    constraint tariff_assignments_audience_check
    check (num_nonnulls(customer_group_id, id_token_id) <= 1),
    constraint tariff_assignments_priority_check check (priority between -1000 and 1000),
    constraint tariff_assignments_valid_check check (not isempty(valid)),
    -- At one moment one tariff for one place, audience and priority: no draw.
    constraint tariff_assignments_valid_excl
    exclude using gist (tenant_id with =, target with =, priority with =, valid with &&)
);
create index tariff_assignments_target_idx on core.tariff_assignments (tenant_id, target);
create index tariff_assignments_tariff_idx on core.tariff_assignments (tenant_id, tariff_id);
create index tariff_assignments_site_idx on core.tariff_assignments (tenant_id, site_id);
create index tariff_assignments_charge_point_group_idx
on core.tariff_assignments (tenant_id, charge_point_group_id);
create index tariff_assignments_charge_point_idx
on core.tariff_assignments (tenant_id, charge_point_id);
create index tariff_assignments_evse_idx on core.tariff_assignments (tenant_id, evse_id);
create index tariff_assignments_connector_idx on core.tariff_assignments (tenant_id, connector_id);
create index tariff_assignments_customer_group_idx
on core.tariff_assignments (tenant_id, customer_group_id);
create index tariff_assignments_id_token_idx on core.tariff_assignments (tenant_id, id_token_id);
alter table core.tariff_assignments enable row level security;
comment on table core.tariff_assignments is
    'Where (tenant, site, group, charge point, EVSE, connector) and for whom (everyone, customer '
    'group, token) a tariff applies.';

create table core.session_tariffs (
    tenant_id bigint not null,
    session_id bigint not null,
    tariff_version_id bigint not null,
    tariff_assignment_id bigint,
    place text not null,
    audience text not null,
    time_zone text not null,
    chosen_at timestamptz not null default now(),
    constraint session_tariffs_pkey primary key (tenant_id, session_id),
    constraint session_tariffs_session_fkey
    foreign key (tenant_id, session_id) references core.sessions (tenant_id, id) on delete cascade,
    -- The version never changes and cannot go while a session names it: it is the snapshot.
    constraint session_tariffs_tariff_version_fkey
    foreign key (tenant_id, tariff_version_id) references core.tariff_versions (tenant_id, id),
    constraint session_tariffs_tariff_assignment_fkey
    foreign key (tenant_id, tariff_assignment_id)
    references core.tariff_assignments (tenant_id, id) on delete set null (tariff_assignment_id),
    constraint session_tariffs_place_check
    check (
        place in ('tenant', 'site', 'group', 'charge_point', 'evse', 'connector', 'operator')
    ),
    constraint session_tariffs_audience_check
    check (audience in ('everyone', 'customer_group', 'id_token', 'operator')),
    constraint session_tariffs_time_zone_check
    check ((timestamptz '2000-01-01 00:00:00+00' at time zone time_zone) is not null)
);
create index session_tariffs_tariff_version_idx
on core.session_tariffs (tenant_id, tariff_version_id);
create index session_tariffs_tariff_assignment_idx
on core.session_tariffs (tenant_id, tariff_assignment_id);
alter table core.session_tariffs enable row level security;
comment on table core.session_tariffs is
    'The tariff version that a session is priced with, why it was chosen, and the zone of its '
    'clock: fixed when the session is authorised.';

create table core.budgets (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    id_token_id bigint,
    user_id uuid,
    per text not null,
    max_energy_wh bigint,
    max_amount numeric(14, 4),
    currency text,
    is_enabled boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint budgets_pkey primary key (tenant_id, id),
    constraint budgets_key unique nulls not distinct (tenant_id, id_token_id, user_id, per),
    constraint budgets_id_token_fkey
    foreign key (tenant_id, id_token_id)
    references core.id_tokens (tenant_id, id) on delete cascade,
    constraint budgets_membership_fkey
    foreign key (tenant_id, user_id)
    references core.memberships (tenant_id, user_id) on delete cascade,
    constraint budgets_who_check check (num_nonnulls(id_token_id, user_id) = 1),
    constraint budgets_per_check check (per in ('session', 'day', 'month')),
    constraint budgets_limit_check check (num_nonnulls(max_energy_wh, max_amount) >= 1),
    constraint budgets_max_energy_wh_check check (max_energy_wh between 1 and 1000000000000),
    -- NaN is above every number.
    constraint budgets_max_amount_check check (max_amount > 0 and max_amount <> 'NaN'),
    constraint budgets_currency_check
    check (currency ~ '^[A-Z]{3}$' and (currency is null) = (max_amount is null))
);
create index budgets_user_idx on core.budgets (tenant_id, user_id);
alter table core.budgets enable row level security;
comment on table core.budgets is
    'What a token or a person may use in a session, day or month, in watt-hours or in money with '
    'tax: reached, charging is stopped.';
