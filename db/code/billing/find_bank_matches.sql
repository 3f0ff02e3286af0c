-- Whose money a line of a statement is, as far as it says so; no row when a person has to look.
--
-- In this order, and nothing is guessed when two would fit:
--   end_to_end_id  a direct debit of ours by the id that we gave it: its collection, or, when the
--                  money went back, its return
--   reference      the creditor reference (RF...) of an invoice, its number, or the number of an
--                  account, in the structured reference or in the text; of several invoices of one
--                  account those that are open, a row each, the last with what is left over
--   batch          a whole batch of direct debits in one sum, by its message id or, without one,
--                  by the day and the sum; a row for each of its payments, but for those that
--                  are known to have been refused when the sum is without them
--   payout         what a card provider said that it sent, when the line names the provider
--   amount_iban    exactly one open invoice of this amount (or one refund of it that waits, for
--                  money that went out) of those who paid or signed a mandate with this IBAN
-- The id that we gave comes first: the text of a direct debit names the invoice as well, and read
-- as a transfer it would pay the invoice a second time.
-- amount: how much of the line, above zero for money that came in. ledger_account and note are of
-- what is no customer's.
-- Called by: billing.match_bank_transactions.
create or replace function billing.find_bank_matches(p_line core.bank_transactions)
returns table (
    how text,
    account_id bigint,
    payment_id bigint,
    invoice_id bigint,
    amount numeric,
    ledger_account text,
    note text
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_text constant text := upper(concat_ws(' ', p_line.creditor_reference, p_line.remittance));
    v_squeezed constant text := regexp_replace(v_text, '[^A-Z0-9]', '', 'g');
    v_words constant text[] := array(
        select w.spelled
        from regexp_split_to_table(
            concat_ws(' ', p_line.creditor_reference, p_line.remittance, p_line.end_to_end_id),
            '[^A-Za-z0-9/_.-]+'
        ) as s (word)
        cross join lateral (
            values (btrim(s.word, './_-')), (upper(btrim(s.word, './_-'))), (s.word)
        ) as w (spelled)
        where w.spelled <> ''
    );
    v_known bigint[];
    v_accounts bigint[];
    v_invoices bigint[];
    v_batch core.debit_batches;
    v_payouts text[];
    v_refunds bigint[];
begin
    return query
    select 'end_to_end_id', p.account_id, p.id, p.invoice_id, p_line.amount, null::text, null::text
    from core.payments as p
    where
        p.tenant_id = p_line.tenant_id
        and p.legal_entity_id = p_line.legal_entity_id
        and p.end_to_end_id = p_line.end_to_end_id
        and p.method = 'sepa_debit'
        -- It stood in a file; whatever we were told of it since, or were not, the bank knows better.
        and p.debit_batch_id is not null
        and p.currency = p_line.currency
        and (
            p.amount = p_line.amount
            and not exists (
                select
                from core.bank_matches as m
                where m.tenant_id = p.tenant_id and m.payment_id = p.id and m.amount > 0
            )
            -- The bank may have put its charges on top.
            or p.state <> 'returned'
            and -p_line.amount between p.amount
            and p.amount + access.get_setting('bank.max_return_fee')::numeric
        );
    if found then
        return;
    end if;

    select array_agg(o.provider_payout_id) into v_payouts
    from core.payouts as o
    inner join core.payment_providers as v
        on v.tenant_id = o.tenant_id and v.id = o.payment_provider_id
    where
        o.tenant_id = p_line.tenant_id
        and v.legal_entity_id = p_line.legal_entity_id
        and o.amount = p_line.amount
        and o.currency = p_line.currency
        and o.state not in ('failed', 'canceled')
        and p_line.booked_on between o.arrives_on - 3 and o.arrives_on + 5
        and strpos(upper(concat_ws(' ', v_text, p_line.counterparty_name)), upper(v.provider)) > 0
        and not exists (
            select
            from core.bank_matches as m
            where
                m.tenant_id = o.tenant_id
                and m.legal_entity_id = v.legal_entity_id
                and m.ledger_account = 'card_clearing'
                and m.note = o.provider_payout_id
                and m.undone_at is null
        );
    if cardinality(v_payouts) = 1 then
        return query
        select
            'payout', null::bigint, null::bigint, null::bigint, p_line.amount, 'card_clearing',
            v_payouts[1];
        return;
    end if;

    if p_line.amount < 0 then
        v_known := array(
            select a.account_id
            from billing.find_accounts_of_iban(p_line.tenant_id, p_line.counterparty_iban) as a
        );
        select array_agg(p.id), array_agg(p.account_id) into v_refunds, v_accounts
        from core.payments as p
        where
            p.tenant_id = p_line.tenant_id
            and p.legal_entity_id = p_line.legal_entity_id
            and p.direction = 'out'
            and p.method = 'bank_transfer'
            and p.state in ('pending', 'submitted', 'unknown')
            and p.amount = -p_line.amount
            and p.currency = p_line.currency
            and p.account_id = any(v_known);
        if cardinality(v_refunds) = 1 then
            return query
            select
                'amount_iban', v_accounts[1], v_refunds[1], null::bigint, p_line.amount,
                null::text, null::text;
        end if;
        return;
    end if;

    -- A reference may be written in groups, and some banks join it to what stands beside it.
    select array_agg(distinct i.account_id), array_agg(i.id order by i.due_on, i.id)
    into v_accounts, v_invoices
    from core.invoices as i
    where
        i.tenant_id = p_line.tenant_id
        and i.legal_entity_id = p_line.legal_entity_id
        and i.kind = 'invoice'
        and i.currency = p_line.currency
        and (
            i.payment_reference = any(
                array(
                    -- A group that is the end of another reference starts within it.
                    select substr(v_squeezed, s.place, r.length)
                    from (
                        select n.place
                        from generate_series(1, length(v_squeezed) - 4) as n (place)
                        where substr(v_squeezed, n.place, 4) ~ '^RF[0-9]{2}$'
                        offset 0
                    ) as s
                    cross join generate_series(5, 25) as r (length)
                    where s.place + r.length - 1 <= length(v_squeezed)
                )
            )
            or i.number = any(v_words)
        );
    if cardinality(v_accounts) > 1 then
        return;
    end if;
    if v_accounts is null then
        select array_agg(a.id) into v_accounts
        from core.accounts as a
        where
            a.tenant_id = p_line.tenant_id
            and a.legal_entity_id = p_line.legal_entity_id
            and a.currency = p_line.currency
            and a.number = any(v_words)
            -- A bare number could be anything.
            and a.number ~ '[A-Za-z]' and a.number ~ '[0-9]' and length(a.number) > 3;
        if cardinality(v_accounts) > 1 then
            return;
        end if;
    end if;
    if cardinality(v_invoices) > 1 then
        return query
        select
            'reference', o.account_id, null::bigint, o.invoice_id,
            case when o.is_last then p_line.amount - o.before else o.open_amount end,
            null::text, null::text
        from (
            select
                s.*,
                s.before + s.open_amount >= p_line.amount
                or s.before + s.open_amount = max(s.before + s.open_amount) over () as is_last
            from (
                select
                    i.account_id,
                    i.invoice_id,
                    i.open_amount,
                    sum(i.open_amount) over (order by i.due_on, i.invoice_id)
                    - i.open_amount as before
                from billing.open_items as i
                where
                    i.tenant_id = p_line.tenant_id
                    and i.invoice_id = any(v_invoices)
                    and i.open_amount > 0
            ) as s
        ) as o
        where o.before < p_line.amount;
        if found then
            return;
        end if;
    end if;
    if v_accounts is not null then
        return query
        select
            'reference', v_accounts[1], null::bigint, v_invoices[1], p_line.amount, null::text,
            null::text;
        return;
    end if;

    select b.* into v_batch
    from core.debit_batches as b
    cross join lateral billing.get_batch_sum(b) as expected (amount)
    where
        b.tenant_id = p_line.tenant_id
        and b.legal_entity_id = p_line.legal_entity_id
        and b.currency = p_line.currency
        and b.state = 'submitted'
        and b.total >= p_line.amount
        and p_line.amount in (b.total, expected.amount)
        and (
            b.message_id = p_line.batch_reference
            or b.message_id = any(v_words)
            or p_line.batch_reference is null
            and p_line.end_to_end_id is null
            and p_line.booked_on between b.collect_on and b.collect_on + 5
            and 1 = (
                select count(*)
                from core.debit_batches as other
                where
                    other.tenant_id = b.tenant_id
                    and other.legal_entity_id = b.legal_entity_id
                    and other.state = 'submitted'
                    and p_line.booked_on between other.collect_on and other.collect_on + 5
                    and p_line.amount in (other.total, billing.get_batch_sum(other))
            )
        )
        -- A batch of which the bank credits payments one by one comes in no sum.
        and not exists (
            select
            from core.payments as p
            inner join core.bank_matches as m
                on m.tenant_id = p.tenant_id and m.payment_id = p.id and m.amount > 0
            where p.tenant_id = b.tenant_id and p.debit_batch_id = b.id
        )
    order by b.id
    limit 1;
    if found then
        return query
        select 'batch', p.account_id, p.id, p.invoice_id, p.amount, null::text, null::text
        from core.payments as p
        where
            p.tenant_id = v_batch.tenant_id
            and p.debit_batch_id = v_batch.id
            and (p_line.amount = v_batch.total or p.state not in ('failed', 'cancelled'));
        return;
    end if;

    v_known := array(
        select a.account_id
        from billing.find_accounts_of_iban(p_line.tenant_id, p_line.counterparty_iban) as a
    );
    -- Open items of everybody would be a long list.
    if cardinality(v_known) = 0 then
        return;
    end if;
    select array_agg(o.invoice_id), array_agg(o.account_id) into v_invoices, v_accounts
    from billing.open_items as o
    where
        o.tenant_id = p_line.tenant_id
        and o.legal_entity_id = p_line.legal_entity_id
        and o.currency = p_line.currency
        and o.open_amount = p_line.amount
        and o.account_id = any(v_known);
    if cardinality(v_invoices) = 1 then
        return query
        select
            'amount_iban', v_accounts[1], null::bigint, v_invoices[1], p_line.amount, null::text,
            null::text;
    end if;
end;
$$;
revoke all on function billing.find_bank_matches(core.bank_transactions) from public;
comment on function billing.find_bank_matches(core.bank_transactions) is
    'Whose money a line of a statement is; no row when a person has to look.';

-- What a batch of direct debits comes to without those that the bank refused.
--
-- Called by: billing.find_bank_matches.
create or replace function billing.get_batch_sum(p_batch core.debit_batches)
returns numeric
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(sum(p.amount), 0)
    from core.payments as p
    where
        p.tenant_id = p_batch.tenant_id
        and p.debit_batch_id = p_batch.id
        and p.state not in ('failed', 'cancelled')
$$;
revoke all on function billing.get_batch_sum(core.debit_batches) from public;
comment on function billing.get_batch_sum(core.debit_batches) is
    'What a batch of direct debits comes to without those that the bank refused.';
