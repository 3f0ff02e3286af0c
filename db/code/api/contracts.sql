-- Contracts, writable.
create or replace view api.contracts
with (security_invoker = true) as
select
    k.tenant_id,
    k.id,
    k.account_id,
    k.id_token_id,
    k.starts_at,
    k.ends_at,
    k.created_at,
    k.updated_at
from core.contracts as k;
alter view api.contracts alter column tenant_id set default claims.tenant_id();

grant select (
    tenant_id, id, account_id, id_token_id, starts_at, ends_at, created_at, updated_at
) on api.contracts to staff, customer, platform;
grant insert (
    tenant_id, account_id, id_token_id, starts_at, ends_at
) on api.contracts to staff, platform;
grant update (
    starts_at, ends_at
) on api.contracts to staff, platform;
grant delete on api.contracts to staff, platform;

comment on view api.contracts is
    E'Which account pays what a token charges.\n'
    'From starts_at until ends_at; a token has one contract at a moment. A session is the '
    'contract''s in which it begins.';
comment on column api.contracts.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.contracts.id is 'Number of the contract.';
comment on column api.contracts.account_id is 'The account that pays.';
comment on column api.contracts.id_token_id is 'The token.';
comment on column api.contracts.starts_at is 'From when on; now when left out.';
comment on column api.contracts.ends_at is 'Until when; null for without end.';
comment on column api.contracts.created_at is 'When the row was made.';
comment on column api.contracts.updated_at is 'When the row was last changed.';
