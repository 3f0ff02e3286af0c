-- Charge the card on file for invoices that are due, of accounts that pay by card.
--
-- After a card was refused for an invoice it is left alone for a while, and after three times for
-- good: the reminders do the rest. A hundred a run.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    core.payments, ops.outbox; the accounts are locked.
create or replace function jobs.collect_cards()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_pause constant interval
        := make_interval(hours => access.get_setting('payments.top_up_pause_hours')::integer);
    v_due record;
    v_open numeric;
    v_count integer := 0;
begin
    for v_due in
        select a as account, o.invoice_id, c.id as card_id
        from core.cards as c
        inner join core.accounts as a
            on
                a.tenant_id = c.tenant_id
                and a.id = c.account_id
                and a.payment_method = 'card'
                and a.state <> 'closed'
        inner join core.payment_providers as v
            on
                v.tenant_id = c.tenant_id
                and v.id = c.payment_provider_id
                and v.legal_entity_id = a.legal_entity_id
                and v.is_enabled
                and v.has_api_key
        inner join billing.open_items as o
            on
                o.tenant_id = a.tenant_id
                and o.account_id = a.id
                and o.open_amount > 0
                and o.due_on <= billing.get_local_date(a.tenant_id, a.legal_entity_id)
        where
            c.state = 'active'
            and not exists (
                select
                from core.payments as p
                where
                    p.tenant_id = o.tenant_id
                    and p.invoice_id = o.invoice_id
                    and p.direction = 'in'
                    and (
                        p.state in ('pending', 'submitted', 'unknown')
                        or p.state = 'failed' and p.updated_at > now() - v_pause
                    )
            )
            and (
                select count(*)
                from core.payments as p
                where
                    p.tenant_id = o.tenant_id
                    and p.invoice_id = o.invoice_id
                    and p.method = 'card'
                    and p.state = 'failed'
            ) < 3
        order by a.tenant_id, a.id, o.invoice_id
        limit 100
    loop
        perform billing.lock_account((v_due.account).tenant_id, (v_due.account).id);
        -- Again under the lock: somebody else may have paid, or be about to.
        select o.open_amount into v_open
        from billing.open_items as o
        where
            o.tenant_id = (v_due.account).tenant_id
            and o.invoice_id = v_due.invoice_id
            and o.open_amount > 0
            and not exists (
                select
                from core.payments as p
                where
                    p.tenant_id = o.tenant_id
                    and p.invoice_id = o.invoice_id
                    and p.direction = 'in'
                    and p.state in ('pending', 'submitted', 'unknown')
            );
        continue when not found;
        perform billing.request_card_payment(
            v_due.account, 'invoice', v_open, v_due.invoice_id, v_due.card_id, null, false
        );
        v_count := v_count + 1;
    end loop;
    return case
        when v_count = 100 then '100 cards are charged; more is left'
        when v_count > 0 then format('%s cards are charged', v_count)
        else ''
    end;
end;
$$;
revoke all on function jobs.collect_cards() from public;
grant execute on function jobs.collect_cards() to jobs;
comment on function jobs.collect_cards() is
    'Charge the card on file for invoices that are due, of accounts that pay by card.';
