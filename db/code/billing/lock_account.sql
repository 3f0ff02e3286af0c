-- Lock an account: what it owes and has is changed by one at a time.
--
-- The first lock of everything that posts to an account: account, then invoice, payment, number
-- counter. Who needs several locks them in the order of their ids. Foreign keys to it do not wait.
-- Called by: billing.book_payment, return_payment, allocate_credit and others.
-- Writes:    nothing; the row is locked.
create or replace function billing.lock_account(p_tenant_id bigint, p_account_id bigint)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform
    from core.accounts as a
    where a.tenant_id = p_tenant_id and a.id = p_account_id
    for no key update;
end;
$$;
revoke all on function billing.lock_account(bigint, bigint) from public;
comment on function billing.lock_account(bigint, bigint) is
    'Lock an account: what it owes and has is changed by one at a time.';
