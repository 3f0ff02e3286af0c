-- What an account has and owes at this moment, with what runs: the one home of that.
--
-- Of an account that another pays for it is the payer's (account_id in the result). Amounts are in
-- currency, with VAT where it is charged, exact but for what was rounded before:
-- wallet        left in the wallet, by the ledger
-- receivable    open invoices and dunning fees less credit, by the ledger; below zero is credit
-- drafted       in drafts of invoices less drafts of credit notes
-- unbilled      priced, on no invoice yet: sessions that began within billing.unbilled_days
-- running       live cost of sessions that run, or are over and not priced yet
-- available     wallet and credit_limit (prepaid) or credit_limit (postpaid) less the other four;
--               null for a postpaid account without a limit
-- What is charged in another currency, and reservations that nobody used, count once invoiced.
-- Called by: billing.has_credit, wallets.
-- Definer:   views that run as the caller ask it; API roles cannot name a function of this schema.
create or replace function billing.account_funds(
    p_tenant_id bigint,
    p_account_id bigint,
    out account_id bigint,
    out currency text,
    out wallet numeric,
    out receivable numeric,
    out drafted numeric,
    out unbilled numeric,
    out running numeric,
    out available numeric
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_payer core.accounts;
begin
    select p.* into v_payer
    from core.accounts as a
    inner join core.accounts as p
        on p.tenant_id = a.tenant_id and p.id = coalesce(a.payer_account_id, a.id)
    where a.tenant_id = p_tenant_id and a.id = p_account_id;
    if not found then
        return;
    end if;
    account_id := v_payer.id;
    currency := v_payer.currency;

    select
        coalesce(-sum(l.amount) filter (where l.ledger_account = 'wallets'), 0),
        coalesce(sum(l.amount) filter (where l.ledger_account = 'receivables'), 0)
    into wallet, receivable
    from core.ledger_entries as l
    where l.tenant_id = p_tenant_id and l.account_id = v_payer.id;

    select
        coalesce(
            sum(case i.kind when 'invoice' then i.total_incl_vat else -i.total_incl_vat end), 0
        )
    into drafted
    from core.invoices as i
    where
        i.tenant_id = p_tenant_id
        and i.account_id = v_payer.id
        and i.state = 'draft'
        -- Drafts have no date: with it they are one end of the index.
        and i.issued_on is null
        and i.currency = v_payer.currency;

    select u.unbilled, u.running into unbilled, running
    from billing.sum_open_sessions(v_payer) as u;

    available := case v_payer.kind
        when 'prepaid' then wallet + coalesce(v_payer.credit_limit, 0)
        else v_payer.credit_limit
    end
        - receivable - drafted - unbilled - running;
end;
$$;
revoke all on function billing.account_funds(bigint, bigint) from public;
grant execute on function billing.account_funds(bigint, bigint) to staff, customer, platform;
comment on function billing.account_funds(bigint, bigint) is
    'What an account has and owes at this moment, with what runs.';

-- What sessions of a payer's accounts cost that are on no invoice yet: priced ones (unbilled), and
-- those that run or wait for their price (running), in the payer's currency.
--
-- From the tokens of its contracts, and from its person where that has one account only, to their
-- newest sessions: how long the account exists costs nothing.
-- Called by: billing.account_funds.
create or replace function billing.sum_open_sessions(
    p_payer core.accounts,
    out unbilled numeric,
    out running numeric
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Not in SQL: the plan is worth keeping.
    with since as (
        select now() - make_interval(days => access.get_setting('billing.unbilled_days')::integer)
            as at
    ),
    covered as (
        select p_payer.id as id, p_payer.customer_id as customer_id, p_payer.state as state
        union all
        select a.id, a.customer_id, a.state
        from core.accounts as a
        where a.tenant_id = p_payer.tenant_id and a.payer_account_id = p_payer.id
    ),
    used as (
        select s.id
        from covered as a
        inner join core.contracts as k
            on k.tenant_id = p_payer.tenant_id and k.account_id = a.id
        inner join core.sessions as s
            on s.tenant_id = p_payer.tenant_id
            and s.id_token_id = k.id_token_id
            and s.started_at >= greatest(k.starts_at, (select f.at from since as f))
            and s.started_at < coalesce(k.ends_at, 'infinity')
        union all
        select s.id
        from covered as a
        inner join core.customers as c
            on c.tenant_id = p_payer.tenant_id and c.id = a.customer_id
        inner join core.sessions as s
            on s.tenant_id = p_payer.tenant_id
            and s.user_id = c.user_id
            and s.started_at >= (select f.at from since as f)
        where
            a.state = 'active'
            and not exists (
                select
                from core.accounts as o
                where
                    o.tenant_id = p_payer.tenant_id
                    and o.customer_id = a.customer_id
                    and o.state = 'active'
                    and o.id <> a.id
            )
            and not exists (
                select
                from core.contracts as k
                where
                    k.tenant_id = p_payer.tenant_id
                    and k.id_token_id = s.id_token_id
                    and k.starts_at <= s.started_at
                    and (k.ends_at is null or k.ends_at > s.started_at)
            )
    )
    select
        coalesce(
            sum(
                case
                    when p_payer.tax_treatment = 'standard'
                        then coalesce(r.total_incl_vat, r.total_excl_vat)
                    else coalesce(r.total_excl_vat, r.total_incl_vat)
                end
            ) filter (where r.currency = p_payer.currency),
            0
        ),
        coalesce(
            sum(
                case
                    when p_payer.tax_treatment = 'standard'
                        then coalesce(c.total_incl_vat, c.total_excl_vat)
                    else coalesce(c.total_excl_vat, c.total_incl_vat)
                end
            ) filter (where t.id is null and c.currency = p_payer.currency),
            0
        )
    into unbilled, running
    from used as u
    left join core.transactions as t
        on t.tenant_id = p_payer.tenant_id and t.session_id = u.id
    left join core.ratings as r
        on r.tenant_id = t.tenant_id
        and r.transaction_id = t.id
        and r.version = t.rating_version
        and t.state = 'priced'
        and not exists (
            select
            from core.invoice_lines as l
            where
                l.tenant_id = t.tenant_id
                and l.transaction_id = t.id
                and l.rating_version = t.rating_version
        )
    left join core.session_costs as c
        on t.id is null and c.tenant_id = p_payer.tenant_id and c.session_id = u.id;
end;
$$;
revoke all on function billing.sum_open_sessions(core.accounts) from public;
comment on function billing.sum_open_sessions(core.accounts) is
    'What sessions of a payer''s accounts cost that are on no invoice yet.';
