-- Give a legal entity its chart of accounts. Repeatable: adds what is missing.
--
-- Numbers and names are a start, in the manner of the German SKR 03; the accountant changes them.
-- Called by: trigger legal_entities__create_ledger_accounts.
-- Writes:    core.ledger_accounts.
create or replace function billing.create_ledger_accounts(
    p_tenant_id bigint, p_legal_entity_id bigint
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into core.ledger_accounts (tenant_id, legal_entity_id, role, number, name, kind)
    select p_tenant_id, p_legal_entity_id, c.role, c.number, c.name, c.kind
    from (
        values
            ('bank', '1200', 'Bank', 'asset'),
            ('card_clearing', '1360', 'Card payments on their way', 'asset'),
            ('receivables', '1400', 'Receivables', 'asset'),
            ('unbilled', '1410', 'Charged, not yet invoiced', 'asset'),
            ('suspense', '1590', 'Payments whose owner is not known', 'liability'),
            ('wallets', '1710', 'Prepaid by customers', 'liability'),
            ('vat', '1770', 'VAT', 'liability'),
            ('write_offs', '2400', 'Written off', 'expense'),
            ('payment_fees', '4970', 'Fees of banks and card providers', 'expense'),
            ('revenue', '8400', 'Revenue', 'income'),
            ('fee_income', '8600', 'Dunning and other fees', 'income'),
            ('rounding', '8700', 'Rounding', 'income')
    ) as c (role, number, name, kind)
    on conflict (tenant_id, legal_entity_id, role) do nothing;
end;
$$;
revoke all on function billing.create_ledger_accounts(bigint, bigint) from public;
comment on function billing.create_ledger_accounts(bigint, bigint) is
    'Give a legal entity its chart of accounts.';

-- A new legal entity gets its chart of accounts.
--
-- Called by: trigger legal_entities__create_ledger_accounts, after insert, for each row.
-- Definer:   whoever may create a legal entity may not write ledger accounts.
create or replace function billing.tg_legal_entities__create_ledger_accounts()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform billing.create_ledger_accounts(new.tenant_id, new.id);
    return null;
end;
$$;
revoke all on function billing.tg_legal_entities__create_ledger_accounts() from public;
comment on function billing.tg_legal_entities__create_ledger_accounts() is
    'Trigger: a new legal entity gets its chart of accounts.';
