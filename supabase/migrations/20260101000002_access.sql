-- Generated from db/migrations/0002-access.sql by `make supabase`. Change the source, not this file.

set role voltaro_owner;

-- Tenants, people, roles, permissions, sign-in and API keys.
-- depends: 0001-foundation

create table core.tenants (
    id bigint not null generated always as identity,
    slug text not null,
    name text not null,
    country_code text not null,
    party_id text not null,
    time_zone text not null default 'UTC',
    currency text not null default 'EUR',
    language text not null default 'en',
    cpo_name text,
    is_active boolean not null default true,
    allows_sign_up boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint tenants_pkey primary key (id),
    constraint tenants_slug_key unique (slug),
    constraint tenants_country_code_party_id_key unique (country_code, party_id),
    constraint tenants_slug_check check (slug ~ '^[a-z0-9][a-z0-9-]{0,47}$'),
    constraint tenants_name_check check (length(btrim(name)) between 1 and 200),
    constraint tenants_country_code_check check (country_code ~ '^[A-Z]{2}$'),
    constraint tenants_party_id_check check (party_id ~ '^[A-Z0-9]{3}$'),
    constraint tenants_currency_check check (currency ~ '^[A-Z]{3}$'),
    constraint tenants_cpo_name_check check (length(btrim(cpo_name)) between 1 and 64),
    constraint tenants_language_check check (language ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    -- An unknown zone raises 22023 here, before it could shift a price.
    constraint tenants_time_zone_check
    check ((timestamptz '2000-01-01 00:00:00+00' at time zone time_zone) is not null)
);
alter table core.tenants enable row level security;
comment on table core.tenants is 'A network operator; everything it owns carries its id.';

create table core.users (
    id uuid not null default gen_random_uuid(),
    email text not null,
    full_name text not null default '',
    language text not null default 'en',
    is_active boolean not null default true,
    email_verified_at timestamptz,
    -- Signed up, and nobody vouches for it yet: neither the owner of the address nor a tenant.
    is_provisional boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint users_pkey primary key (id),
    constraint users_email_check
    check (length(email) between 3 and 254 and email ~ '^[^@\s[:cntrl:]]+@[^@\s[:cntrl:]]+$'),
    constraint users_full_name_check check (length(full_name) <= 200),
    constraint users_language_check check (language ~ '^[a-z]{2}(-[A-Z]{2})?$')
);
create unique index users_email_key on core.users (lower(email));
create index users_created_at_idx on core.users (created_at) where is_provisional;
alter table core.users enable row level security;
comment on table core.users is
    'A person, known by e-mail across tenants; memberships say where and as what.';

create table core.credentials (
    user_id uuid not null,
    password_hash text not null,
    changed_at timestamptz not null default now(),
    constraint credentials_pkey primary key (user_id),
    constraint credentials_user_id_fkey
    foreign key (user_id) references core.users (id) on delete cascade,
    -- bcrypt only, so that an empty or plain value can never verify.
    constraint credentials_password_hash_check check (password_hash ~ '^\$2[aby]\$\d\d\$.{53}$')
);
alter table core.credentials enable row level security;
comment on table core.credentials is 'Password hashes (bcrypt); nobody but the owner reads it.';

create table core.permissions (
    key text not null,
    description text not null,
    constraint permissions_pkey primary key (key),
    constraint permissions_key_check check (key ~ '^[a-z_]+\.[a-z_]+$')
);
alter table core.permissions enable row level security;
comment on table core.permissions is 'What a role may be allowed to do within its tenant.';

insert into core.permissions (key, description) values
    ('tenant.write', 'Change the tenant''s name, zone and settings.'),
    ('users.read', 'See the people of the tenant.'),
    ('users.write', 'Invite people, change their role, deactivate them.'),
    ('roles.write', 'Define roles and what they may do.'),
    ('api_keys.write', 'Create and revoke API keys.'),
    ('sites.write', 'Create, change and delete sites.'),
    ('charge_points.write', 'Create, change and delete charge points, EVSEs and connectors.'),
    ('charge_point_keys.write', 'Give a charge point a new key.'),
    ('onboarding.write', 'Admit or ignore unknown charge points and id tokens.'),
    ('id_tokens.write', 'Create, change, block and delete id tokens.'),
    ('sessions.write', 'End or correct charging sessions.'),
    ('messages.read', 'Read the raw message log.'),
    ('audit.read', 'Read who changed what.');

create table core.roles (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    name text not null,
    audience text not null,
    is_built_in boolean not null default false,
    description text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint roles_pkey primary key (tenant_id, id),
    constraint roles_tenant_id_name_key unique (tenant_id, name),
    constraint roles_tenant_id_fkey foreign key (tenant_id) references core.tenants (id),
    constraint roles_name_check check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
    constraint roles_audience_check check (audience in ('staff', 'customer', 'platform')),
    constraint roles_description_check check (length(description) <= 500)
);
alter table core.roles enable row level security;
comment on table core.roles is
    'A role within a tenant; audience is the database role that its members act as.';

create table core.role_permissions (
    tenant_id bigint not null,
    role_id bigint not null,
    permission text not null,
    constraint role_permissions_pkey primary key (tenant_id, role_id, permission),
    constraint role_permissions_role_fkey
    foreign key (tenant_id, role_id) references core.roles (tenant_id, id) on delete cascade,
    constraint role_permissions_permission_fkey
    foreign key (permission) references core.permissions (key)
);
create index role_permissions_permission_idx on core.role_permissions (permission);
alter table core.role_permissions enable row level security;
comment on table core.role_permissions is 'What the members of a role may do.';

create table core.memberships (
    tenant_id bigint not null,
    user_id uuid not null,
    role_id bigint not null,
    is_active boolean not null default true,
    -- When the person first acted here; until then the tenant learns nothing about them.
    accepted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint memberships_pkey primary key (tenant_id, user_id),
    constraint memberships_tenant_id_fkey foreign key (tenant_id) references core.tenants (id),
    constraint memberships_user_id_fkey
    foreign key (user_id) references core.users (id) on delete cascade,
    constraint memberships_role_fkey
    foreign key (tenant_id, role_id) references core.roles (tenant_id, id)
);
create index memberships_user_id_idx on core.memberships (user_id);
create index memberships_role_idx on core.memberships (tenant_id, role_id);
alter table core.memberships enable row level security;
comment on table core.memberships is 'Which person belongs to which tenant, in which role.';

create table core.login_sessions (
    id uuid not null default gen_random_uuid(),
    tenant_id bigint not null,
    user_id uuid not null,
    api_key_id bigint,
    created_at timestamptz not null default now(),
    last_used_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    revoke_reason text,
    constraint login_sessions_pkey primary key (id),
    constraint login_sessions_membership_fkey
    foreign key (tenant_id, user_id)
    references core.memberships (tenant_id, user_id) on delete cascade,
    constraint login_sessions_revoke_reason_check
    check ((revoked_at is null) = (revoke_reason is null))
);
create index login_sessions_membership_idx on core.login_sessions (tenant_id, user_id);
create index login_sessions_user_id_idx on core.login_sessions (user_id);
create index login_sessions_expires_at_idx on core.login_sessions (expires_at);
alter table core.login_sessions enable row level security;
comment on table core.login_sessions is
    'One sign-in (the sid of its JWTs): revoking it refuses all of them at once.';

create table core.refresh_tokens (
    token_hash bytea not null,
    login_session_id uuid not null,
    issued_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    replaces_hash bytea,
    constraint refresh_tokens_pkey primary key (token_hash),
    constraint refresh_tokens_login_session_id_fkey
    foreign key (login_session_id) references core.login_sessions (id) on delete cascade
);
create index refresh_tokens_login_session_id_idx on core.refresh_tokens (login_session_id);
alter table core.refresh_tokens enable row level security;
comment on table core.refresh_tokens is
    'Hashes of refresh tokens, each with the one before it; reuse revokes the sign-in.';

create table core.revoked_tokens (
    jti uuid not null,
    expires_at timestamptz not null,
    revoked_at timestamptz not null default now(),
    constraint revoked_tokens_pkey primary key (jti)
);
create index revoked_tokens_expires_at_idx on core.revoked_tokens (expires_at);
alter table core.revoked_tokens enable row level security;
comment on table core.revoked_tokens is 'Access tokens refused before their time.';

create table core.one_time_tokens (
    token_hash bytea not null,
    user_id uuid not null,
    purpose text not null,
    issued_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    -- The password chosen at the sign-up that sent this token: valid once this very token is used.
    password_hash text,
    constraint one_time_tokens_pkey primary key (token_hash),
    constraint one_time_tokens_user_id_fkey
    foreign key (user_id) references core.users (id) on delete cascade,
    constraint one_time_tokens_purpose_check
    check (purpose in ('password_reset', 'email_verification')),
    constraint one_time_tokens_password_hash_check
    check (password_hash ~ '^\$2[aby]\$\d\d\$.{53}$')
);
create index one_time_tokens_user_id_idx on core.one_time_tokens (user_id);
alter table core.one_time_tokens enable row level security;
comment on table core.one_time_tokens is 'Hashes of tokens sent by e-mail, each good for once.';

create table core.api_keys (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    user_id uuid not null,
    name text not null,
    prefix text not null,
    key_hash bytea not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    constraint api_keys_pkey primary key (tenant_id, id),
    constraint api_keys_key_hash_key unique (key_hash),
    constraint api_keys_membership_fkey
    foreign key (tenant_id, user_id)
    references core.memberships (tenant_id, user_id) on delete cascade,
    constraint api_keys_name_check check (length(btrim(name)) between 1 and 100)
);
create index api_keys_membership_idx on core.api_keys (tenant_id, user_id);
alter table core.api_keys enable row level security;
comment on table core.api_keys is
    'Keys that another program exchanges for access tokens of the person who made them.';

alter table core.login_sessions
add constraint login_sessions_api_key_fkey
foreign key (tenant_id, api_key_id) references core.api_keys (tenant_id, id) on delete cascade;
create index login_sessions_api_key_idx on core.login_sessions (tenant_id, api_key_id);

create table core.identity_providers (
    issuer text not null,
    audience text not null,
    requires_jti boolean not null default false,
    is_active boolean not null default true,
    created_at timestamptz not null default now(),
    constraint identity_providers_pkey primary key (issuer),
    constraint identity_providers_issuer_check check (length(issuer) between 1 and 500),
    constraint identity_providers_audience_check check (length(audience) between 1 and 500)
);
alter table core.identity_providers enable row level security;
comment on table core.identity_providers is
    'Outside OIDC issuers whose tokens are accepted; their keys are in PostgREST''s JWKS.';

create table core.identities (
    issuer text not null,
    subject text not null,
    user_id uuid not null,
    created_at timestamptz not null default now(),
    constraint identities_pkey primary key (issuer, subject),
    constraint identities_issuer_fkey
    foreign key (issuer) references core.identity_providers (issuer),
    constraint identities_user_id_fkey
    foreign key (user_id) references core.users (id) on delete cascade,
    constraint identities_subject_check check (length(subject) between 1 and 500)
);
create index identities_user_id_idx on core.identities (user_id);
alter table core.identities enable row level security;
comment on table core.identities is 'Which person a subject of an outside issuer is.';

create table core.analysts (
    login text not null,
    tenant_id bigint not null,
    created_at timestamptz not null default now(),
    constraint analysts_pkey primary key (login),
    constraint analysts_tenant_id_fkey foreign key (tenant_id) references core.tenants (id)
);
create index analysts_tenant_id_idx on core.analysts (tenant_id);
alter table core.analysts enable row level security;
comment on table core.analysts is
    'Which tenant a database login sees: read by claims.tenant_id(), which no setting fools.';

create table ops.login_attempts (
    subject_hash bytea not null,
    failures integer not null default 0,
    last_failed_at timestamptz not null default now(),
    locked_until timestamptz,
    constraint login_attempts_pkey primary key (subject_hash),
    constraint login_attempts_failures_check check (failures >= 0)
);
create index login_attempts_last_failed_at_idx on ops.login_attempts (last_failed_at);
alter table ops.login_attempts enable row level security;
comment on table ops.login_attempts is
    'Failed sign-ins by hashed e-mail or address, known or not, so that neither is told apart.';

create table ops.outbox (
    id bigint not null generated always as identity,
    tenant_id bigint,
    kind text not null,
    idempotency_key text not null,
    payload jsonb not null,
    created_at timestamptz not null default now(),
    next_attempt_at timestamptz default now(),
    attempts integer not null default 0,
    delivered_at timestamptz,
    last_error text,
    constraint outbox_pkey primary key (id),
    constraint outbox_idempotency_key_key unique (idempotency_key),
    constraint outbox_tenant_id_fkey foreign key (tenant_id) references core.tenants (id),
    constraint outbox_kind_check check (kind ~ '^[a-z_]+$')
);
create index outbox_next_attempt_at_idx on ops.outbox (next_attempt_at)
where delivered_at is null;
create index outbox_tenant_id_created_at_idx on ops.outbox (tenant_id, created_at);
create index outbox_token_idx on ops.outbox (id) where payload ? 'token';
alter table ops.outbox enable row level security;
comment on table ops.outbox is
    'Outside effects to be done once: the row is written with the change that asks for it.';

reset role;
