-- The trial balance as of a day: debits, credits and balance of every ledger account.
--
-- as_of is the last day that counts, by default all that is posted; legal_entity by default all
-- of the tenant's. Accounts without postings are in it with zeros, in the legal entity's currency.
-- The balances of one legal entity and currency sum to zero.
-- Errors:  PT403 permission_missing.
-- Definer: it reads tables, which are behind views for everybody; the tenant is named.
create or replace function api.trial_balance(
    as_of date default null, legal_entity bigint default null
)
returns table (
    tenant_id bigint,
    legal_entity_id bigint,
    ledger_account text,
    number text,
    name text,
    kind text,
    currency text,
    debit numeric,
    credit numeric,
    balance numeric
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    perform access.require_permission('billing.read');
    return query
    select
        a.tenant_id,
        a.legal_entity_id,
        a.role,
        a.number,
        a.name,
        a.kind,
        coalesce(s.currency, e.currency),
        coalesce(s.debit, 0),
        coalesce(s.credit, 0),
        coalesce(s.debit - s.credit, 0)
    from core.ledger_accounts as a
    inner join core.legal_entities as e
        on e.tenant_id = a.tenant_id and e.id = a.legal_entity_id
    left join (
        select
            l.tenant_id,
            l.legal_entity_id,
            l.ledger_account,
            l.currency,
            coalesce(sum(l.amount) filter (where l.amount > 0), 0) as debit,
            coalesce(-sum(l.amount) filter (where l.amount < 0), 0) as credit
        from core.ledger_entries as l
        where
            l.tenant_id = (select claims.tenant_id())
            and l.posted_on <= coalesce(trial_balance.as_of, 'infinity')
            and (
                trial_balance.legal_entity is null
                or l.legal_entity_id = trial_balance.legal_entity
            )
        group by l.tenant_id, l.legal_entity_id, l.ledger_account, l.currency
    ) as s
        on
            s.tenant_id = a.tenant_id
            and s.legal_entity_id = a.legal_entity_id
            and s.ledger_account = a.role
    where
        a.tenant_id = (select claims.tenant_id())
        and (
            trial_balance.legal_entity is null
            or a.legal_entity_id = trial_balance.legal_entity
        )
    order by a.legal_entity_id, 7, a.number;
end;
$$;
revoke all on function api.trial_balance(date, bigint) from public;
grant execute on function api.trial_balance(date, bigint) to staff, platform;
comment on function api.trial_balance(date, bigint) is
    E'The trial balance of your tenant: debits, credits and balance of every ledger account.\n'
    'as_of is the last day that counts; left out it is all that is posted. legal_entity is one of '
    'them; left out all. The balances of a legal entity and currency sum to zero. Needs '
    'billing.read.';
