-- Put pending direct debits that are to be taken by a day into batches: one per legal entity,
-- scheme, sequence type and day, as a file for the bank has them.
--
-- What has changed since the debtor was told is looked at under the lock of the accounts: an
-- invoice that was paid otherwise, a mandate that was revoked or an account that pays otherwise now
-- is not collected, and never more than is open.
-- p_until null: all that are pending, however far ahead.
-- Called by: jobs.collect_debits, api.create_debit_batch.
-- Writes:    core.debit_batches, core.payments. Locks the accounts.
-- Source:    pain.008, SeqTp: FRST for the first collection of a mandate, RCUR for those after it.
create or replace function billing.create_debit_batches(
    p_tenant_id bigint,
    p_legal_entity_id bigint,
    p_until date,
    p_created_by uuid
)
returns bigint[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payments bigint[];
    v_batches bigint[] := '{}';
    v_batch_id bigint;
    v_group record;
begin
    select array_agg(p.id) into v_payments
    from (
        select p.id
        from core.payments as p
        where
            p.tenant_id = p_tenant_id
            and p.method = 'sepa_debit'
            and p.state = 'pending'
            and p.debit_batch_id is null
            and p.collect_on <= coalesce(p_until, 'infinity')
            and p.legal_entity_id = coalesce(p_legal_entity_id, p.legal_entity_id)
        order by p.collect_on, p.id
        limit access.get_setting('bank.max_batch_payments')::integer
    ) as p;
    perform
    from core.accounts as a
    where
        a.tenant_id = p_tenant_id
        and a.id in (
            select p.account_id
            from core.payments as p
            where p.tenant_id = p_tenant_id and p.id = any(v_payments)
        )
    order by a.id
    for no key update;
    perform
    from core.payments as p
    where p.tenant_id = p_tenant_id and p.id = any(v_payments)
    order by p.id
    for no key update;

    with seen as (
        select
            p.id,
            o.open_amount,
            case
                when o.open_amount <= 0 then 'paid otherwise'
                when m.state <> 'active' then format('the mandate is %s', m.state)
                when a.payment_method <> 'sepa_debit' then 'the account is paid otherwise now'
            end as problem
        from core.payments as p
        inner join billing.open_items as o
            on o.tenant_id = p.tenant_id and o.invoice_id = p.invoice_id
        inner join core.mandates as m on m.tenant_id = p.tenant_id and m.id = p.mandate_id
        inner join core.accounts as a on a.tenant_id = p.tenant_id and a.id = p.account_id
        where
            p.tenant_id = p_tenant_id
            and p.id = any(v_payments)
            and p.state = 'pending'
            and p.debit_batch_id is null
    )

    update core.payments as p
    set state = case when s.problem is null then p.state else 'cancelled' end,
        failure = s.problem,
        amount = case when s.problem is null then least(p.amount, s.open_amount) else p.amount end
    from seen as s
    where
        p.tenant_id = p_tenant_id
        and p.id = s.id
        and (s.problem is not null or s.open_amount < p.amount);

    -- A few batches, each with a number of its own in its name.
    for v_group in
        select g.legal_entity_id, g.scheme, g.sequence_type, g.day, array_agg(g.id) as payments,
            count(*) as payment_count, sum(g.amount) as total
        from (
            select
                p.id,
                p.amount,
                p.legal_entity_id,
                m.scheme,
                case
                    when exists (
                        select
                        from core.payments as earlier
                        where
                            earlier.tenant_id = p.tenant_id
                            and earlier.mandate_id = p.mandate_id
                            and earlier.debit_batch_id is not null
                            and earlier.state in ('pending', 'submitted', 'succeeded', 'unknown')
                    )
                        then 'RCUR'
                    when row_number() over (
                        partition by p.mandate_id order by p.collect_on, p.id
                    ) > 1
                        then 'RCUR'
                    else 'FRST'
                end as sequence_type,
                -- Banks want a file the working day before, at the latest.
                billing.next_target_day(
                    greatest(p.collect_on, (now() at time zone l.time_zone)::date + 1)
                ) as day
            from core.payments as p
            inner join core.mandates as m on m.tenant_id = p.tenant_id and m.id = p.mandate_id
            inner join core.legal_entities as l
                on l.tenant_id = p.tenant_id and l.id = p.legal_entity_id
            where
                p.tenant_id = p_tenant_id
                and p.id = any(v_payments)
                and p.state = 'pending'
                and p.debit_batch_id is null
        ) as g
        group by g.legal_entity_id, g.scheme, g.sequence_type, g.day
        order by g.day, g.legal_entity_id, g.scheme, g.sequence_type
    loop
        v_batch_id := nextval(pg_get_serial_sequence('core.debit_batches', 'id'));
        insert into core.debit_batches (
            tenant_id, id, legal_entity_id, message_id, scheme, sequence_type, collect_on,
            currency, payment_count, total, created_by
        )
        overriding system value
        values (
            p_tenant_id, v_batch_id, v_group.legal_entity_id,
            format('DDB-%s-%s', p_tenant_id, v_batch_id), v_group.scheme, v_group.sequence_type,
            v_group.day, 'EUR', v_group.payment_count, v_group.total, p_created_by
        );
        update core.payments as p
        set debit_batch_id = v_batch_id,
            collect_on = v_group.day
        where p.tenant_id = p_tenant_id and p.id = any(v_group.payments);
        v_batches := v_batches || v_batch_id;
    end loop;
    return v_batches;
end;
$$;
revoke all on function billing.create_debit_batches(bigint, bigint, date, uuid) from public;
comment on function billing.create_debit_batches(bigint, bigint, date, uuid) is
    'Put pending direct debits that are to be taken by a day into batches; returns their ids.';
