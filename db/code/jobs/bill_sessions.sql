-- Invoices for sessions of accounts that get one for each, and whose each new transaction is.
--
-- Accounts that somebody else bills or pays for at the moment are passed over: they come again.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    ops.transactions_to_bill, what billing.bill_accounts writes.
-- Returns:   what was done, empty for nothing; ends in 'more is left' when it is.
create or replace function jobs.bill_sessions()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit constant integer := access.get_setting('billing.run_batch')::integer;
    v_assign_limit constant integer := access.get_setting('billing.assign_batch')::integer;
    v_assigned integer;
    v_tenant_id bigint;
    v_account_ids bigint[];
    v_made record;
    v_is_full boolean := false;
    v_invoices integer := 0;
    v_notes integer := 0;
begin
    v_assigned := billing.assign_transactions_to_bill(null, v_assign_limit);
    -- A loop over tenants: what is locked is locked within one, in ascending order.
    for v_tenant_id, v_account_ids in
        select a.tenant_id, array_agg(a.id order by a.id)
        from (
            select a.tenant_id, a.id
            from core.accounts as a
            where
                (a.tenant_id, a.id) in (
                    select q.tenant_id, coalesce(q.payer_account_id, q.credited_account_id)
                    from ops.transactions_to_bill as q
                    where q.is_per_session and q.next_attempt_at <= now()
                )
            order by a.tenant_id, a.id
            limit v_limit
            for no key update skip locked
        ) as a
        group by a.tenant_id
        order by a.tenant_id
    loop
        v_is_full := v_is_full or cardinality(v_account_ids) >= v_limit;
        v_made := billing.bill_accounts(v_tenant_id, null, v_account_ids);
        v_invoices := v_invoices + v_made.invoices;
        v_notes := v_notes + v_made.credit_notes;
    end loop;
    return concat_ws(
        '; ',
        nullif(concat_ws(
            ', ',
            case when v_invoices > 0 then format('%s invoices', v_invoices) end,
            case when v_notes > 0 then format('%s credit notes', v_notes) end
        ), ''),
        case when v_is_full or v_assigned >= v_assign_limit then 'more is left' end
    );
end;
$$;
revoke all on function jobs.bill_sessions() from public;
grant execute on function jobs.bill_sessions() to jobs;
comment on function jobs.bill_sessions() is
    'Invoices of accounts that get one for each session; returns what was done.';
