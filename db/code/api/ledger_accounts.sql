-- The chart of accounts; number and name may be changed.
create or replace view api.ledger_accounts
with (security_invoker = true) as
select
    a.tenant_id,
    a.legal_entity_id,
    a.role,
    a.number,
    a.name,
    a.kind,
    a.created_at,
    a.updated_at
from core.ledger_accounts as a;

grant select (
    tenant_id, legal_entity_id, role, number, name, kind, created_at, updated_at
) on api.ledger_accounts to staff, platform;
grant update (number, name) on api.ledger_accounts to staff, platform;

comment on view api.ledger_accounts is
    E'The chart of accounts of each legal entity.\n'
    'All of them are made with the legal entity; number and name can be changed to those of your '
    'accountant. Needs billing.read, changes billing.write.';
comment on column api.ledger_accounts.tenant_id is 'The tenant that owns the row.';
comment on column api.ledger_accounts.legal_entity_id is 'The legal entity.';
comment on column api.ledger_accounts.role is
    'What the account is for; never changes. Entries name it.';
comment on column api.ledger_accounts.number is 'Number in your books.';
comment on column api.ledger_accounts.name is 'Name in your books.';
comment on column api.ledger_accounts.kind is 'asset, liability, income or expense.';
comment on column api.ledger_accounts.created_at is 'When it was made.';
comment on column api.ledger_accounts.updated_at is 'When it was last changed.';
