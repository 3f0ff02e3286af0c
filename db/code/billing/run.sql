-- Bill what a tenant charged before the end of a period and has not billed: drafts of invoices,
-- and credit notes for what was billed and no longer counts.
--
-- A run is named by tenant and period: asked for again, the same run goes on where it stopped.
-- One that is done looks again at accounts without an invoice for which something waits: what was
-- held and is put right, what was charged since, a draft that was deleted. An account gets one
-- invoice a period; what comes after it is next month's.
-- A call is one database transaction: all of it stands or nothing does. Several at once share the
-- accounts.
-- Called by: api.start_billing_run (which bills nothing yet), jobs.start_billing_runs.
-- Takes:     days of each legal entity's zone, p_period_to not in it (null: a month later);
--            at most p_batch accounts (null: all).
-- Writes:    core.billing_runs, core.billing_run_accounts, what billing.bill_accounts writes.
-- Returns:   the run, how many accounts were billed by this call, and how many still wait.
create or replace function billing.run(
    p_tenant_id bigint,
    p_period_from date,
    p_period_to date default null,
    p_batch integer default null,
    out billing_run_id bigint,
    out accounts_done integer,
    out accounts_waiting integer
)
returns record
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_step constant integer := access.get_setting('billing.run_batch')::integer;
    v_billed integer;
begin
    billing_run_id := billing.open_run(p_tenant_id, p_period_from, p_period_to);
    accounts_done := 0;
    while p_batch is null or accounts_done < p_batch loop
        v_billed := billing.bill_next_accounts(
            p_tenant_id, billing_run_id, least(v_step, p_batch - accounts_done)
        );
        exit when v_billed = 0;
        accounts_done := accounts_done + v_billed;
    end loop;
    perform billing.end_run(p_tenant_id, billing_run_id);
    select count(*) into accounts_waiting
    from core.billing_run_accounts as a
    where
        a.tenant_id = p_tenant_id
        and a.billing_run_id = run.billing_run_id
        and a.outcome = 'waiting';
end;
$$;
revoke all on function billing.run(bigint, date, date, integer) from public;
comment on function billing.run(bigint, date, date, integer) is
    'Bill what was charged before the end of a period; asked for again, it goes on.';

-- Make the run of a period, or open it again, with the accounts that are to be looked at.
--
-- Of two that make it at once, the second waits for the first and goes on with its run.
create or replace function billing.open_run(
    p_tenant_id bigint, p_period_from date, p_period_to date
)
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_to constant date := coalesce(p_period_to, (p_period_from + interval '1 month')::date);
    v_run core.billing_runs;
    v_is_new boolean;
    v_waiting integer;
begin
    -- Others go on with it meanwhile: no lock.
    select r.* into v_run
    from core.billing_runs as r
    where r.tenant_id = p_tenant_id and r.period_from = p_period_from and r.period_to = v_to;
    if v_run.state = 'running' then
        return v_run.id;
    end if;
    insert into core.billing_runs (tenant_id, period_from, period_to, requested_by)
    values (p_tenant_id, p_period_from, v_to, claims.user_id())
    on conflict on constraint billing_runs_period_key do nothing;
    v_is_new := found;
    select r.* into strict v_run
    from core.billing_runs as r
    where r.tenant_id = p_tenant_id and r.period_from = p_period_from and r.period_to = v_to
    for no key update;
    if v_run.state = 'running' and not v_is_new then
        return v_run.id;
    end if;

    perform billing.assign_transactions_to_bill(p_tenant_id);
    perform billing.note_unbillable(p_tenant_id, v_run);
    -- Something waits for whom; a new run reports on everybody.
    insert into core.billing_run_accounts as a (tenant_id, billing_run_id, account_id)
    select p_tenant_id, v_run.id, w.account_id
    from (
        select coalesce(o.payer_account_id, o.id) as account_id
        from core.accounts as o
        where o.tenant_id = p_tenant_id and v_is_new
        union
        select q.payer_account_id
        from ops.transactions_to_bill as q
        where q.tenant_id = p_tenant_id and not q.is_per_session
        union
        select q.credited_account_id
        from ops.transactions_to_bill as q
        where q.tenant_id = p_tenant_id
    ) as w
    where w.account_id is not null
    order by w.account_id
    on conflict (tenant_id, billing_run_id, account_id) do update
    set outcome = 'waiting', reason = null, finished_at = null
    where a.invoice_id is null;
    get diagnostics v_waiting = row_count;
    if v_waiting > 0 and not v_is_new then
        update core.billing_runs as r
        set state = 'running', finished_at = null
        where r.tenant_id = v_run.tenant_id and r.id = v_run.id;
    end if;
    return v_run.id;
end;
$$;
revoke all on function billing.open_run(bigint, date, date) from public;
comment on function billing.open_run(bigint, date, date) is
    'Make the run of a period, or open it again, with the accounts that are to be looked at.';

-- Note for a run what no account of it can show: transactions that are nobody's, and those that
-- are held before they have a price that counts.
create or replace function billing.note_unbillable(p_tenant_id bigint, p_run core.billing_runs)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from core.billing_run_held as h
    where
        h.tenant_id = p_tenant_id
        and h.billing_run_id = p_run.id
        and h.reason in ('account_missing', 'transaction_held');
    insert into core.billing_run_held (
        tenant_id, billing_run_id, transaction_id, account_id, reason
    )
    select p_tenant_id, p_run.id, l.transaction_id, null, l.reason
    from billing.list_charges(
        p_tenant_id,
        array(
            select distinct q.transaction_id
            from ops.transactions_to_bill as q
            where
                q.tenant_id = p_tenant_id
                and q.payer_account_id is null
                and q.credited_account_id is null
        ),
        p_run.period_to
    ) as l
    where l.reason = 'account_missing'
    union all
    select p_tenant_id, p_run.id, t.id, w.payer_account_id, 'transaction_held'
    from core.transactions as t
    inner join core.tenants as n on n.id = t.tenant_id
    inner join billing.transaction_accounts as w
        on w.tenant_id = t.tenant_id and w.transaction_id = t.id
    left join core.legal_entities as e
        on e.tenant_id = t.tenant_id and e.id = w.legal_entity_id
    where
        t.tenant_id = p_tenant_id
        and t.state = 'held'
        and coalesce(t.ended_at, t.started_at, t.held_at)
        < p_run.period_to::timestamp at time zone coalesce(e.time_zone, n.time_zone)
    on conflict (tenant_id, billing_run_id, transaction_id) do update
    set account_id = excluded.account_id, reason = excluded.reason, noted_at = now();
end;
$$;
revoke all on function billing.note_unbillable(bigint, core.billing_runs) from public;
comment on function billing.note_unbillable(bigint, core.billing_runs) is
    'Note for a run which transactions are nobody''s, and which are held before they are billed.';
