-- What is to be billed of transactions, a row per rate of VAT, or why it cannot be.
--
-- The one home of that: runs bill what it says, and a preview only shows it. Transactions without
-- a price that counts, and those that are billed already, are left out.
-- Called by: billing.bill_accounts, api.preview_billing_run.
-- Takes:     transactions of a tenant; only what ended before the local day p_before of the legal
--            entity that bills it (null: whenever).
-- Returns:   reason null: one row per rate, whose amounts have the decimals of the currency.
--            includes_vat says that amount is gross. rated_excl_vat sums to what the ledger has as
--            unbilled. Under reverse charge and exemption the rate is 0 and the price is the net.
--            reason else: one row without amounts, for the first that holds of
--                later              it ended later
--                account_missing    it is nobody's
--                account_closed     the account that pays is closed
--                currency_mismatch  that account has another currency
--                vat_unknown        a price says neither its VAT nor that there is none
--                address_missing    the customer has no billing address
--                series_missing     the legal entity has no numbers for invoices
create or replace function billing.list_charges(
    p_tenant_id bigint, p_transaction_ids bigint[], p_before date
)
returns table (
    transaction_id bigint,
    rating_version integer,
    account_id bigint,
    payer_account_id bigint,
    currency text,
    started_at timestamptz,
    ended_at timestamptz,
    description text,
    reason text,
    vat_rate numeric,
    includes_vat boolean,
    amount numeric,
    rated_excl_vat numeric
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
-- Ten transactions are not a hundred thousand. (Not where rows are written: foreign keys would be
-- checked by plans that are made anew for each row.)
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_column
begin
    return query
    with judged as materialized (
        select
            t.id as transaction_id,
            r.version,
            w.account_id,
            w.payer_account_id,
            r.currency,
            r.started_at,
            r.ended_at,
            g.taxes,
            left(
                coalesce(
                    nullif(concat_ws(
                        ', ',
                        r.cdr_head #>> '{cdr_location,name}',
                        r.cdr_head #>> '{cdr_location,evse_id}'
                    ), ''),
                    t.id::text
                ), 500
            ) as description,
            p.tax_treatment = 'standard' as is_taxed,
            p.tax_treatment = 'standard' and g.tax_included = 'YES' as includes_vat,
            e.vat_rate as usual_vat_rate,
            case
                when
                    r.ended_at
                    >= p_before::timestamp at time zone coalesce(e.time_zone, n.time_zone)
                    then 'later'
                when w.payer_account_id is null then 'account_missing'
                when p.state = 'closed' then 'account_closed'
                when p.currency <> r.currency then 'currency_mismatch'
                when
                    r.total_excl_vat is null
                    or p.tax_treatment = 'standard'
                    and g.tax_included <> 'N/A'
                    and exists (
                        select
                        from jsonb_to_recordset(g.taxes) as x (vat numeric, gross numeric)
                        where x.vat is null and x.gross <> 0
                    )
                    then 'vat_unknown'
                when
                    not exists (
                        select
                        from core.customer_addresses as d
                        where
                            d.tenant_id = p.tenant_id
                            and d.customer_id = p.customer_id
                            and d.kind = 'billing'
                    )
                    then 'address_missing'
                when
                    not exists (
                        select
                        from core.number_series as s
                        where
                            s.tenant_id = p.tenant_id
                            and s.legal_entity_id = p.legal_entity_id
                            and s.kind = 'invoice'
                    )
                    then 'series_missing'
            end as reason
        from unnest(p_transaction_ids) as k (id)
        inner join core.transactions as t on t.tenant_id = p_tenant_id and t.id = k.id
        inner join core.ratings as r
            on
                r.tenant_id = t.tenant_id
                and r.transaction_id = t.id
                and r.version = t.rating_version
        -- Both at once: a long result is unpacked once.
        cross join lateral jsonb_to_record(r.result) as g (taxes jsonb, tax_included text)
        inner join core.tenants as n on n.id = t.tenant_id
        inner join billing.transaction_accounts as w
            on w.tenant_id = t.tenant_id and w.transaction_id = t.id
        left join core.accounts as p on p.tenant_id = w.tenant_id and p.id = w.payer_account_id
        left join core.legal_entities as e
            on e.tenant_id = p.tenant_id and e.id = p.legal_entity_id
        where
            t.state = 'priced'
            and not exists (
                select
                from core.invoice_lines as l
                where
                    l.tenant_id = t.tenant_id
                    and l.transaction_id = t.id
                    and l.rating_version = t.rating_version
                    and not l.is_credit
            )
    )
    select
        j.transaction_id,
        j.version,
        j.account_id,
        j.payer_account_id,
        j.currency,
        j.started_at,
        j.ended_at,
        j.description,
        j.reason,
        x.vat_rate,
        j.includes_vat,
        x.amount,
        x.net
    from judged as j
    left join lateral (
        select
            v.vat_rate,
            sum(case when j.includes_vat then v.gross else v.net end) as amount,
            sum(v.net) as net,
            row_number() over (order by sum(v.gross) desc, v.vat_rate desc) as place
        from (
            select
                t.net,
                t.gross,
                case
                    when not j.is_taxed then 0
                    -- Free of charge, at a price that says no rate.
                    when t.vat is null and t.gross = 0 then j.usual_vat_rate
                    else coalesce(t.vat, 0)
                end as vat_rate
            from jsonb_to_recordset(j.taxes) as t (vat numeric, net numeric, gross numeric)
        ) as v
        group by v.vat_rate
    ) as x on j.reason is null
    where
        j.reason is not null
        -- A rate at which nothing was charged stands there only when there is no other.
        or x.amount <> 0 or x.net <> 0 or x.place = 1;
end;
$$;
revoke all on function billing.list_charges(bigint, bigint[], date) from public;
comment on function billing.list_charges(bigint, bigint[], date) is
    'What is to be billed of transactions, a row per rate of VAT, or why it cannot be.';
