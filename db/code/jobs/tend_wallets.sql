-- Tell of wallets that are low, once, and fill those that fill themselves from the card on file.
--
-- Low is below the threshold of the account, or payments.low_wallet; a wallet that never had
-- anything is not told of. After a card was refused it is left alone for a while.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_job.
-- Writes:    core.low_wallets, core.events, core.payments, ops.outbox.
create or replace function jobs.tend_wallets()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_low constant numeric := access.get_setting('payments.low_wallet')::numeric;
    v_to_fill core.accounts[];
    v_account core.accounts;
    v_card_id bigint;
    v_told integer;
    v_filled integer := 0;
begin
    with judged as materialized (
        select a as account, f.available, f.wallet, l.is_low
        from core.accounts as a
        cross join lateral billing.account_funds(a.tenant_id, a.id) as f
        cross join lateral (
            select f.available < coalesce(a.top_up_threshold, v_low) as is_low
        ) as l
        where
            a.kind = 'prepaid'
            and a.state = 'active'
            and a.payer_account_id is null
            and exists (
                select
                from core.ledger_entries as e
                where
                    e.tenant_id = a.tenant_id
                    and e.account_id = a.id
                    and e.ledger_account = 'wallets'
            )
    ),

    full_again as (
        delete from core.low_wallets as w
        using judged as j
        where
            not j.is_low
            and w.tenant_id = (j.account).tenant_id
            and w.account_id = (j.account).id
    ),

    low as (
        insert into core.low_wallets (tenant_id, account_id)
        select (j.account).tenant_id, (j.account).id
        from judged as j
        where j.is_low
        order by (j.account).tenant_id, (j.account).id
        on conflict (tenant_id, account_id) do nothing
        returning tenant_id, account_id
    ),

    told as (
        insert into core.events (tenant_id, type, object_type, object_id, data)
        select
            w.tenant_id, 'wallet.low', 'account', w.account_id,
            jsonb_build_object(
                'account_id', w.account_id,
                'balance', trim_scale(j.wallet)::text,
                'available', trim_scale(j.available)::text,
                'currency', (j.account).currency
            )
        from low as w
        inner join judged as j
            on (j.account).tenant_id = w.tenant_id and (j.account).id = w.account_id
        returning id
    )

    select
        (select count(*) from told as t),
        array(
            select j.account
            from judged as j
            where
                j.is_low
                and (j.account).top_up_amount is not null
                and billing.find_top_up_card(j.account) is not null
            order by (j.account).tenant_id, (j.account).id
            limit 1000
        )
    into v_told, v_to_fill;

    -- One by one: each account is locked, in the order of locks, and looked at again.
    foreach v_account in array v_to_fill
    loop
        perform billing.lock_account(v_account.tenant_id, v_account.id);
        v_card_id := billing.find_top_up_card(v_account);
        continue when v_card_id is null;
        perform billing.request_card_payment(
            v_account, 'top_up', v_account.top_up_amount, null, v_card_id, null, false
        );
        v_filled := v_filled + 1;
    end loop;
    return concat_ws(
        ', ',
        case when v_told > 0 then format('%s wallets are low', v_told) end,
        case when v_filled > 0 then format('%s are filled', v_filled) end
    );
end;
$$;
revoke all on function jobs.tend_wallets() from public;
grant execute on function jobs.tend_wallets() to jobs;
comment on function jobs.tend_wallets() is
    'Tell of wallets that are low, and fill those that fill themselves.';

-- The card that a wallet may be filled from now; null without one, while one is being charged, and
-- for payments.top_up_pause_hours after one was refused.
--
-- Called by: jobs.tend_wallets, before and after the account is locked.
create or replace function billing.find_top_up_card(p_account core.accounts)
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select c.id
        from core.cards as c
        inner join core.payment_providers as v
            on v.tenant_id = c.tenant_id and v.id = c.payment_provider_id
        where
            c.tenant_id = p_account.tenant_id
            and c.account_id = p_account.id
            and c.state = 'active'
            and v.legal_entity_id = p_account.legal_entity_id
            and v.is_enabled
            and v.has_api_key
            and not exists (
                select
                from core.payments as p
                where
                    p.tenant_id = c.tenant_id
                    and p.account_id = c.account_id
                    and p.purpose = 'top_up'
                    and p.card_id is not null
                    and (
                        p.state in ('pending', 'submitted', 'unknown')
                        or p.state = 'failed'
                        and p.updated_at > now() - make_interval(
                            hours => access.get_setting('payments.top_up_pause_hours')::integer
                        )
                    )
            )
    );
end;
$$;
revoke all on function billing.find_top_up_card(core.accounts) from public;
comment on function billing.find_top_up_card(core.accounts) is
    'The card that a wallet may be filled from now; null without one.';
