-- A statement of account: what it owed, what came and went, what it owes.
--
-- One row for the opening balance, one a posting on receivables or wallets in the order of days,
-- one for the closing balance; balance is the running one. What the account owes is above zero,
-- for the wallet as well: there a balance below zero is what is left of it. Two parts of one
-- journal on one ledger account are one line.
-- Customers read no words of what was written off or waived: they hold the reasons of the staff.
-- Errors:  PT404 account_unknown, also for another's; PT400 period_invalid.
-- Definer: customers may not read the journals, which say in words what it was.
create or replace function api.account_statement(
    account bigint, period_from date default null, period_to date default null
)
returns table (
    line_no bigint,
    posted_on date,
    kind text,
    ledger_account text,
    journal_id bigint,
    source_key text,
    description text,
    currency text,
    amount numeric,
    balance numeric
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_tenant_id constant bigint := claims.tenant_id();
    v_from constant date := coalesce(account_statement.period_from, '-infinity');
    v_to constant date := coalesce(account_statement.period_to, 'infinity');
    v_currency text;
begin
    select a.currency
    into v_currency
    from core.accounts as a
    where
        a.tenant_id = v_tenant_id
        and a.id = account_statement.account
        and case claims.role()
            when 'customer' then a.id = any(claims.account_ids())
            else claims.has_permission('billing.read')
        end;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such account',
            detail = '{"error":"account_unknown"}',
            hint = 'accounts lists those that you may see.';
    end if;
    if v_from > v_to then
        raise exception using
            errcode = 'PT400',
            message = 'period_to may not be before period_from',
            detail = '{"error":"period_invalid"}',
            hint = 'Both days are within the statement; leave one out for no limit.';
    end if;

    return query
    with postings as (
        select
            e.ledger_account,
            e.currency,
            e.posted_on,
            e.journal_id,
            sum(e.amount) as amount
        from core.ledger_entries as e
        where
            e.tenant_id = v_tenant_id
            and e.account_id = account_statement.account
            and e.ledger_account in ('receivables', 'wallets')
            and e.posted_on <= v_to
        group by e.ledger_account, e.currency, e.posted_on, e.journal_id
    ),
    books as (
        select l.ledger_account, l.currency, l.place
        from (
            select p.ledger_account, p.currency, 1 as place from postings as p
            union
            -- An account without postings has a statement as well.
            select 'receivables', v_currency, 1
        ) as l
    ),
    lines as (
        select
            0 as place, account_statement.period_from as posted_on, 'opening' as kind,
            b.ledger_account, null::bigint as journal_id, null::text as source_key,
            'Opening balance' as description, b.currency,
            (
                select coalesce(sum(p.amount), 0)
                from postings as p
                where
                    p.ledger_account = b.ledger_account
                    and p.currency = b.currency
                    and p.posted_on < v_from
            ) as amount
        from books as b
        union all
        select
            1, p.posted_on, j.kind, p.ledger_account, p.journal_id, j.source_key,
            -- Why something was written off or waived is said among the staff.
            case
                when claims.role() <> 'customer' or j.kind not in ('write_off', 'adjustment')
                    then j.description
            end,
            p.currency, p.amount
        from postings as p
        inner join core.journals as j on j.tenant_id = v_tenant_id and j.id = p.journal_id
        where p.posted_on >= v_from and p.amount <> 0
        union all
        select
            2, account_statement.period_to, 'closing', b.ledger_account, null, null,
            'Closing balance', b.currency, 0
        from books as b
    )
    select
        row_number() over in_order,
        l.posted_on,
        l.kind,
        l.ledger_account,
        l.journal_id,
        l.source_key,
        l.description,
        l.currency,
        case l.place when 1 then l.amount end,
        sum(l.amount) over (
            partition by l.ledger_account, l.currency
            order by l.place, l.posted_on, l.journal_id
        )
    from lines as l
    window in_order as (
        order by l.ledger_account, l.currency, l.place, l.posted_on, l.journal_id
    )
    order by 1;
end;
$$;
revoke all on function api.account_statement(bigint, date, date) from public;
grant execute on function api.account_statement(bigint, date, date)
to staff, customer, platform;
comment on function api.account_statement(bigint, date, date) is
    E'A statement of account: opening balance, postings and closing balance.\n'
    'From period_from to period_to, both days in it; left out there is no limit. What is owed is '
    'above zero; a wallet below zero has so much left. Customers ask for accounts of their own, '
    'staff with billing.read for any.';
