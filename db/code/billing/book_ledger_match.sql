-- Book a part of a bank line on a ledger account of no customer, such as that of a card provider's
-- payouts or what the bank took.
--
-- Called by: billing.match_bank_transactions, api.match_bank_transaction. The line is locked.
-- Writes:    core.bank_matches, core.journals (kind match), core.bank_transactions.
create or replace function billing.book_ledger_match(
    p_line core.bank_transactions,
    p_how text,
    p_ledger_account text,
    p_amount numeric,
    p_note text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_match_id bigint;
begin
    insert into core.bank_matches (
        tenant_id, bank_transaction_id, how, amount, legal_entity_id, ledger_account, note,
        matched_by
    )
    values (
        p_line.tenant_id, p_line.id, p_how, p_amount, p_line.legal_entity_id, p_ledger_account,
        p_note, claims.user_id()
    )
    returning id into v_match_id;
    perform billing.post_journal(
        p_line.tenant_id, p_line.legal_entity_id, 'match', format('line/%s', v_match_id),
        p_line.booked_on, p_line.currency, coalesce(p_note, p_line.remittance),
        jsonb_build_array(
            jsonb_build_object('ledger_account', 'suspense', 'amount', p_amount),
            jsonb_build_object('ledger_account', p_ledger_account, 'amount', -p_amount)
        )
    );
    update core.bank_transactions as t
    set matched_amount = t.matched_amount + p_amount
    where t.tenant_id = p_line.tenant_id and t.id = p_line.id;
end;
$$;
revoke all on function billing.book_ledger_match(
    core.bank_transactions, text, text, numeric, text
) from public;
comment on function billing.book_ledger_match(
    core.bank_transactions, text, text, numeric, text
) is 'Book a part of a bank line on a ledger account of no customer.';
