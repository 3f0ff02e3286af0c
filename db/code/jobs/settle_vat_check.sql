-- Keep what the register of VAT ids answered, with the number that proves it.
--
-- p_result: {"is_valid", "consultation_number", "requested_on", "name", "address"}; null when it
-- has not answered: then the VAT id stays what it was. One that became invalid ends reverse charge
-- (billing.tg_customers__end_reverse_charge).
-- Called by: jobs.finish_outbox, by its name.
-- Writes:    core.customers.
create or replace function jobs.settle_vat_check(p_outbox ops.outbox, p_result jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_outbox.state <> 'delivered' or jsonb_typeof(p_result -> 'is_valid') <> 'boolean' then
        return;
    end if;
    update core.customers as c
    set
        vat_id_state = case when (p_result ->> 'is_valid')::boolean then 'valid' else 'invalid' end,
        vat_id_checked_at = now(),
        vat_id_evidence = p_result
    where
        c.tenant_id = p_outbox.tenant_id
        and c.id = (p_outbox.payload ->> 'customer_id')::bigint
        and c.vat_id = p_outbox.payload ->> 'vat_id'
        and c.erased_at is null;
end;
$$;
revoke all on function jobs.settle_vat_check(ops.outbox, jsonb) from public;
comment on function jobs.settle_vat_check(ops.outbox, jsonb) is
    'Keep what the register of VAT ids answered, with the number that proves it.';
