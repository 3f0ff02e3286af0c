-- Number and issue drafts: from then on they never change.
--
-- All at once, however many: drafts are brought up to date (billing.refresh_drafts), those that
-- cannot be issued keep why in problem (billing.judge_drafts), the others get seller, buyer, the
-- next numbers of their series and their reference (ISO 11649), are posted, settled as far as
-- there is a wallet, a credit or, for a credit note, an invoice to settle, and told of.
-- What is finalised already is passed over, so that doing it again does nothing.
-- Numbers have no gap: they come from a row that stays locked until all of this is committed, or
-- undone with it (DESIGN 21). Locks: accounts by id, invoices by id, then counters.
-- The date of issue is read when the counters are locked, so that numbers and dates go together.
-- Called by: api.finalise_invoice, api.credit_invoice, jobs.finalise_invoices.
-- Writes:    core.invoices, core.number_counters, core.journals, core.ledger_entries,
--            core.payments, core.allocations, core.events.
-- Returns:   the ids that were finalised, in the order of their numbers; empty for none.
create or replace function billing.finalise_invoices(p_tenant_id bigint, p_invoice_ids bigint[])
returns bigint[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ids bigint[];
    v_counters jsonb;
    v_now timestamptz := clock_timestamp();
begin
    perform
    from core.accounts as a
    where
        a.tenant_id = p_tenant_id
        and a.id in (
            select i.account_id
            from core.invoices as i
            where
                i.tenant_id = p_tenant_id
                and i.id = any(p_invoice_ids)
                and i.state = 'draft'
        )
    order by a.id
    for no key update;

    v_ids := billing.refresh_drafts(p_tenant_id, p_invoice_ids);
    v_ids := billing.judge_drafts(p_tenant_id, v_ids);
    if cardinality(v_ids) = 0 then
        return v_ids;
    end if;

    with counted as (
        insert into core.number_counters as n (
            tenant_id, legal_entity_id, kind, year, last_number
        )
        select
            i.tenant_id, i.legal_entity_id, i.kind,
            extract(year from v_now at time zone e.time_zone) as year, count(*)
        from core.invoices as i
        inner join core.legal_entities as e
            on e.tenant_id = i.tenant_id and e.id = i.legal_entity_id
        where i.tenant_id = p_tenant_id and i.id = any(v_ids)
        group by i.tenant_id, i.legal_entity_id, i.kind, year
        order by i.legal_entity_id, i.kind
        on conflict on constraint number_counters_pkey do update
        set last_number = n.last_number + excluded.last_number
        returning n.legal_entity_id, n.kind, n.year, n.last_number
    )
    select jsonb_agg(to_jsonb(c)) into v_counters from counted as c;
    v_now := clock_timestamp();

    with sellers as materialized (
        select
            c.*,
            billing.get_seller(p_tenant_id, c.legal_entity_id) as seller,
            -- Whoever waited over New Year's Eve keeps the year of the number.
            least((v_now at time zone e.time_zone)::date, make_date(c.year, 12, 31)) as issued_on,
            e.payment_terms_days,
            s.pattern,
            s.width
        from jsonb_to_recordset(v_counters) as c (
            legal_entity_id bigint, kind text, year integer, last_number integer
        )
        inner join core.legal_entities as e
            on e.tenant_id = p_tenant_id and e.id = c.legal_entity_id
        inner join core.number_series as s
            on
                s.tenant_id = p_tenant_id
                and s.legal_entity_id = c.legal_entity_id
                and s.kind = c.kind
    ),
    numbered as (
        select
            i.id,
            s.seller,
            s.year,
            s.issued_on,
            s.pattern,
            s.width,
            s.last_number + 1 - row_number() over (
                partition by i.legal_entity_id, i.kind order by i.id desc
            ) as number_in_year,
            billing.get_buyer(i.tenant_id, i.account_id) as buyer,
            case
                when
                    i.kind = 'credit_note' or i.payment_method = 'wallet' or i.total_incl_vat = 0
                    then 0
                else coalesce(a.payment_terms_days, s.payment_terms_days)
            end as terms_days
        from core.invoices as i
        inner join core.accounts as a on a.tenant_id = i.tenant_id and a.id = i.account_id
        inner join sellers as s on s.legal_entity_id = i.legal_entity_id and s.kind = i.kind
        where i.tenant_id = p_tenant_id and i.id = any(v_ids)
    )
    update core.invoices as i
    set state = 'finalised',
        number_year = n.year,
        number_in_year = n.number_in_year,
        number = replace(
            replace(n.pattern, '{year}', n.year::text),
            '{number}',
            lpad(
                n.number_in_year::text, greatest(n.width, length(n.number_in_year::text)), '0'
            )
        ),
        issued_on = n.issued_on,
        due_on = n.issued_on + n.terms_days,
        finalised_at = v_now,
        problem = null,
        seller = n.seller,
        buyer = n.buyer,
        -- Begins with a 1: some banks drop zeros in front.
        payment_reference = billing.create_creditor_reference(
            '1' || lpad(i.id::text, greatest(9, length(i.id::text)), '0')
        )
    from numbered as n
    where i.tenant_id = p_tenant_id and i.id = n.id;

    perform billing.post_invoices(p_tenant_id, v_ids);
    perform billing.settle_credit_notes(p_tenant_id, v_ids);
    -- Credit before the wallet; few accounts have any.
    perform billing.allocate_credit(p_tenant_id, a.account_id)
    from (
        select c.account_id
        from billing.credits as c
        where
            c.tenant_id = p_tenant_id
            and c.account_id in (
                select i.account_id
                from core.invoices as i
                where i.tenant_id = p_tenant_id and i.id = any(v_ids)
            )
            and c.available > 0
        group by c.account_id
        order by c.account_id
    ) as a;
    perform billing.use_wallets(
        p_tenant_id,
        array(
            select distinct i.account_id
            from core.invoices as i
            where i.tenant_id = p_tenant_id and i.id = any(v_ids)
        ),
        v_ids
    );
    insert into core.events (tenant_id, type, object_type, object_id, data)
    select
        i.tenant_id,
        'invoice.finalised',
        'invoice',
        i.id,
        jsonb_build_object(
            'invoice_id', i.id,
            'kind', i.kind,
            'number', i.number,
            'account_id', i.account_id,
            'issued_on', i.issued_on,
            'due_on', i.due_on,
            'currency', i.currency,
            'total_incl_vat', trim_scale(i.total_incl_vat)::text,
            'credited_invoice_id', i.credited_invoice_id
        )
    from core.invoices as i
    where i.tenant_id = p_tenant_id and i.id = any(v_ids)
    order by i.id;
    return v_ids;
end;
$$;
revoke all on function billing.finalise_invoices(bigint, bigint[]) from public;
comment on function billing.finalise_invoices(bigint, bigint[]) is
    'Number, issue, post and settle drafts; returns the ids that were finalised.';
