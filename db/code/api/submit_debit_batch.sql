-- Say that the file of a batch of direct debits was handed to the bank.
--
-- Writes:  core.debit_batches, core.payments.
-- Errors:  PT403 permission_missing, PT404 debit_batch_unknown, PT409 debit_batch_not_created,
--          debit_file_missing.
-- Definer: payments and batches are written by functions only.
create or replace function api.submit_debit_batch(debit_batch bigint)
returns setof api.debit_batches
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_batch constant core.debit_batches
        := billing.lock_debit_batch(submit_debit_batch.debit_batch);
begin
    if not exists (
        select
        from core.documents as d
        where d.tenant_id = v_batch.tenant_id and d.debit_batch_id = v_batch.id
    ) then
        raise exception using
            errcode = 'PT409',
            message = 'the batch has no file yet',
            detail = '{"error":"debit_file_missing"}',
            hint = 'The jobs runner makes it in a second; problem says why when it cannot.';
    end if;
    update core.debit_batches as b
    set state = 'submitted', submitted_at = now()
    where b.tenant_id = v_batch.tenant_id and b.id = v_batch.id;
    update core.payments as p
    set state = 'submitted'
    where
        p.tenant_id = v_batch.tenant_id
        and p.debit_batch_id = v_batch.id
        and p.state = 'pending';
    return query
    select b.*
    from api.debit_batches as b
    where b.tenant_id = v_batch.tenant_id and b.id = v_batch.id;
end;
$$;
revoke all on function api.submit_debit_batch(bigint) from public;
grant execute on function api.submit_debit_batch(bigint) to staff, platform;
comment on function api.submit_debit_batch(bigint) is
    E'Say that the file of a batch of direct debits was handed to the bank.\n'
    'debit_batch is its id. Its payments wait for the bank''s statement from now on. Needs the '
    'permission payments.write.';
