-- Tell debtors what will be collected from their bank: a pending payment for each open invoice of
-- an account that is collected by direct debit and has an active mandate.
--
-- The day is the invoice's due date, not before the days that the legal entity gives notice, and
-- one on which banks work. An invoice that was collected before, whatever came of it, is left to a
-- person: p_invoice_id names it (what the bank returned is not tried again by itself).
-- Called by: jobs.collect_debits, api.create_debit_batch, api.collect_invoice.
-- Writes:    core.payments, events payment.upcoming. Locks the accounts.
-- Source:    SEPA core direct debit rulebook, 4.3.4: notice 14 days before, or as agreed.
create or replace function billing.announce_debits(
    p_tenant_id bigint,
    p_legal_entity_id bigint,
    p_invoice_id bigint,
    p_limit integer
)
returns integer
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_invoices bigint[];
    v_announced integer;
begin
    select array_agg(d.invoice_id) into v_invoices
    from (
        select w.invoice_id
        from billing.debits_to_announce as w
        where
            w.tenant_id = p_tenant_id
            and w.legal_entity_id = coalesce(p_legal_entity_id, w.legal_entity_id)
            and (w.invoice_id = p_invoice_id or p_invoice_id is null and w.attempt = 1)
        order by w.collect_on, w.invoice_id
        limit p_limit
    ) as d;
    perform
    from core.accounts as a
    where
        a.tenant_id = p_tenant_id
        and a.id in (
            select i.account_id
            from core.invoices as i
            where i.tenant_id = p_tenant_id and i.id = any(v_invoices)
        )
    order by a.id
    for no key update;

    -- Looked at again: another may have had the lock.
    with announced as (
        insert into core.payments (
            tenant_id, legal_entity_id, account_id, purpose, method, provider, idempotency_key,
            end_to_end_id, amount, currency, state, invoice_id, mandate_id, notified_on, collect_on
        )
        select
            d.tenant_id, d.legal_entity_id, d.account_id, 'invoice', 'sepa_debit', 'bank',
            format('debit:%s:%s', d.invoice_id, d.attempt),
            format('DD-%s-%s-%s', d.tenant_id, d.invoice_id, d.attempt),
            d.open_amount, d.currency, 'pending', d.invoice_id, d.mandate_id, d.today, d.collect_on
        from billing.debits_to_announce as d
        where d.tenant_id = p_tenant_id and d.invoice_id = any(v_invoices)
        on conflict do nothing
        returning *
    ),

    told as (
        insert into core.events (tenant_id, type, object_type, object_id, data)
        select
            p.tenant_id, 'payment.upcoming', 'payment', p.id,
            jsonb_build_object(
                'payment_id', p.id,
                'account_id', p.account_id,
                'invoice_id', p.invoice_id,
                'invoice_number', i.number,
                'amount', p.amount,
                'currency', p.currency,
                'collect_on', p.collect_on,
                'mandate_reference', m.reference,
                'iban', m.iban_masked,
                'creditor_id', l.creditor_id,
                'creditor', l.name
            )
        from announced as p
        inner join core.invoices as i on i.tenant_id = p.tenant_id and i.id = p.invoice_id
        inner join core.mandates as m on m.tenant_id = p.tenant_id and m.id = p.mandate_id
        inner join core.legal_entities as l
            on l.tenant_id = p.tenant_id and l.id = p.legal_entity_id
        returning id
    )

    select count(*) into v_announced from told;
    return v_announced;
end;
$$;
revoke all on function billing.announce_debits(bigint, bigint, bigint, integer) from public;
comment on function billing.announce_debits(bigint, bigint, bigint, integer) is
    'Make a pending payment for each invoice to be collected and tell its debtor; how many.';
