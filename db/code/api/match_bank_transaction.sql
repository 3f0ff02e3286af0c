-- Say by hand whose a line of a statement is: an account's, an invoice's, a refund that waits, or
-- that of a ledger account (the payout of a card provider, what the bank took for its service).
--
-- Writes:  see billing.apply_bank_match, billing.book_ledger_match.
-- Errors:  PT403 permission_missing, PT400 match_invalid, PT404 bank_transaction_unknown,
--          account_unknown, invoice_unknown, payment_unknown, PT409 bank_transaction_matched,
--          legal_entity_differs.
-- Definer: payments and the ledger are written by functions only.
create or replace function api.match_bank_transaction(
    bank_transaction bigint,
    account bigint default null,
    invoice bigint default null,
    ledger_account text default null,
    amount numeric default null,
    note text default null,
    refund bigint default null
)
returns setof api.bank_transactions
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_line core.bank_transactions;
    v_account core.accounts;
    v_invoice core.invoices;
    v_open numeric;
    v_amount numeric;
    v_refund core.payments;
begin
    perform access.require_permission('payments.write');
    select t.* into v_line
    from core.bank_transactions as t
    where
        t.tenant_id = claims.tenant_id() and t.id = match_bank_transaction.bank_transaction
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such line of a statement',
            detail = '{"error":"bank_transaction_unknown"}',
            hint = 'bank_transactions lists them.';
    end if;
    v_open := v_line.amount - v_line.matched_amount;
    v_amount := coalesce(match_bank_transaction.amount, v_open);
    if v_open = 0 then
        raise exception using
            errcode = 'PT409',
            message = 'the line is matched already',
            detail = '{"error":"bank_transaction_matched"}',
            hint = 'unmatch_bank_transaction undoes what was wrong.';
    end if;
    if
        num_nonnulls(
            coalesce(match_bank_transaction.account, match_bank_transaction.invoice),
            match_bank_transaction.ledger_account, match_bank_transaction.refund
        ) <> 1
        or coalesce(match_bank_transaction.ledger_account, 'bank') not in (
            'bank', 'card_clearing', 'payment_fees', 'rounding', 'write_offs', 'fee_income'
        )
        or match_bank_transaction.ledger_account = 'bank'
        or v_amount * v_open <= 0
        or abs(v_amount) > abs(v_open)
        or v_amount <> round(v_amount, pricing.get_currency_decimals(v_line.currency))
        -- Money that went out to a customer is a refund, which is made before it is paid.
        or num_nonnulls(match_bank_transaction.account, match_bank_transaction.invoice) > 0
        and v_amount < 0
        or length(match_bank_transaction.note) > 500
    then
        raise exception using
            errcode = 'PT400',
            message = format(
                'a line is matched with an account or an invoice (what came in), a refund (what '
                'went out) or a ledger account; at most %s of it', v_open
            ),
            detail = '{"error":"match_invalid"}',
            hint = 'ledger_account is card_clearing, payment_fees, rounding, write_offs or '
                'fee_income.';
    end if;

    if match_bank_transaction.ledger_account is not null then
        perform billing.book_ledger_match(
            v_line, 'hand', match_bank_transaction.ledger_account, v_amount,
            match_bank_transaction.note
        );
    elsif match_bank_transaction.refund is not null then
        perform billing.lock_payment(v_line.tenant_id, match_bank_transaction.refund);
        select p.* into v_refund
        from core.payments as p
        where
            p.tenant_id = v_line.tenant_id
            and p.id = match_bank_transaction.refund
            and p.legal_entity_id = v_line.legal_entity_id
            and p.currency = v_line.currency
            and p.direction = 'out'
            and p.method = 'bank_transfer'
            and p.state in ('pending', 'submitted', 'unknown')
            and p.amount = -v_amount;
        if not found then
            raise exception using
                errcode = 'PT404',
                message = 'no refund of this amount waits for its transfer',
                detail = '{"error":"payment_unknown"}',
                hint = 'payments lists them; refund_payment makes one.';
        end if;
        perform billing.apply_bank_match(
            v_line, 'hand', v_refund.account_id, v_refund.id, null, v_amount,
            match_bank_transaction.note
        );
    else
        select i.* into v_invoice
        from core.invoices as i
        where
            i.tenant_id = v_line.tenant_id
            and i.id = match_bank_transaction.invoice
            and i.kind = 'invoice'
            and i.state = 'finalised';
        if not found and match_bank_transaction.invoice is not null then
            raise exception using
                errcode = 'PT404',
                message = 'there is no such invoice',
                detail = '{"error":"invoice_unknown"}',
                hint = 'open_items lists those that are to be paid.';
        end if;
        select a.* into v_account
        from core.accounts as a
        where
            a.tenant_id = v_line.tenant_id
            and a.id = coalesce(v_invoice.account_id, match_bank_transaction.account)
            and a.id = coalesce(match_bank_transaction.account, v_invoice.account_id)
        for no key update;
        if not found then
            raise exception using
                errcode = 'PT404',
                message = 'there is no such account, or the invoice is another''s',
                detail = '{"error":"account_unknown"}',
                hint = 'accounts lists them.';
        end if;
        if (v_account.legal_entity_id, v_account.currency)
            <> (v_line.legal_entity_id, v_line.currency)
        then
            raise exception using
                errcode = 'PT409',
                message = 'the account is another legal entity''s or in another currency',
                detail = '{"error":"legal_entity_differs"}',
                hint = 'The money came to the wrong bank account: pass it on.';
        end if;
        perform billing.apply_bank_match(
            v_line, 'hand', v_account.id, null, v_invoice.id, v_amount,
            match_bank_transaction.note
        );
    end if;
    return query
    select t.*
    from api.bank_transactions as t
    where t.tenant_id = v_line.tenant_id and t.id = v_line.id;
end;
$$;
revoke all on function api.match_bank_transaction(
    bigint, bigint, bigint, text, numeric, text, bigint
) from public;
grant execute on function api.match_bank_transaction(
    bigint, bigint, bigint, text, numeric, text, bigint
) to staff, platform;
comment on function api.match_bank_transaction(
    bigint, bigint, bigint, text, numeric, text, bigint
) is
    E'Say by hand whose a line of a statement is.\n'
    'bank_transaction is its id; account or invoice makes it a payment of that account, '
    'ledger_account (card_clearing for the payout of a card provider, payment_fees for what the '
    'bank took) books it there. amount is a part of the line, all that is open when left out; '
    'note says why; refund is the id of a refund whose transfer the line is. Needs the '
    'permission payments.write.';
