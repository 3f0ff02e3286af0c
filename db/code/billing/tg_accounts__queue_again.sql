-- Have it found out anew whose the waiting transactions of an account are, and when they are
-- billed.
--
-- Who pays and whether each session is an invoice of its own is kept with what waits; without this,
-- an account that changed would get the invoices of its last sessions with the next monthly run.
-- Called by: trigger accounts__queue_again, for each row whose schedule or payer changed.
-- Writes:    ops.transactions_to_bill; jobs.bill_sessions assigns the rows within seconds.
-- Definer:   people have no right on the queue.
create or replace function billing.tg_accounts__queue_again()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    -- A run locks these rows before accounts, and we hold the account: what it has at the moment
    -- is passed over and keeps the way it had.
    update ops.transactions_to_bill as q
    set assigned_at = null
    where q.id in (
        select w.id
        from ops.transactions_to_bill as w
        where
            w.tenant_id = new.tenant_id
            and (
                w.payer_account_id = coalesce(old.payer_account_id, new.id)
                or w.credited_account_id = new.id
            )
        for update skip locked
    );
    return null;
end;
$$;
revoke all on function billing.tg_accounts__queue_again() from public;
comment on function billing.tg_accounts__queue_again() is
    'Trigger: have it found out anew whose the waiting transactions of an account are.';
