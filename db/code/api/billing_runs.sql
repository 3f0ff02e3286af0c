-- Billing runs with what they have done so far, read-only.
create or replace view api.billing_runs
with (security_invoker = true) as
select
    r.tenant_id,
    r.id,
    r.period_from,
    r.period_to,
    r.state,
    a.accounts,
    a.accounts_waiting,
    a.accounts_billed,
    a.accounts_skipped,
    a.accounts_held,
    a.transactions,
    (
        select count(*)
        from core.billing_run_held as h
        where h.tenant_id = r.tenant_id and h.billing_run_id = r.id
    ) as transactions_held,
    i.invoices,
    i.credit_notes,
    i.totals,
    r.requested_by,
    r.started_at,
    r.finished_at
from core.billing_runs as r
cross join lateral (
    select
        count(*) as accounts,
        count(*) filter (where s.outcome = 'waiting') as accounts_waiting,
        count(*) filter (where s.outcome = 'billed') as accounts_billed,
        count(*) filter (where s.outcome = 'skipped') as accounts_skipped,
        count(*) filter (where s.outcome = 'held') as accounts_held,
        coalesce(sum(s.transactions), 0) as transactions
    from core.billing_run_accounts as s
    where s.tenant_id = r.tenant_id and s.billing_run_id = r.id
) as a
cross join lateral (
    select
        coalesce(sum(g.invoices), 0) as invoices,
        coalesce(sum(g.credit_notes), 0) as credit_notes,
        coalesce(
            jsonb_object_agg(
                g.currency,
                jsonb_build_object(
                    'total_excl_vat', trim_scale(g.excl)::text,
                    'total_incl_vat', trim_scale(g.incl)::text
                )
            ),
            '{}'
        ) as totals
    from (
        select
            n.currency,
            count(*) filter (where n.kind = 'invoice') as invoices,
            count(*) filter (where n.kind = 'credit_note') as credit_notes,
            sum(case when n.kind = 'invoice' then 1 else -1 end * n.total_excl_vat) as excl,
            sum(case when n.kind = 'invoice' then 1 else -1 end * n.total_incl_vat) as incl
        from core.invoices as n
        where n.tenant_id = r.tenant_id and n.billing_run_id = r.id
        group by n.currency
    ) as g
) as i;

grant select (
    tenant_id, id, period_from, period_to, state, accounts, accounts_waiting, accounts_billed,
    accounts_skipped, accounts_held, transactions, transactions_held, invoices, credit_notes,
    totals, requested_by, started_at, finished_at
) on api.billing_runs to staff, platform;

create trigger billing_runs__refuse_change
instead of insert or update or delete on api.billing_runs
for each row execute function audit.tg_view__refuse_change();

comment on view api.billing_runs is
    E'The billing run of a period: what it has done so far, while it goes on and afterwards.\n'
    'start_billing_run begins one. billing_run_accounts says what became of each account, '
    'billing_run_held which transactions could not be billed. Needs the permission billing.read.';
comment on column api.billing_runs.tenant_id is 'The tenant that owns the row.';
comment on column api.billing_runs.id is 'Number of the run.';
comment on column api.billing_runs.period_from is
    'First day of its period, in the zone of each legal entity.';
comment on column api.billing_runs.period_to is
    'The day after its last. What was charged before it and is not billed yet is billed.';
comment on column api.billing_runs.state is 'running or done.';
comment on column api.billing_runs.accounts is 'Accounts that it looks at.';
comment on column api.billing_runs.accounts_waiting is 'Those that it has still to bill.';
comment on column api.billing_runs.accounts_billed is
    'Those that got an invoice or a credit note.';
comment on column api.billing_runs.accounts_skipped is 'Those with nothing to bill.';
comment on column api.billing_runs.accounts_held is
    'Those that could be billed nothing of what they owe.';
comment on column api.billing_runs.transactions is 'Transactions that it billed.';
comment on column api.billing_runs.transactions_held is 'Transactions that it could not bill.';
comment on column api.billing_runs.invoices is 'Invoices that it made, drafts and finalised.';
comment on column api.billing_runs.credit_notes is
    'Credit notes that it made for what was billed before and no longer counts.';
comment on column api.billing_runs.totals is
    'What these sum to, credit notes subtracted, by currency: total_excl_vat and total_incl_vat.';
comment on column api.billing_runs.requested_by is 'Who began it; null for the schedule.';
comment on column api.billing_runs.started_at is 'When it began.';
comment on column api.billing_runs.finished_at is 'When it was done; null while it goes on.';
