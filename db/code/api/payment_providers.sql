-- Card providers of legal entities, writable.
create or replace view api.payment_providers
with (security_invoker = true) as
select
    v.tenant_id,
    v.id,
    v.legal_entity_id,
    v.provider,
    v.is_enabled,
    v.has_api_key,
    v.has_webhook_secret,
    v.created_at,
    v.updated_at
from core.payment_providers as v;
alter view api.payment_providers alter column tenant_id set default claims.tenant_id();
alter view api.payment_providers alter column provider set default 'stripe';
alter view api.payment_providers alter column is_enabled set default true;

grant select (
    tenant_id, id, legal_entity_id, provider, is_enabled, has_api_key, has_webhook_secret,
    created_at, updated_at
) on api.payment_providers to staff, platform;

grant insert (tenant_id, legal_entity_id, provider, is_enabled) on api.payment_providers
to staff, platform;
grant update (is_enabled) on api.payment_providers to staff, platform;
grant delete on api.payment_providers to staff, platform;

comment on view api.payment_providers is
    E'Through whom a legal entity takes cards.\n'
    'Keys are set by set_payment_provider_secrets and never shown. Staff read with billing.read '
    'and write with billing.write.';
comment on column api.payment_providers.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.payment_providers.id is 'Number of the row.';
comment on column api.payment_providers.legal_entity_id is 'Whose card payments it takes.';
comment on column api.payment_providers.provider is 'stripe.';
comment on column api.payment_providers.is_enabled is
    'Switched off, nobody can pay through it; what is under way goes on.';
comment on column api.payment_providers.has_api_key is 'Whether its API key is set.';
comment on column api.payment_providers.has_webhook_secret is
    'Whether the secret that its events are signed with is set.';
comment on column api.payment_providers.created_at is 'When the row was made.';
comment on column api.payment_providers.updated_at is 'When the row was last changed.';
