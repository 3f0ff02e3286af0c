-- Find out who is to be billed, and who credited, for transactions that wait.
--
-- Rows for which there is nothing to do go. Those of transactions that are nobody's stay without
-- an account. Rows that others hold are passed over.
-- Called by: billing.run (all of a tenant again), jobs.bill_sessions (those that are new).
-- Takes:     a tenant: all its rows, whenever they were assigned; null: at most p_limit new rows of
--            any.
-- Writes:    ops.transactions_to_bill.
-- Returns:   how many rows it looked at.
create or replace function billing.assign_transactions_to_bill(
    p_tenant_id bigint, p_limit integer default null
)
returns integer
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
declare
    v_ids bigint[];
begin
    select array_agg(n.id) into v_ids
    from (
        select q.id
        from ops.transactions_to_bill as q
        where
            (p_tenant_id is null and q.assigned_at is null)
            or q.tenant_id = p_tenant_id
        order by q.id
        limit p_limit
        for update skip locked
    ) as n;

    with found as materialized (
        select
            q.id,
            q.tenant_id,
            t.state = 'priced'
            and not exists (
                select
                from core.invoice_lines as l
                where
                    l.tenant_id = t.tenant_id
                    and l.transaction_id = t.id
                    and l.rating_version = t.rating_version
                    and not l.is_credit
            ) as is_to_bill,
            a.payer_account_id,
            c.account_id as credited_account_id
        from unnest(v_ids) as k (id)
        inner join ops.transactions_to_bill as q on q.id = k.id
        inner join core.transactions as t
            on t.tenant_id = q.tenant_id and t.id = q.transaction_id
        inner join billing.transaction_accounts as a
            on a.tenant_id = t.tenant_id and a.transaction_id = t.id
        left join lateral (
            select min(s.account_id) as account_id
            from billing.superseded_charges as s
            where s.tenant_id = t.tenant_id and s.transaction_id = t.id
        ) as c on true
    ),
    judged as (
        select
            f.id,
            f.is_to_bill,
            case when f.is_to_bill then f.payer_account_id end as payer_account_id,
            f.credited_account_id,
            -- A correction comes with the invoices of whoever is credited.
            coalesce(o.schedule = 'session', false) as is_per_session
        from found as f
        left join core.accounts as o
            on
                o.tenant_id = f.tenant_id
                and o.id = coalesce(
                    case when f.is_to_bill then f.payer_account_id end, f.credited_account_id
                )
    ),
    removed as (
        delete from ops.transactions_to_bill as q
        using judged as j
        where q.id = j.id and not j.is_to_bill and j.credited_account_id is null
    )
    update ops.transactions_to_bill as q
    set assigned_at = now(),
        payer_account_id = j.payer_account_id,
        credited_account_id = j.credited_account_id,
        is_per_session = j.is_per_session
    from judged as j
    where
        q.id = j.id
        and (j.is_to_bill or j.credited_account_id is not null)
        and (
            q.assigned_at is null
            or (q.payer_account_id, q.credited_account_id, q.is_per_session)
            is distinct from (j.payer_account_id, j.credited_account_id, j.is_per_session)
        );
    return coalesce(cardinality(v_ids), 0);
end;
$$;
revoke all on function billing.assign_transactions_to_bill(bigint, integer) from public;
comment on function billing.assign_transactions_to_bill(bigint, integer) is
    'Find out who is to be billed, and who credited, for transactions that wait.';
