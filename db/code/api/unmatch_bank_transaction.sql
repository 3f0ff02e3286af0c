-- Undo what a line of a statement was matched with: it is in suspense again, and what it paid is
-- open again.
--
-- Direct debits and what the bank returned are facts between the bank and us and stay.
-- Writes:  billing.return_payment; core.journals (kind match), core.bank_matches,
--          core.bank_transactions.
-- Errors:  PT403 permission_missing, PT400 reason_required, PT404 bank_transaction_unknown,
--          PT409 match_fixed.
-- Definer: payments and the ledger are written by functions only.
create or replace function api.unmatch_bank_transaction(bank_transaction bigint, reason text)
returns setof api.bank_transactions
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_line core.bank_transactions;
    v_match core.bank_matches;
begin
    perform access.require_permission('payments.write');
    if length(btrim(coalesce(unmatch_bank_transaction.reason, ''))) < 3 then
        raise exception using
            errcode = 'PT400',
            message = 'a reason has at least 3 characters',
            detail = '{"error":"reason_required"}',
            hint = 'Say why; it is kept with the payment.';
    end if;
    select t.* into v_line
    from core.bank_transactions as t
    where
        t.tenant_id = claims.tenant_id() and t.id = unmatch_bank_transaction.bank_transaction
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such line of a statement',
            detail = '{"error":"bank_transaction_unknown"}',
            hint = 'bank_transactions lists them.';
    end if;
    if
        v_line.matched_amount = 0
        or exists (
            select
            from core.bank_matches as m
            inner join core.payments as p on p.tenant_id = m.tenant_id and p.id = m.payment_id
            where
                m.tenant_id = v_line.tenant_id
                and m.bank_transaction_id = v_line.id
                and m.undone_at is null
                and (p.method <> 'bank_transfer' or p.direction <> 'in' or p.state <> 'succeeded')
        )
    then
        raise exception using
            errcode = 'PT409',
            message = 'the line is not matched, or with a direct debit, a return or a refund',
            detail = '{"error":"match_fixed"}',
            hint = 'What was matched with a transfer or a ledger account can be undone.';
    end if;
    -- In the order that everybody locks them in.
    perform
    from core.accounts as a
    where
        a.tenant_id = v_line.tenant_id
        and a.id in (
            select p.account_id
            from core.bank_matches as m
            inner join core.payments as p on p.tenant_id = m.tenant_id and p.id = m.payment_id
            where m.tenant_id = v_line.tenant_id and m.bank_transaction_id = v_line.id
        )
    order by a.id
    for no key update;
    for v_match in
        update core.bank_matches as m
        set undone_at = now(), undone_by = claims.user_id()
        where
            m.tenant_id = v_line.tenant_id
            and m.bank_transaction_id = v_line.id
            and m.undone_at is null
        returning m.*
    loop
        if v_match.payment_id is not null then
            perform billing.return_payment(
                v_match.tenant_id, v_match.payment_id, v_line.booked_on,
                left('matched wrongly: ' || btrim(unmatch_bank_transaction.reason), 500), 0,
                'suspense'
            );
        else
            perform billing.post_journal(
                v_line.tenant_id, v_line.legal_entity_id, 'match',
                format('line/%s/undone', v_match.id), v_line.booked_on, v_line.currency,
                btrim(unmatch_bank_transaction.reason),
                jsonb_build_array(
                    jsonb_build_object('ledger_account', 'suspense', 'amount', -v_match.amount),
                    jsonb_build_object(
                        'ledger_account', v_match.ledger_account, 'amount', v_match.amount
                    )
                )
            );
        end if;
    end loop;
    update core.bank_transactions as t
    set matched_amount = 0
    where t.tenant_id = v_line.tenant_id and t.id = v_line.id;
    return query
    select t.*
    from api.bank_transactions as t
    where t.tenant_id = v_line.tenant_id and t.id = v_line.id;
end;
$$;
revoke all on function api.unmatch_bank_transaction(bigint, text) from public;
grant execute on function api.unmatch_bank_transaction(bigint, text) to staff, platform;
comment on function api.unmatch_bank_transaction(bigint, text) is
    E'Undo what a line of a statement was matched with.\n'
    'bank_transaction is its id, reason says why. The line waits in suspense again and what it '
    'paid is open again; direct debits and what the bank returned stay. Needs the permission '
    'payments.write.';
