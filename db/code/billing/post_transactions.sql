-- Bring the ledger up to what transactions cost now: unbilled against revenue, net.
--
-- What should stand there is the net of the rating that counts (the gross where the net is not
-- known) in its currency; nothing while it is held or written off. It stands with the legal entity
-- whose invoice has that rating, else of the account that pays, else the default one. Posted is the
-- difference to what the journals of the transaction say already, so that whatever happened in
-- between, called twice or for another legal entity now, they come to that figure.
-- The first journal has the day of the end of charging, by the clock of the legal entity: revenue
-- belongs to when it was earned. A correction has the day on which it is made: what was reported
-- for an earlier month stays.
-- p_tenant_ids and p_transaction_ids are pairs. Transactions of a tenant without a default legal
-- entity are left out, and so is an amount that no invoice can hold (numeric(14, 4)), which is a
-- mistake in a tariff: it would keep everybody else's from being posted.
-- Called by: jobs.post_ratings, billing.refresh_drafts.
-- Writes:    core.journals, core.ledger_entries; the transactions are locked, in ascending order.
-- Returns:   how many journals were posted.
create or replace function billing.post_transactions(
    p_tenant_ids bigint[], p_transaction_ids bigint[]
)
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
-- By key, whatever the tables held when the plan was made. Not a plan a call, whoever calls: the
-- foreign keys of what is written would be checked by plans that are made anew for each row.
set plan_cache_mode = auto
set enable_seqscan = off
as $$
declare
    v_sequence constant regclass := pg_get_serial_sequence('core.journals', 'id');
    v_posted bigint;
begin
    perform
    from core.transactions as t
    inner join unnest(p_tenant_ids, p_transaction_ids) as k (tenant_id, id)
        on t.tenant_id = k.tenant_id and t.id = k.id
    order by t.tenant_id, t.id
    for no key update of t;

    -- A statement of its own: it sees what was committed while this one waited for the locks.
    with wanted as materialized (
        select
            t.tenant_id,
            t.id as transaction_id,
            t.ended_at,
            t.state,
            r.version,
            coalesce(i.legal_entity_id, a.legal_entity_id, d.id) as legal_entity_id,
            r.currency,
            coalesce(r.total_excl_vat, r.total_incl_vat) as amount
        from (
            select distinct p.tenant_id, p.id
            from unnest(p_tenant_ids, p_transaction_ids) as p (tenant_id, id)
        ) as k
        inner join core.transactions as t on t.tenant_id = k.tenant_id and t.id = k.id
        left join core.ratings as r
            on
                r.tenant_id = t.tenant_id
                and r.transaction_id = t.id
                and r.version = t.rating_version
                and t.state = 'priced'
        left join billing.transaction_accounts as a
            on a.tenant_id = t.tenant_id and a.transaction_id = t.id
        inner join core.legal_entities as d on d.tenant_id = t.tenant_id and d.is_default
        -- From here on by key, one by one: where there are no statistics yet, a join may read all
        -- of a tenant's invoices, journals or entries of unbilled instead.
        left join lateral (
            select (
                select i.legal_entity_id
                from core.invoices as i
                where i.tenant_id = l.tenant_id and i.id = l.invoice_id
            ) as legal_entity_id
            from core.invoice_lines as l
            where
                l.tenant_id = r.tenant_id
                and l.transaction_id = r.transaction_id
                and l.rating_version = r.version
                and not l.is_credit
            limit 1
        ) as i on true
        where coalesce(r.total_excl_vat, r.total_incl_vat, 0) < 1e10
    ),
    figures as (
        select w.*, 0 as journals
        from wanted as w
        where w.amount is not null
        union all
        select
            w.tenant_id, w.transaction_id, w.ended_at, w.state, w.version, j.legal_entity_id,
            j.currency, -e.amount, 1
        from wanted as w
        cross join lateral (
            select j.id, j.legal_entity_id, j.currency
            from core.journals as j
            where j.tenant_id = w.tenant_id and j.transaction_id = w.transaction_id
            offset 0
        ) as j
        cross join lateral (
            select sum(e.amount) filter (where e.ledger_account = 'unbilled') as amount
            from core.ledger_entries as e
            where e.tenant_id = w.tenant_id and e.journal_id = j.id
        ) as e
    ),
    differences as (
        select
            f.tenant_id,
            f.transaction_id,
            f.ended_at,
            f.state,
            f.version,
            f.legal_entity_id,
            f.currency,
            sum(f.amount) as amount,
            sum(f.journals) as journals
        from figures as f
        group by
            f.tenant_id, f.transaction_id, f.ended_at, f.state, f.version, f.legal_entity_id,
            f.currency
    ),
    numbered as materialized (
        select
            c.tenant_id,
            nextval(v_sequence) as journal_id,
            c.transaction_id,
            c.legal_entity_id,
            c.currency,
            c.amount,
            c.journal_no,
            c.version,
            c.state,
            case
                when c.ended_at is null or c.has_journals then l.today
                else greatest(
                    date '2000-01-01',
                    least((c.ended_at at time zone e.time_zone)::date, l.today)
                )
            end as posted_on
        from (
            select
                d.*,
                sum(d.journals) over (partition by d.tenant_id, d.transaction_id) > 0
                    as has_journals,
                sum(d.journals) over (partition by d.tenant_id, d.transaction_id)
                + row_number() over (
                    partition by d.tenant_id, d.transaction_id
                    order by d.amount = 0, d.legal_entity_id, d.currency
                ) as journal_no
            from differences as d
        ) as c
        inner join core.legal_entities as e
            on e.tenant_id = c.tenant_id and e.id = c.legal_entity_id
        cross join lateral (select (now() at time zone e.time_zone)::date as today) as l
        where c.amount <> 0
    ),
    written as (
        insert into core.journals (
            tenant_id, id, legal_entity_id, kind, source_key, transaction_id, posted_on, currency,
            description
        )
        overriding system value
        select
            n.tenant_id, n.journal_id, n.legal_entity_id, 'transaction',
            format('%s/%s', n.transaction_id, n.journal_no), n.transaction_id, n.posted_on,
            n.currency,
            case
                when n.version is null
                    then format('Transaction %s: %s', n.transaction_id, n.state)
                else format('Transaction %s: price %s', n.transaction_id, n.version)
            end
        from numbered as n
        order by n.journal_id
    ),
    entered as (
        insert into core.ledger_entries (
            tenant_id, journal_id, line, legal_entity_id, ledger_account, amount, currency,
            posted_on
        )
        select
            n.tenant_id, n.journal_id, s.line, n.legal_entity_id, s.ledger_account,
            n.amount * s.sign, n.currency, n.posted_on
        from numbered as n
        cross join (values (1, 'unbilled', 1), (2, 'revenue', -1)) as s (
            line, ledger_account, sign
        )
        order by n.journal_id, s.line
    )
    select count(*) into v_posted from numbered as n;
    return v_posted;
end;
$$;
revoke all on function billing.post_transactions(bigint[], bigint[]) from public;
comment on function billing.post_transactions(bigint[], bigint[]) is
    'Post what transactions cost now, as the difference to what was posted; returns how many '
    'journals.';
