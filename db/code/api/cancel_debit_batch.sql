-- Withdraw a batch of direct debits that was not handed to the bank, with its payments.
--
-- Credit that was kept from its invoices settles them.
-- Writes:  core.debit_batches, core.payments, core.allocations.
-- Errors:  PT403 permission_missing, PT404 debit_batch_unknown, PT409 debit_batch_not_created.
-- Definer: payments and batches are written by functions only.
create or replace function api.cancel_debit_batch(debit_batch bigint)
returns setof api.debit_batches
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_batch constant core.debit_batches
        := billing.lock_debit_batch(cancel_debit_batch.debit_batch);
begin
    update core.debit_batches as b
    set state = 'cancelled'
    where b.tenant_id = v_batch.tenant_id and b.id = v_batch.id;
    update core.payments as p
    set state = 'cancelled', failure = 'its batch was cancelled'
    where
        p.tenant_id = v_batch.tenant_id
        and p.debit_batch_id = v_batch.id
        and p.state = 'pending';
    perform billing.allocate_credit(v_batch.tenant_id, a.account_id)
    from (
        select distinct p.account_id
        from core.payments as p
        inner join billing.credits as c
            on
                c.tenant_id = p.tenant_id
                and c.account_id = p.account_id
                and c.available > 0
        where p.tenant_id = v_batch.tenant_id and p.debit_batch_id = v_batch.id
    ) as a;
    return query
    select b.*
    from api.debit_batches as b
    where b.tenant_id = v_batch.tenant_id and b.id = v_batch.id;
end;
$$;
revoke all on function api.cancel_debit_batch(bigint) from public;
grant execute on function api.cancel_debit_batch(bigint) to staff, platform;
comment on function api.cancel_debit_batch(bigint) is
    E'Withdraw a batch of direct debits that was not handed to the bank.\n'
    'debit_batch is its id. Its payments are cancelled; collect_invoice collects an invoice '
    'again. Needs the permission payments.write.';
