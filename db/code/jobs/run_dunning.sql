-- Remind of invoices that are overdue: a notice with its fee, and no more charging where the level
-- says so.
--
-- A batch a run. The accounts are locked before anything is decided, so that a payment which is
-- booked at this moment is waited for and counts. A notice is unique by invoice and level: two
-- runners, or a run that comes again, remind once.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    core.dunning_notices, core.journals, core.ledger_entries, core.accounts, core.events.
-- Returns:   what was done, empty for nothing; ends in 'more is left' when it is.
create or replace function jobs.run_dunning()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit constant integer := access.get_setting('billing.dunning_batch')::integer;
    v_tenant_id bigint;
    v_ids bigint[];
    v_found integer;
    v_issued integer;
    v_blocked integer;
begin
    with found as materialized (
        select r.tenant_id, r.invoice_id from billing.list_due_reminders(null, null, v_limit) as r
    )
    select f.tenant_id, array_agg(f.invoice_id), (select count(*) from found as n)
    into v_tenant_id, v_ids, v_found
    from found as f
    group by f.tenant_id
    order by f.tenant_id
    limit 1;
    if not found then
        return '';
    end if;
    perform
    from core.accounts as a
    where
        a.tenant_id = v_tenant_id
        and a.id in (
            select i.account_id
            from core.invoices as i
            where i.tenant_id = v_tenant_id and i.id = any(v_ids)
        )
    order by a.id
    for no key update;

    with due as materialized (
        select r.* from billing.list_due_reminders(v_tenant_id, v_ids, v_limit) as r
    ),
    posted as (
        insert into core.journals (
            tenant_id, legal_entity_id, kind, source_key, posted_on, currency, description
        )
        select
            d.tenant_id, d.legal_entity_id, 'fee', format('%s/%s', d.invoice_id, d.level),
            d.issued_on, d.currency, format('fee of reminder %s of %s', d.level, d.number)
        from due as d
        where d.fee > 0
        order by d.invoice_id
        returning id, source_key
    ),
    entered as (
        insert into core.ledger_entries (
            tenant_id, journal_id, line, legal_entity_id, ledger_account, account_id, amount,
            currency, posted_on
        )
        select
            d.tenant_id, j.id, v.line, d.legal_entity_id, v.ledger_account, v.account_id,
            v.amount, d.currency, d.issued_on
        from due as d
        inner join posted as j on j.source_key = format('%s/%s', d.invoice_id, d.level)
        cross join lateral (
            values (1, 'receivables', d.account_id, d.fee), (2, 'fee_income', null, - d.fee)
        ) as v (line, ledger_account, account_id, amount)
    ),
    issued as (
        insert into core.dunning_notices (
            tenant_id, invoice_id, account_id, level, issued_on, due_on, open_amount, fee,
            journal_id
        )
        select
            d.tenant_id, d.invoice_id, d.account_id, d.level, d.issued_on, d.due_on,
            d.open_amount, d.fee, j.id
        from due as d
        left join posted as j on j.source_key = format('%s/%s', d.invoice_id, d.level)
        order by d.invoice_id
        returning id, invoice_id
    ),
    told as (
        insert into core.events (tenant_id, type, object_type, object_id, data)
        select
            d.tenant_id,
            'invoice.overdue',
            'invoice',
            d.invoice_id,
            jsonb_build_object(
                'invoice_id', d.invoice_id,
                'number', d.number,
                'account_id', d.account_id,
                'dunning_notice_id', n.id,
                'level', d.level,
                'open_amount', trim_scale(d.open_amount)::text,
                'fee', trim_scale(d.fee)::text,
                'currency', d.currency,
                'due_on', d.due_on,
                'is_blocked', d.blocks_charging
            )
        from due as d
        inner join issued as n on n.invoice_id = d.invoice_id
        order by d.invoice_id
    ),
    blocked as (
        update core.accounts as a
        -- billing.tell_paid knows this reason.
        set state = 'blocked', state_reason = 'overdue invoices'
        where
            a.tenant_id = v_tenant_id
            and a.state = 'active'
            and a.id in (select d.account_id from due as d where d.blocks_charging)
        returning a.id
    )
    select (select count(*) from issued as i), (select count(*) from blocked as b)
    into v_issued, v_blocked;
    return concat_ws(
        '; ',
        nullif(concat_ws(
            ', ',
            case when v_issued > 0 then format('issued %s reminders', v_issued) end,
            case when v_blocked > 0 then format('blocked %s accounts', v_blocked) end
        ), ''),
        case when v_found > v_issued or v_found = v_limit then 'more is left' end
    );
end;
$$;
revoke all on function jobs.run_dunning() from public;
grant execute on function jobs.run_dunning() to jobs;
comment on function jobs.run_dunning() is
    'Remind of invoices that are overdue, and block who does not pay; returns what was done.';
