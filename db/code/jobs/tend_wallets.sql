-- Tell of wallets that are low, once, and fill those that fill themselves from the card on file.
--
-- Low is below the threshold of the account, or payments.low_wallet; a wallet that never had
-- anything is not told of. After a card was refused it is left alone for a while.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
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
    v_pause constant interval
        := make_interval(hours => access.get_setting('payments.top_up_pause_hours')::integer);
    v_wallet record;
    v_card_id bigint;
    v_told integer := 0;
    v_filled integer := 0;
begin
    -- One by one, in the order of locks; only those that are low, or were.
    for v_wallet in
        select a as account, f.available, f.wallet, w.account_id is not null as was_low, l.is_low
        from core.accounts as a
        cross join lateral billing.account_funds(a.tenant_id, a.id) as f
        cross join lateral (
            select f.available < coalesce(a.top_up_threshold, v_low) as is_low
        ) as l
        left join core.low_wallets as w on w.tenant_id = a.tenant_id and w.account_id = a.id
        where
            a.kind = 'prepaid'
            and a.state = 'active'
            and a.payer_account_id is null
            and (w.account_id is not null or l.is_low)
            and exists (
                select
                from core.ledger_entries as e
                where
                    e.tenant_id = a.tenant_id
                    and e.account_id = a.id
                    and e.ledger_account = 'wallets'
            )
        order by a.tenant_id, a.id
    loop
        if not v_wallet.is_low then
            delete from core.low_wallets as w
            where
                w.tenant_id = (v_wallet.account).tenant_id
                and w.account_id = (v_wallet.account).id;
            continue;
        end if;
        if not v_wallet.was_low then
            insert into core.low_wallets (tenant_id, account_id)
            values ((v_wallet.account).tenant_id, (v_wallet.account).id);
            perform notify.emit(
                (v_wallet.account).tenant_id, 'wallet.low', 'account', (v_wallet.account).id,
                jsonb_build_object(
                    'account_id', (v_wallet.account).id,
                    'balance', trim_scale(v_wallet.wallet)::text,
                    'available', trim_scale(v_wallet.available)::text,
                    'currency', (v_wallet.account).currency
                )
            );
            v_told := v_told + 1;
        end if;
        continue when (v_wallet.account).top_up_amount is null;
        perform billing.lock_account((v_wallet.account).tenant_id, (v_wallet.account).id);
        select c.id into v_card_id
        from core.cards as c
        inner join core.payment_providers as v
            on v.tenant_id = c.tenant_id and v.id = c.payment_provider_id
        where
            c.tenant_id = (v_wallet.account).tenant_id
            and c.account_id = (v_wallet.account).id
            and c.state = 'active'
            and v.legal_entity_id = (v_wallet.account).legal_entity_id
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
                        or p.state = 'failed' and p.updated_at > now() - v_pause
                    )
            );
        continue when not found;
        perform billing.request_card_payment(
            v_wallet.account, 'top_up', (v_wallet.account).top_up_amount, null, v_card_id, null,
            false
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
