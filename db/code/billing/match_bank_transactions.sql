-- Match lines of statements with what they pay; what finds no owner stays in suspense.
--
-- First all owners are looked up and their accounts locked in one go, in the order that everybody
-- locks them in; then each is booked, money that came in before money that went back.
-- Called by: jobs.book_bank_statement, jobs.match_bank_lines; the lines are new or locked.
-- Writes:    see billing.apply_bank_match, billing.book_ledger_match. Locks the accounts.
-- Returns:   how many lines were matched whole.
create or replace function billing.match_bank_transactions(p_tenant_id bigint, p_ids bigint[])
returns integer
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_accounts bigint[];
    v_line core.bank_transactions;
    v_match record;
begin
    select array_agg(distinct m.account_id) into v_accounts
    from core.bank_transactions as t
    cross join lateral billing.find_bank_matches(t) as m
    where t.tenant_id = p_tenant_id and t.id = any(p_ids) and t.matched_amount = 0;
    perform
    from core.accounts as a
    where a.tenant_id = p_tenant_id and a.id = any(v_accounts)
    order by a.id
    for no key update;
    -- One after the other: what a line pays is no longer open for the next one.
    for v_line in
        select t.*
        from core.bank_transactions as t
        where
            t.tenant_id = p_tenant_id
            and t.id = any(p_ids)
            and t.amount <> 0
            and t.matched_amount = 0
        order by t.amount < 0, t.id
    loop
        for v_match in
            select m.*
            from billing.find_bank_matches(v_line) as m
            where m.ledger_account is not null or m.account_id = any(v_accounts)
            order by m.account_id, m.payment_id
        loop
            if v_match.ledger_account is not null then
                perform billing.book_ledger_match(
                    v_line, v_match.how, v_match.ledger_account, v_match.amount, v_match.note
                );
            else
                perform billing.apply_bank_match(
                    v_line, v_match.how, v_match.account_id, v_match.payment_id,
                    v_match.invoice_id, v_match.amount
                );
            end if;
        end loop;
    end loop;
    return (
        select count(*)
        from core.bank_transactions as t
        where t.tenant_id = p_tenant_id and t.id = any(p_ids) and t.matched_amount = t.amount
    );
end;
$$;
revoke all on function billing.match_bank_transactions(bigint, bigint[]) from public;
comment on function billing.match_bank_transactions(bigint, bigint[]) is
    'Match lines of statements with what they pay; returns how many were matched whole.';
