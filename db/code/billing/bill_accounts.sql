-- Draft what accounts owe: an invoice each, or one for each session, and credit notes for what was
-- billed and no longer counts.
--
-- Set-based: the cost of an account falls with their number. The accounts are locked in ascending
-- order before anything is looked at, so that nobody else bills, finalises or pays for them at the
-- same time. What cannot be billed stays in the queue with its reason, and so does what ended
-- later. A correction takes its line out of a draft, and out of a finalised invoice by a credit
-- note: at most one for an invoice and run.
-- Called by: billing.bill_next_accounts, jobs.bill_sessions.
-- Takes:     a run: one invoice for its period each, of what ended before it, but for accounts that
--            are billed by the session; null: an invoice a transaction, for those.
-- Writes:    core.invoices, core.invoice_lines, core.invoice_taxes, core.billing_run_accounts,
--            core.billing_run_held, ops.transactions_to_bill.
-- Returns:   how many invoices and credit notes it made.
create or replace function billing.bill_accounts(
    p_tenant_id bigint,
    p_billing_run_id bigint,
    p_account_ids bigint[],
    out invoices integer,
    out credit_notes integer
)
returns record
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_run core.billing_runs;
    v_sequence constant regclass := pg_get_serial_sequence('core.invoices', 'id');
    v_retry_at constant timestamptz := now()
        + make_interval(secs => access.get_setting('billing.retry_s')::double precision);
    v_changed_ids bigint[];
    v_note_ids bigint[];
    v_invoice_ids bigint[];
