-- What a billing run of a month would do, written nowhere.
--
-- From what billing.list_charges says, as the run itself; VAT once per rate as on the invoice. Who
-- has the invoice of that month already gets no second one: the run leaves them to the next month.
-- Errors:  PT400 month_invalid, PT403 permission_missing.
-- Definer: the queue of what is to be billed is nobody's to read.
create or replace function api.preview_billing_run(period text)
returns table (
    account_id bigint,
    outcome text,
    reason text,
    transactions bigint,
    transactions_held bigint,
    credit_notes bigint,
    currency text,
    total_excl_vat numeric,
    total_vat numeric,
    total_incl_vat numeric
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_column
declare
    v_tenant_id constant bigint := access.get_target_tenant(null);
    v_from constant date := billing.parse_period(period);
    v_to constant date := (v_from + interval '1 month')::date;
    v_transaction_ids bigint[];
    v_billed_ids bigint[];
begin
    perform access.require_permission('billing.read');
    v_transaction_ids := array(
        select distinct q.transaction_id
        from ops.transactions_to_bill as q
        where q.tenant_id = v_tenant_id
    );
    v_billed_ids := array(
        select r.account_id
        from core.billing_runs as b
        inner join core.billing_run_accounts as r
            on r.tenant_id = b.tenant_id and r.billing_run_id = b.id
        where
            b.tenant_id = v_tenant_id
            and b.period_from = v_from
            and b.period_to = v_to
            and r.invoice_id is not null
    );
    return query
    with charge as materialized (
        select c.*
        from billing.list_charges(v_tenant_id, v_transaction_ids, v_to) as c
        left join core.accounts as a on a.tenant_id = v_tenant_id and a.id = c.payer_account_id
        where
            c.reason is distinct from 'later'
            and coalesce(a.schedule, 'monthly') = 'monthly'
            and coalesce(c.payer_account_id <> all(v_billed_ids), true)
    ),
    rate as (
        select
            s.*,
            billing.round_vat(s.gross, s.net, s.vat_rate, s.decimals) as vat,
            billing.round_vat(s.gross, null, s.vat_rate, s.decimals) as vat_within
        from (
            select
                c.payer_account_id,
                c.vat_rate,
                pricing.get_currency_decimals(c.currency) as decimals,
                coalesce(sum(c.amount) filter (where c.includes_vat), 0) as gross,
                coalesce(sum(c.amount) filter (where not c.includes_vat), 0) as net
            from charge as c
            where c.reason is null
            group by c.payer_account_id, c.vat_rate, c.currency
        ) as s
    ),
    total as (
        select
            r.payer_account_id,
            sum(r.gross - r.vat_within + r.net) as excl,
            sum(r.vat) as vat
        from rate as r
        group by r.payer_account_id
    ),
    listed as (
        select
            c.payer_account_id,
            count(distinct c.transaction_id) filter (where c.reason is null) as charged,
            count(*) filter (where c.reason is not null) as held,
            mode() within group (order by c.reason) filter (where c.reason is not null) as reason
        from charge as c
        group by c.payer_account_id
    ),
    credited as (
        select s.account_id, count(distinct s.invoice_id) as notes
        from billing.superseded_charges as s
        where
            s.tenant_id = v_tenant_id
            and s.transaction_id = any(v_transaction_ids)
            and s.invoice_state = 'finalised'
            and s.account_id <> all(v_billed_ids)
        group by s.account_id
    )
    select
        a.id,
        case
            when l.charged > 0 or d.notes > 0 then 'billed'
            when l.held > 0 then 'held'
            else 'skipped'
        end,
        case
            when l.charged > 0 or d.notes > 0 then null
            when l.held > 0 then l.reason
            when a.schedule = 'session' then 'billed_per_session'
            when a.id = any(v_billed_ids) then 'billed_already'
            else 'nothing_to_bill'
        end,
        coalesce(l.charged, 0),
        coalesce(l.held, 0),
        coalesce(d.notes, 0),
        a.currency,
        coalesce(t.excl, 0),
        coalesce(t.vat, 0),
        coalesce(t.excl + t.vat, 0)
    from (
        select o.id, o.schedule, o.currency
        from core.accounts as o
        where
            o.tenant_id = v_tenant_id
            and (
                o.payer_account_id is null
                or o.id in (select n.payer_account_id from listed as n)
                or o.id in (select n.account_id from credited as n)
            )
        union all
        -- What is nobody's.
        select null, null, null
        where exists (select from listed as n where n.payer_account_id is null)
    ) as a
    left join listed as l on l.payer_account_id is not distinct from a.id
    left join total as t on t.payer_account_id = a.id
    left join credited as d on d.account_id = a.id
    order by a.id nulls last;
end;
$$;
revoke all on function api.preview_billing_run(text) from public;
grant execute on function api.preview_billing_run(text) to staff, platform;
comment on function api.preview_billing_run(text) is
    E'What a billing run of a month, like 2026-03, would do now: a row per account that pays.\n'
    'Nothing is written. outcome and reason are those of billing_run_accounts; billed_already has '
    'the invoice of that month. The row without an account counts what is nobody''s. Totals are '
    'those of the invoice to the cent, credit_notes how many invoices would be corrected. Needs '
    'the permission billing.read.';
