-- Bill the next accounts of a run; who calls ends the run (billing.end_run).
--
-- Accounts that somebody else is billing are passed over, so that any number of runners share a
-- run; what a runner that died had begun is undone, and its accounts wait as before.
-- Called by: billing.run, jobs.run_billing.
-- Writes:    what billing.bill_accounts writes.
-- Returns:   how many accounts it billed; 0 when none is free.
create or replace function billing.bill_next_accounts(
    p_tenant_id bigint, p_billing_run_id bigint, p_limit integer
)
returns integer
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account_ids bigint[];
begin
    select array_agg(n.account_id order by n.account_id) into v_account_ids
    from (
        select r.account_id
        from core.billing_run_accounts as r
        where
            r.tenant_id = p_tenant_id
            and r.billing_run_id = p_billing_run_id
            and r.outcome = 'waiting'
        order by r.account_id
        limit p_limit
        for update skip locked
    ) as n;
    if v_account_ids is not null then
        perform billing.bill_accounts(p_tenant_id, p_billing_run_id, v_account_ids);
    end if;
    return coalesce(cardinality(v_account_ids), 0);
end;
$$;
revoke all on function billing.bill_next_accounts(bigint, bigint, integer) from public;
comment on function billing.bill_next_accounts(bigint, bigint, integer) is
    'Bill the next accounts of a run; returns how many.';

-- A run whose last account is billed is done. The last thing that a transaction does.
--
-- Of two that bill the last accounts, the second waits here for the first and sees that it is last.
create or replace function billing.end_run(p_tenant_id bigint, p_billing_run_id bigint)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform
    from core.billing_runs as r
    where r.tenant_id = p_tenant_id and r.id = p_billing_run_id
    for no key update;
    update core.billing_runs as r
    set state = 'done', finished_at = clock_timestamp()
    where
        r.tenant_id = p_tenant_id
        and r.id = p_billing_run_id
        and r.state = 'running'
        and not exists (
            select
            from core.billing_run_accounts as a
            where
                a.tenant_id = r.tenant_id
                and a.billing_run_id = r.id
                and a.outcome = 'waiting'
        );
end;
$$;
revoke all on function billing.end_run(bigint, bigint) from public;
comment on function billing.end_run(bigint, bigint) is
    'A run whose last account is billed is done.';
