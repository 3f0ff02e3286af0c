-- Take what no longer counts out of drafts; a draft that is left without lines goes.
--
-- Called by: billing.bill_accounts, which has locked the accounts.
-- Writes:    core.invoices, core.invoice_lines.
-- Returns:   the drafts that are left and have to be computed anew.
create or replace function billing.clean_drafts(p_tenant_id bigint, p_account_ids bigint[])
returns bigint[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_transaction_ids constant bigint[] := array(
        select distinct q.transaction_id
        from ops.transactions_to_bill as q
        where q.tenant_id = p_tenant_id and q.credited_account_id = any(p_account_ids)
    );
    v_draft_ids bigint[];
begin
    if v_transaction_ids = '{}' then
        return v_transaction_ids;
    end if;
    with removed as (
        delete from core.invoice_lines as l
        using billing.superseded_charges as s
        where
            s.tenant_id = p_tenant_id
            and s.transaction_id = any(v_transaction_ids)
            and s.account_id = any(p_account_ids)
            and s.invoice_state = 'draft'
            and l.tenant_id = s.tenant_id
            and l.invoice_id = s.invoice_id
            and l.line = s.line
        returning l.invoice_id
    )
    select array_agg(distinct r.invoice_id) into v_draft_ids from removed as r;
    delete from core.invoices as i
    where
        i.tenant_id = p_tenant_id
        and i.id = any(v_draft_ids)
        and i.state = 'draft'
        and not exists (
            select
            from core.invoice_lines as l
            where l.tenant_id = i.tenant_id and l.invoice_id = i.id
        );
    return coalesce(v_draft_ids, '{}');
end;
$$;
revoke all on function billing.clean_drafts(bigint, bigint[]) from public;
comment on function billing.clean_drafts(bigint, bigint[]) is
    'Take what no longer counts out of drafts; returns those that are to be computed anew.';

-- Credit notes, still without their taxes, for what finalised invoices charge and no longer counts.
--
-- Called by: billing.bill_accounts, which has locked the accounts.
-- Writes:    core.invoices, core.invoice_lines.
-- Returns:   the credit notes.
create or replace function billing.credit_superseded(
    p_tenant_id bigint, p_billing_run_id bigint, p_account_ids bigint[]
)
returns bigint[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_sequence constant regclass := pg_get_serial_sequence('core.invoices', 'id');
    v_transaction_ids constant bigint[] := array(
        select distinct q.transaction_id
        from ops.transactions_to_bill as q
        where q.tenant_id = p_tenant_id and q.credited_account_id = any(p_account_ids)
    );
    v_note_ids bigint[];
begin
    if v_transaction_ids = '{}' then
        return v_transaction_ids;
    end if;
    with superseded as materialized (
        select s.*
        from billing.superseded_charges as s
        where
            s.tenant_id = p_tenant_id
            and s.transaction_id = any(v_transaction_ids)
            and s.account_id = any(p_account_ids)
            and s.invoice_state = 'finalised'
    ),
    note as materialized (
        select g.invoice_id, nextval(v_sequence) as id
        from (select distinct s.invoice_id from superseded as s order by s.invoice_id) as g
        -- Begun again, a run leaves a second one to the next.
        where not exists (
            select
            from core.invoices as o
            where
                o.tenant_id = p_tenant_id
                and o.billing_run_id = p_billing_run_id
                and o.credited_invoice_id = g.invoice_id
        )
    ),
    added as (
        insert into core.invoices (
            tenant_id, id, legal_entity_id, account_id, kind, occasion, billing_run_id, currency,
            tax_treatment, finalise_at, credited_invoice_id, reason, payment_method, language
        )
        overriding system value
        select
            p_tenant_id,
            n.id,
            o.legal_entity_id,
            o.account_id,
            'credit_note',
            'correction',
            p_billing_run_id,
            o.currency,
            o.tax_treatment,
            now() + make_interval(days => coalesce(
                a.grace_days, case when p_billing_run_id is null then 0 else e.grace_days end
            )),
            o.id,
            -- The customer reads it.
            case split_part(u.language, '-', 1)
                when 'de' then 'Berichtigte Ladevorgänge'
                when 'fr' then 'Sessions de recharge rectifiées'
                when 'nl' then 'Gecorrigeerde laadsessies'
                else 'Corrected charging sessions'
            end,
            o.payment_method,
            u.language
        from note as n
        inner join core.invoices as o on o.tenant_id = p_tenant_id and o.id = n.invoice_id
        inner join core.accounts as a on a.tenant_id = o.tenant_id and a.id = o.account_id
        inner join core.legal_entities as e
            on e.tenant_id = o.tenant_id and e.id = o.legal_entity_id
        inner join core.customers as u on u.tenant_id = a.tenant_id and u.id = a.customer_id
    ),
    lined as (
        insert into core.invoice_lines (
            tenant_id, invoice_id, line, account_id, kind, is_credit, charged_account_id,
            transaction_id, rating_version, credited_line, description, started_at, ended_at,
            quantity, unit, unit_price, includes_vat, vat_rate, amount_excl_vat, amount_incl_vat,
            rated_excl_vat
        )
        select
            p_tenant_id,
            n.id,
            row_number() over (partition by n.id order by s.line),
            l.account_id,
            l.kind,
            true,
            l.charged_account_id,
            l.transaction_id,
            l.rating_version,
            l.line,
            l.description,
            l.started_at,
            l.ended_at,
            l.quantity,
            l.unit,
            l.unit_price,
            l.includes_vat,
            l.vat_rate,
            s.amount_left,
            s.amount_left,
            s.rated_left
        from note as n
        inner join superseded as s on s.invoice_id = n.invoice_id
        inner join core.invoice_lines as l
            on l.tenant_id = p_tenant_id and l.invoice_id = s.invoice_id and l.line = s.line
    )
    select array_agg(n.id) into v_note_ids from note as n;
    return coalesce(v_note_ids, '{}');
end;
$$;
revoke all on function billing.credit_superseded(bigint, bigint, bigint[]) from public;
comment on function billing.credit_superseded(bigint, bigint, bigint[]) is
    'Credit notes for what finalised invoices charge and no longer counts.';
