-- What the file of a batch of direct debits says, for the oldest batch without one; null for none.
--
-- {"tenant_id", "debit_batch_id", "message_id", "created_at", "scheme", "sequence_type",
--  "collect_on", "currency", "total", "count", "creditor": {"name", "iban", "bic", "creditor_id"},
--  "payments": [{"end_to_end_id", "amount", "name", "iban", "bic", "mandate_reference",
--  "signed_on", "text"}]}; amounts are texts.
-- The batch is locked until the caller's transaction ends, so its file is made once.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner, which goes on with jobs.store_debit_file or
--            jobs.refuse_debit_batch.
create or replace function jobs.take_debit_batch()
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_batch core.debit_batches;
begin
    select b.* into v_batch
    from core.debit_batches as b
    where
        b.state = 'created'
        and b.problem is null
        and not exists (
            select
            from core.documents as d
            where d.tenant_id = b.tenant_id and d.debit_batch_id = b.id
        )
    order by b.created_at, b.id
    limit 1
    for no key update skip locked;
    if not found then
        return null;
    end if;
    return (
        select jsonb_build_object(
            'tenant_id', v_batch.tenant_id,
            'debit_batch_id', v_batch.id,
            'message_id', v_batch.message_id,
            'created_at', to_char(v_batch.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS'),
            'scheme', v_batch.scheme,
            'sequence_type', v_batch.sequence_type,
            'collect_on', v_batch.collect_on,
            'currency', v_batch.currency,
            'total', v_batch.total::text,
            'count', v_batch.payment_count,
            'creditor', jsonb_build_object(
                'name', l.name, 'iban', l.iban, 'bic', l.bic, 'creditor_id', l.creditor_id
            ),
            'payments', (
                select jsonb_agg(
                    jsonb_build_object(
                        'end_to_end_id', p.end_to_end_id,
                        'amount', p.amount::text,
                        'name', m.account_holder,
                        'iban', m.iban,
                        'bic', m.bic,
                        'mandate_reference', m.reference,
                        'signed_on', m.signed_on,
                        'text', concat_ws(' ', i.number, i.payment_reference)
                    )
                    order by p.id
                )
                from core.payments as p
                inner join core.mandates as m on m.tenant_id = p.tenant_id and m.id = p.mandate_id
                left join core.invoices as i on i.tenant_id = p.tenant_id and i.id = p.invoice_id
                where
                    p.tenant_id = v_batch.tenant_id
                    and p.debit_batch_id = v_batch.id
                    and p.state <> 'cancelled'
            )
        )
        from core.legal_entities as l
        where l.tenant_id = v_batch.tenant_id and l.id = v_batch.legal_entity_id
    );
end;
$$;
revoke all on function jobs.take_debit_batch() from public;
grant execute on function jobs.take_debit_batch() to jobs;
comment on function jobs.take_debit_batch() is
    'What the file of the oldest batch of direct debits without one says; null for none.';
