-- Post a journal by hand: bank fees, rounding, a gift to a wallet, opening balances.
--
-- Not to receivables or unbilled: what customers owe is what invoices, payments and write-offs
-- say, and the books are proved against them.
-- Sent again with the same reference it is the journal of before, whatever the entries.
-- Writes:  core.journals, core.ledger_entries.
-- Errors:  PT403 permission_missing; PT404 legal_entity_unknown; PT400 reason_required,
--          adjustment_invalid (path and reason say what).
-- Definer: the ledger is written by functions only.
create or replace function billing.find_adjustment_error(
    p_tenant_id bigint, p_legal_entity_id bigint, p_currency text, p_entries jsonb
)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_decimals constant integer := pricing.get_currency_decimals(p_currency);
    v_error text;
begin
    if jsonb_typeof(p_entries) is distinct from 'array' then
        return 'a list of entries is required';
    end if;
    if jsonb_array_length(p_entries) not between 2 and 100 then
        return 'there have to be 2 to 100 entries';
    end if;
    if exists (
        select from jsonb_array_elements(p_entries) as e (entry)
        where
            jsonb_typeof(e.entry) <> 'object'
            or jsonb_typeof(e.entry -> 'ledger_account') is distinct from 'string'
            or jsonb_typeof(e.entry -> 'amount') is distinct from 'number'
            or coalesce(jsonb_typeof(e.entry -> 'account_id'), 'null') not in ('number', 'null')
            or coalesce(jsonb_typeof(e.entry -> 'vat_rate'), 'null') not in ('number', 'null')
    ) then
        return 'an entry is {"ledger_account": text, "amount": number}, with account_id for '
            'wallets and vat_rate for vat';
    end if;
    select case
        when e.ledger_account in ('receivables', 'unbilled')
            then e.ledger_account || ' follows from invoices and payments'
        when l.role is null then 'there is no ledger account ' || e.ledger_account
        when abs(e.amount) >= 1e10 or e.amount = 0 or e.amount <> round(e.amount, v_decimals)
            then format('an amount is not zero and has at most %s decimals', v_decimals)
        when e.ledger_account = 'wallets' and a.id is null
            then 'wallets needs a prepaid account of this legal entity and currency'
        when e.ledger_account <> 'wallets' and e.account_id is not null
            then 'only wallets has an account_id'
        when (e.ledger_account = 'vat') <> (e.vat_rate is not null)
            or e.vat_rate not between 0 and 100 or e.vat_rate <> round(e.vat_rate, 2)
            then 'vat, and nothing else, has a vat_rate from 0 to 100'
    end
    into v_error
    from jsonb_array_elements(p_entries) as n (entry)
    cross join lateral jsonb_to_record(n.entry) as e (
        ledger_account text, account_id numeric, vat_rate numeric, amount numeric
    )
    left join core.ledger_accounts as l
        on
            l.tenant_id = p_tenant_id
            and l.legal_entity_id = p_legal_entity_id
            and l.role = e.ledger_account
    left join core.accounts as a
        on
            a.tenant_id = p_tenant_id
            and a.id = e.account_id
            and a.kind = 'prepaid'
            and a.legal_entity_id = p_legal_entity_id
            and a.currency = p_currency
    order by 1 nulls last
    limit 1;
    if v_error is not null then
        return v_error;
    end if;
    if 0 <> (
        select sum((n.entry ->> 'amount')::numeric)
        from jsonb_array_elements(p_entries) as n (entry)
    ) then
        return 'the amounts have to sum to zero';
    end if;
    return null;
end;
$$;
revoke all on function billing.find_adjustment_error(bigint, bigint, text, jsonb) from public;
comment on function billing.find_adjustment_error(bigint, bigint, text, jsonb) is
    'What is wrong with entries that somebody wants to post by hand; null for nothing.';

create or replace function api.post_adjustment(
    legal_entity bigint,
    entries jsonb,
    reason text,
    reference text default null,
    posted_on date default null,
    currency text default null
)
returns setof api.journals
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_tenant_id constant bigint := claims.tenant_id();
    v_entity core.legal_entities;
    v_currency text;
    v_today date;
    v_journal_id bigint;
    v_path text;
    v_problem text;
begin
    perform access.require_permission('billing.write');
    perform pricing.check_reason(post_adjustment.reason);
    select e.* into v_entity
    from core.legal_entities as e
    where e.tenant_id = v_tenant_id and e.id = post_adjustment.legal_entity;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such legal entity',
            detail = '{"error":"legal_entity_unknown"}',
            hint = 'legal_entities lists those of your tenant.';
    end if;
    v_currency := coalesce(post_adjustment.currency, v_entity.currency);
    v_today := (now() at time zone v_entity.time_zone)::date;

    if v_currency !~ '^[A-Z]{3}$' then
        v_path := 'currency';
        v_problem := 'a code of ISO 4217';
    elsif post_adjustment.posted_on not between date '2000-01-01' and v_today then
        v_path := 'posted_on';
        v_problem := 'a day since 2000, today at the latest';
    elsif length(post_adjustment.reference) not between 1 and 100 then
        v_path := 'reference';
        v_problem := 'a text of 1 to 100 characters';
    else
        v_problem := billing.find_adjustment_error(
            v_tenant_id, v_entity.id, v_currency, post_adjustment.entries
        );
        if v_problem is not null then
            v_path := 'entries';
        end if;
    end if;
    if v_path is not null then
        raise exception using
            errcode = 'PT400',
            message = case v_path
                when 'entries' then v_problem else format('%s has to be %s', v_path, v_problem)
            end,
            detail = json_build_object(
                'error', 'adjustment_invalid', 'path', v_path, 'reason', v_problem
            )::text,
            hint = 'Debits are above zero, credits below, and they sum to zero.';
    end if;

    -- Wallets are paid from under the lock of their account.
    perform
    from core.accounts as a
    where
        a.tenant_id = v_tenant_id
        and a.id in (
            select (n.entry ->> 'account_id')::bigint
            from jsonb_array_elements(post_adjustment.entries) as n (entry)
        )
    order by a.id
    for no key update;
    v_journal_id := billing.post_journal(
        v_tenant_id,
        v_entity.id,
        'adjustment',
        'by hand/' || coalesce(post_adjustment.reference, gen_random_uuid()::text),
        coalesce(post_adjustment.posted_on, v_today),
        v_currency,
        btrim(post_adjustment.reason),
        post_adjustment.entries
    );
    return query
    select j.* from api.journals as j where j.tenant_id = v_tenant_id and j.id = v_journal_id;
end;
$$;
revoke all on function api.post_adjustment(bigint, jsonb, text, text, date, text) from public;
grant execute on function api.post_adjustment(bigint, jsonb, text, text, date, text)
to staff, platform;
comment on function api.post_adjustment(bigint, jsonb, text, text, date, text) is
    E'Post a journal by hand, such as bank fees, rounding or a gift to a wallet.\n'
    'entries is a list of {"ledger_account": role, "amount": debit above zero, credit below} that '
    'sums to zero; wallets needs an account_id, vat a vat_rate. receivables and unbilled follow '
    'from invoices and payments and cannot be posted to. Sent again with the same reference '
    'nothing is posted twice. Needs billing.write.';
