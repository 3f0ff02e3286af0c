-- Lock a batch of direct debits that may still be handed over or withdrawn, with its payments;
-- their accounts before, as everybody does.
--
-- Called by: api.submit_debit_batch, api.cancel_debit_batch.
-- Errors:    PT403 permission_missing, PT404 debit_batch_unknown, PT409 debit_batch_not_created.
create or replace function billing.lock_debit_batch(p_debit_batch_id bigint)
returns core.debit_batches
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_batch core.debit_batches;
begin
    perform access.require_permission('payments.write');
    perform
    from core.accounts as a
    where
        a.tenant_id = claims.tenant_id()
        and a.id in (
            select p.account_id
            from core.payments as p
            where p.tenant_id = claims.tenant_id() and p.debit_batch_id = p_debit_batch_id
        )
    order by a.id
    for no key update;
    select b.* into v_batch
    from core.debit_batches as b
    where b.tenant_id = claims.tenant_id() and b.id = p_debit_batch_id
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such batch of direct debits',
            detail = '{"error":"debit_batch_unknown"}',
            hint = 'debit_batches lists them.';
    end if;
    if v_batch.state <> 'created' then
        raise exception using
            errcode = 'PT409',
            message = format('the batch is %s', v_batch.state),
            detail = '{"error":"debit_batch_not_created"}',
            hint = 'A batch is handed to the bank or cancelled once.';
    end if;
    perform
    from core.payments as p
    where p.tenant_id = v_batch.tenant_id and p.debit_batch_id = v_batch.id
    order by p.id
    for no key update;
    return v_batch;
end;
$$;
revoke all on function billing.lock_debit_batch(bigint) from public;
comment on function billing.lock_debit_batch(bigint) is
    'Lock a batch of direct debits that may still be handed over or withdrawn.';
