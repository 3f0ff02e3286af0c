-- The trial balance as of now, for analysts.
create or replace view report.trial_balance
with (security_barrier = true) as
select
    a.tenant_id,
    a.legal_entity_id,
    n.name as legal_entity,
    a.role as ledger_account,
    a.number,
    a.name,
    a.kind,
    coalesce(s.currency, n.currency) as currency,
    coalesce(s.debit, 0) as debit,
    coalesce(s.credit, 0) as credit,
    coalesce(s.debit - s.credit, 0) as balance
from core.ledger_accounts as a
inner join core.legal_entities as n on n.tenant_id = a.tenant_id and n.id = a.legal_entity_id
left join (
    select
        e.tenant_id,
        e.legal_entity_id,
        e.ledger_account,
        e.currency,
        coalesce(sum(e.amount) filter (where e.amount > 0), 0) as debit,
        coalesce(-sum(e.amount) filter (where e.amount < 0), 0) as credit
    from core.ledger_entries as e
    where e.tenant_id = (select claims.tenant_id())
    group by e.tenant_id, e.legal_entity_id, e.ledger_account, e.currency
) as s
    on
        s.tenant_id = a.tenant_id
        and s.legal_entity_id = a.legal_entity_id
        and s.ledger_account = a.role
where a.tenant_id = (select claims.tenant_id());

grant select on report.trial_balance to analyst;

comment on view report.trial_balance is
    'Debits, credits and balance of every ledger account as of now; the balances of a legal '
    'entity and currency sum to zero. For an earlier day sum ledger_entries up to it.';
comment on column report.trial_balance.tenant_id is 'Your tenant.';
comment on column report.trial_balance.legal_entity_id is 'In whose books it is.';
comment on column report.trial_balance.legal_entity is 'Its name.';
comment on column report.trial_balance.ledger_account is
    'The account of the ledger, by what it is for.';
comment on column report.trial_balance.number is 'Its number in the books.';
comment on column report.trial_balance.name is 'Its name in the books.';
comment on column report.trial_balance.kind is 'asset, liability, income or expense.';
comment on column report.trial_balance.currency is 'ISO 4217.';
comment on column report.trial_balance.debit is 'Sum of the debits.';
comment on column report.trial_balance.credit is 'Sum of the credits.';
comment on column report.trial_balance.balance is 'Debits less credits.';
