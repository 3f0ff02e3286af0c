-- Id tokens, writable.
create or replace view api.id_tokens
with (security_invoker = true) as
select
    t.tenant_id,
    t.id,
    t.id_token,
    t.type,
    t.id_token_group_id,
    t.user_id,
    t.contract_id,
    t.label,
    t.is_blocked,
    t.block_reason,
    t.valid_from,
    t.expires_at,
    t.max_concurrent_transactions,
    t.created_at,
    t.updated_at
from core.id_tokens as t;
alter view api.id_tokens alter column tenant_id set default claims.tenant_id();

grant select (
    tenant_id, id, id_token, type, id_token_group_id, user_id, contract_id, label, is_blocked,
    block_reason, valid_from, expires_at, max_concurrent_transactions, created_at, updated_at
) on api.id_tokens to staff, customer, platform;
grant insert (
    tenant_id, id_token, type, id_token_group_id, user_id, contract_id, label, is_blocked,
    block_reason, valid_from, expires_at, max_concurrent_transactions
) on api.id_tokens to staff, platform;
grant update (
    id_token, type, id_token_group_id, user_id, contract_id, label, is_blocked, block_reason,
    valid_from, expires_at, max_concurrent_transactions
) on api.id_tokens to staff, platform;
grant delete on api.id_tokens to staff, platform;

comment on view api.id_tokens is 'What a driver shows to charge: a card, a key fob, a contract.';
comment on column api.id_tokens.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.id_tokens.id is 'Number of the token.';
comment on column api.id_tokens.id_token is
    'What the reader sends: compared without case, unique within the tenant.';
comment on column api.id_tokens.type is
    'Kind of token as in OCPP 2.0.1 IdTokenEnumType, such as ISO14443 (a card) or eMAID.';
comment on column api.id_tokens.id_token_group_id is 'The group it belongs to.';
comment on column api.id_tokens.user_id is 'The person it belongs to: a member of the tenant.';
comment on column api.id_tokens.contract_id is
    'Contract id (eMAID) such as NL-TNM-000122045-U; brought into its normal form when '
    'written, a missing check digit is computed.';
comment on column api.id_tokens.label is 'Name for people.';
comment on column api.id_tokens.is_blocked is 'True: it may not charge.';
comment on column api.id_tokens.block_reason is 'Why it is blocked, for people.';
comment on column api.id_tokens.valid_from is 'Before this it may not charge.';
comment on column api.id_tokens.expires_at is 'From this moment on it may not charge.';
comment on column api.id_tokens.max_concurrent_transactions is
    'How many sessions it may run at the same time; 0 means any number.';
comment on column api.id_tokens.created_at is 'When the row was made.';
comment on column api.id_tokens.updated_at is 'When the row was last changed.';
