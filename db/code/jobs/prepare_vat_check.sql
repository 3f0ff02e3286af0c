-- What the register is asked: {"country", "number", "requester_country", "requester_number"}.
--
-- With the VAT id of the default legal entity as who asks, where it is one of the register's: then
-- the answer has a consultation number, which proves it.
-- Null when the customer has another VAT id by now.
-- Called by: jobs.prepare_outbox, by its name.
create or replace function jobs.prepare_vat_check(p_row ops.outbox)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_object(
        'country', left(c.vat_id, 2),
        'number', substr(c.vat_id, 3),
        'requester_country', left(e.vat_id, 2),
        'requester_number', substr(e.vat_id, 3)
    )
    from core.customers as c
    left join core.legal_entities as e
        on
            e.tenant_id = c.tenant_id
            and e.is_default
            and left(e.vat_id, 2) not in ('CH', 'GB', 'NO')
    where
        c.tenant_id = p_row.tenant_id
        and c.id = (p_row.payload ->> 'customer_id')::bigint
        and c.vat_id = p_row.payload ->> 'vat_id';
$$;
revoke all on function jobs.prepare_vat_check(ops.outbox) from public;
comment on function jobs.prepare_vat_check(ops.outbox) is
    'What the register of VAT ids is asked; null when it is no longer wanted.';
