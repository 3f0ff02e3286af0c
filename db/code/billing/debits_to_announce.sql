-- Open invoices that can be collected by direct debit and wait for no collection: the one home of
-- that rule. attempt 1 are those that never had one.
create or replace view billing.debits_to_announce
with (security_invoker = true) as
select
    o.tenant_id,
    o.invoice_id,
    o.account_id,
    o.legal_entity_id,
    o.open_amount,
    o.currency,
    m.id as mandate_id,
    t.today,
    billing.next_target_day(greatest(o.due_on, t.today + l.pre_notification_days::integer))
    as collect_on,
    1 + (
        select count(*)
        from core.payments as p
        where
            p.tenant_id = o.tenant_id
            and p.invoice_id = o.invoice_id
            and p.method = 'sepa_debit'
    ) as attempt
from billing.open_items as o
inner join core.accounts as a on a.tenant_id = o.tenant_id and a.id = o.account_id
inner join core.mandates as m
    on m.tenant_id = o.tenant_id and m.account_id = o.account_id and m.state = 'active'
inner join core.legal_entities as l on l.tenant_id = o.tenant_id and l.id = o.legal_entity_id
cross join lateral (select (now() at time zone l.time_zone)::date as today) as t
where
    a.payment_method = 'sepa_debit'
    and o.open_amount > 0
    -- Direct debits are in euros; without these the bank takes no file.
    and o.currency = 'EUR'
    and l.iban is not null
    and l.creditor_id is not null
    and not exists (
        select
        from core.payments as p
        where
            p.tenant_id = o.tenant_id
            and p.invoice_id = o.invoice_id
            and p.method = 'sepa_debit'
            and p.state in ('pending', 'submitted', 'unknown')
    );

comment on view billing.debits_to_announce is
    'Open invoices that can be collected by direct debit, with mandate, day and attempt.';