begin
    perform
    from core.accounts as a
    where a.tenant_id = p_tenant_id and a.id = any(p_account_ids)
    order by a.id
    for no key update;
    select r.* into v_run
    from core.billing_runs as r
    where r.tenant_id = p_tenant_id and r.id = p_billing_run_id;

    v_changed_ids := billing.clean_drafts(p_tenant_id, p_account_ids);
    v_note_ids := billing.credit_superseded(p_tenant_id, p_billing_run_id, p_account_ids);
    -- Whether that was all is found out anew. Rows that another run assigns at the moment are passed
    -- over, here and below: it waits for these accounts, and takes them when it has them.
    update ops.transactions_to_bill as q
    set credited_account_id = null, assigned_at = null
    where q.id in (
        select w.id
        from ops.transactions_to_bill as w
        where w.tenant_id = p_tenant_id and w.credited_account_id = any(p_account_ids)
        for update skip locked
    );

    with taken as materialized (
        select q.id, q.transaction_id
        from ops.transactions_to_bill as q
        where
            q.tenant_id = p_tenant_id
            and q.payer_account_id = any(p_account_ids)
            and q.is_per_session = (p_billing_run_id is null)
            and (p_billing_run_id is not null or q.next_attempt_at <= now())
        for update skip locked
    ),
    listed as materialized (
        select l.*, coalesce(l.payer_account_id <> all(p_account_ids), true) as is_moved
        from billing.list_charges(
            p_tenant_id,
            array(select distinct t.transaction_id from taken as t),
            v_run.period_to
        ) as l
    ),
    charge as materialized (
        select l.* from listed as l where l.reason is null and not l.is_moved
    ),
    invoice as materialized (
        select
            g.account_id,
            g.transaction_id,
            nextval(v_sequence) as id
        from (
            select distinct
                c.payer_account_id as account_id,
                case when p_billing_run_id is null then c.transaction_id end as transaction_id
            from charge as c
            order by 1, 2
        ) as g
    ),
    added as (
        insert into core.invoices (
            tenant_id, id, legal_entity_id, account_id, kind, occasion, billing_run_id,
            period_from, period_to, currency, tax_treatment, finalise_at, payment_method, language
        )
        overriding system value
        select
            p_tenant_id,
            i.id,
            a.legal_entity_id,
            a.id,
            'invoice',
            case when p_billing_run_id is null then 'session' else 'period' end,
            p_billing_run_id,
            v_run.period_from,
            v_run.period_to,
            a.currency,
            a.tax_treatment,
            -- Who pays by the session hears at once, unless the account says otherwise.
            now() + make_interval(days => coalesce(
                a.grace_days, case when p_billing_run_id is null then 0 else e.grace_days end
            )),
            a.payment_method,
            u.language
        from invoice as i
        inner join core.accounts as a on a.tenant_id = p_tenant_id and a.id = i.account_id
        inner join core.legal_entities as e
            on e.tenant_id = a.tenant_id and e.id = a.legal_entity_id
        inner join core.customers as u on u.tenant_id = a.tenant_id and u.id = a.customer_id
    ),
    lined as (
        insert into core.invoice_lines (
            tenant_id, invoice_id, line, account_id, kind, charged_account_id, transaction_id,
            rating_version, description, started_at, ended_at, includes_vat, vat_rate,
            amount_excl_vat, amount_incl_vat, rated_excl_vat
        )
        select
            p_tenant_id,
            i.id,
            row_number() over (
                partition by i.id
                order by c.account_id, c.started_at, c.transaction_id, c.vat_rate desc
            ),
            i.account_id,
            'transaction',
            c.account_id,
            c.transaction_id,
            c.rating_version,
            c.description,
            c.started_at,
            c.ended_at,
            c.includes_vat,
            c.vat_rate,
            c.amount,
            c.amount,
            c.rated_excl_vat
        from invoice as i
        inner join charge as c
            on
                c.payer_account_id = i.account_id
                and (i.transaction_id is null or c.transaction_id = i.transaction_id)
    ),
    let_go as (
        delete from core.billing_run_held as h
        using charge as c
        where
            h.tenant_id = p_tenant_id
            and h.billing_run_id = p_billing_run_id
            and h.transaction_id = c.transaction_id
    ),
    held as (
        insert into core.billing_run_held (
            tenant_id, billing_run_id, transaction_id, account_id, reason
        )
        select p_tenant_id, p_billing_run_id, l.transaction_id, l.payer_account_id, l.reason
        from listed as l
        where p_billing_run_id is not null and l.reason <> 'later'
        on conflict (tenant_id, billing_run_id, transaction_id) do update
        set account_id = excluded.account_id, reason = excluded.reason, noted_at = now()
    ),
    waiting as (
        select distinct l.transaction_id, l.reason, l.is_moved
        from listed as l
        where l.reason is not null or l.is_moved
    ),
    dropped as (
        delete from ops.transactions_to_bill as q
        using taken as t
        where
            q.id = t.id
            and q.assigned_at is not null
            and q.credited_account_id is null
            and not exists (select from waiting as w where w.transaction_id = t.transaction_id)
    ),
    kept as (
        update ops.transactions_to_bill as q
        set payer_account_id = case when w.transaction_id is not null then q.payer_account_id end,
            assigned_at = case when w.is_moved then null else q.assigned_at end,
            reason = w.reason,
            next_attempt_at = case when w.reason is null then q.next_attempt_at else v_retry_at end
        from taken as t
        left join waiting as w on w.transaction_id = t.transaction_id
        where
            q.id = t.id
            and (
                w.is_moved
                or w.reason <> 'later'
                or w.reason is null
                -- Somebody who is none of these accounts is still to be credited.
                and (q.assigned_at is null or q.credited_account_id is not null)
            )
    ),
    finished as (
        update core.billing_run_accounts as r
        set outcome = case
                when s.invoice_id is not null or s.notes > 0 or r.credit_notes > 0 then 'billed'
                when s.held > 0 then 'held'
                else 'skipped'
            end,
            reason = case
                when s.invoice_id is not null or s.notes > 0 or r.credit_notes > 0 then null
                when s.held > 0 then s.reason
                when s.schedule = 'session' then 'billed_per_session'
                else 'nothing_to_bill'
            end,
            invoice_id = s.invoice_id,
            credit_notes = r.credit_notes + s.notes,
            transactions = s.charged,
            transactions_held = s.held,
            finished_at = now()
        from (
            select
                a.id,
                a.schedule,
                i.id as invoice_id,
                coalesce(n.notes, 0) as notes,
                coalesce(l.charged, 0) as charged,
                coalesce(l.held, 0) as held,
                l.reason
            from core.accounts as a
            left join invoice as i on i.account_id = a.id
            left join (
                select o.account_id, count(*) as notes
                from core.invoices as o
                where o.tenant_id = p_tenant_id and o.id = any(v_note_ids)
                group by o.account_id
            ) as n on n.account_id = a.id
            left join (
                select
                    c.payer_account_id,
                    count(distinct c.transaction_id) filter (where c.reason is null) as charged,
                    count(*) filter (where c.reason <> 'later') as held,
                    mode() within group (order by c.reason)
                    filter (where c.reason <> 'later') as reason
                from listed as c
                group by c.payer_account_id
            ) as l on l.payer_account_id = a.id
            where a.tenant_id = p_tenant_id and a.id = any(p_account_ids)
        ) as s
        where
            r.tenant_id = p_tenant_id
            and r.billing_run_id = p_billing_run_id
            and r.account_id = s.id
            -- Not all of the run's, where there are no statistics to tell that these are fewer.
            and r.account_id = any(p_account_ids)
    )
    select array_agg(i.id) into v_invoice_ids from invoice as i;

    perform billing.compute_invoice(p_tenant_id, v_changed_ids || v_note_ids || v_invoice_ids);
    invoices := coalesce(cardinality(v_invoice_ids), 0);
    credit_notes := coalesce(cardinality(v_note_ids), 0);
end;
$$;
revoke all on function billing.bill_accounts(bigint, bigint, bigint[]) from public;
comment on function billing.bill_accounts(bigint, bigint, bigint[]) is
    'Draft what accounts owe, and credit notes for what no longer counts; returns how many.';
