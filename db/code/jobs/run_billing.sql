-- Go on with a billing run that is not done, by one batch of accounts.
--
-- Should a batch fail, its first 40 accounts are billed one by one, and the one that fails is held
-- as billing_failed with what PostgreSQL said in the log: it keeps nobody else waiting. What a
-- second attempt may mend (a deadlock, no memory) fails the step as a whole, which comes again.
-- The tables that a run reads are analysed before its first batch.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    what billing.bill_next_accounts writes.
-- Returns:   what was done, empty for nothing; ends in 'more is left' when it is.
create or replace function jobs.run_billing()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit constant integer := access.get_setting('billing.run_batch')::integer;
    v_run core.billing_runs;
    v_done integer := 0;
    v_failed integer := 0;
begin
    select r.* into v_run
    from core.billing_runs as r
    where r.state = 'running'
    order by r.started_at, r.tenant_id, r.id
    limit 1;
    if not found then
        return '';
    end if;
    if not exists (
        select
        from core.billing_run_accounts as a
        where
            a.tenant_id = v_run.tenant_id
            and a.billing_run_id = v_run.id
            and a.outcome <> 'waiting'
    ) then
        -- A tenant that the statistics do not know yet is taken for one of a few rows, and each
        -- batch would read its whole month.
        analyze
            core.accounts, core.contracts, core.customers, core.invoice_lines, core.invoices,
            core.ratings, core.sessions, core.transactions, ops.transactions_to_bill;
    end if;
    begin
        v_done := billing.bill_next_accounts(v_run.tenant_id, v_run.id, v_limit);
    exception
        when integrity_constraint_violation or data_exception or raise_exception then
            raise log 'a batch of accounts could not be billed: %: %', sqlstate, sqlerrm;
            v_failed := -1;
    end;
    if v_failed < 0 then
        v_failed := 0;
        -- A loop, so that each has a block of its own; 40 blocks stay cheap.
        for v_no in 1..40 loop
            begin
                v_done := v_done + billing.bill_next_accounts(v_run.tenant_id, v_run.id, 1);
            exception
                when integrity_constraint_violation or data_exception or raise_exception then
                    raise log 'an account could not be billed: %: %', sqlstate, sqlerrm;
                    perform billing.hold_next_account(v_run.tenant_id, v_run.id);
                    v_failed := v_failed + 1;
            end;
        end loop;
    end if;
    perform billing.end_run(v_run.tenant_id, v_run.id);
    return concat_ws(
        '; ',
        case when v_done > 0 then format('billed %s accounts', v_done) end,
        case when v_failed > 0 then format('failed on %s', v_failed) end,
        case
            when
                v_done + v_failed > 0
                and exists (select from core.billing_runs as r where r.state = 'running')
                then 'more is left'
        end
    );
end;
$$;
revoke all on function jobs.run_billing() from public;
grant execute on function jobs.run_billing() to jobs;
comment on function jobs.run_billing() is
    'Go on with a billing run that is not done; returns what was done.';

-- Hold the account that is next in a run, for it could not be billed.
create or replace function billing.hold_next_account(
    p_tenant_id bigint, p_billing_run_id bigint
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account_id bigint;
begin
    -- First found and then changed: a plan might ask for the next one once for every row.
    select a.account_id into v_account_id
    from core.billing_run_accounts as a
    where
        a.tenant_id = p_tenant_id
        and a.billing_run_id = p_billing_run_id
        and a.outcome = 'waiting'
    order by a.account_id
    limit 1
    for update skip locked;
    update core.billing_run_accounts as r
    set outcome = 'held', reason = 'billing_failed', finished_at = now()
    where
        r.tenant_id = p_tenant_id
        and r.billing_run_id = p_billing_run_id
        and r.account_id = v_account_id;
end;
$$;
revoke all on function billing.hold_next_account(bigint, bigint) from public;
comment on function billing.hold_next_account(bigint, bigint) is
    'Hold the account that is next in a run, for it could not be billed.';
