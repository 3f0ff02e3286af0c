-- API keys, never the keys themselves. Written by functions: create_api_key, revoke_api_key.
create or replace view api.api_keys
with (security_invoker = true)
as
select
    k.tenant_id,
    k.id,
    k.user_id,
    k.name,
    k.prefix,
    k.created_at,
    k.expires_at,
    k.revoked_at,
    k.last_used_at
from core.api_keys as k;

grant select (
    tenant_id, id, user_id, name, prefix, created_at, expires_at, revoked_at, last_used_at
) on api.api_keys to staff, platform;

comment on view api.api_keys is
    E'API keys: yours, or with api_keys.write all of your tenant.\n'
    'create_api_key and revoke_api_key change them.';
comment on column api.api_keys.tenant_id is 'The tenant.';
comment on column api.api_keys.id is 'The key''s number.';
comment on column api.api_keys.user_id is 'The person that the key acts as.';
comment on column api.api_keys.name is 'What the key is for.';
comment on column api.api_keys.prefix is 'How the key begins, to recognise it.';
comment on column api.api_keys.created_at is 'When it was made.';
comment on column api.api_keys.expires_at is 'When it stops working; null: never.';
comment on column api.api_keys.revoked_at is 'When it was revoked; null: it was not.';
comment on column api.api_keys.last_used_at is 'When a token was last made with it.';
