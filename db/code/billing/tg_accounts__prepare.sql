-- Fill in what an account takes from its customer's tenant, and refuse what does not go together.
--
-- Called by: trigger accounts__prepare, before insert or update, for each row.
-- Errors:    PT400 legal_entity_required; PT409 account_used (currency and legal entity of what is
--            in the books stay), payer_invalid, reverse_charge_refused, wallet_not_empty.
-- Definer:   people may not read every table that this needs.
create or replace function billing.tg_accounts__prepare()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_problem text;
begin
    if tg_op = 'INSERT' then
        new.number := coalesce(new.number, billing.make_party_number('A', new.id));
        new.payment_method := coalesce(
            new.payment_method, case new.kind when 'prepaid' then 'wallet' else 'bank_transfer' end
        );
        new.legal_entity_id := coalesce(
            new.legal_entity_id,
            (
                select e.id
                from core.legal_entities as e
                where e.tenant_id = new.tenant_id and e.is_default
            )
        );
        if new.legal_entity_id is null then
            raise exception using
                errcode = 'PT400',
                message = 'the tenant has no legal entity to bill through',
                detail = '{"error":"legal_entity_required"}',
                hint = 'Create a legal entity first.';
        end if;
        new.currency := coalesce(
            new.currency,
            (
                select e.currency
                from core.legal_entities as e
                where e.tenant_id = new.tenant_id and e.id = new.legal_entity_id
            )
        );
    elsif new is not distinct from old then
        return new;
    else
        if
            (new.currency, new.legal_entity_id) is distinct from (old.currency, old.legal_entity_id)
            and (
                exists (
                    select
                    from core.ledger_entries as l
                    where l.tenant_id = new.tenant_id and l.account_id = new.id
                )
                or exists (
                    select
                    from core.invoices as i
                    where i.tenant_id = new.tenant_id and i.account_id = new.id
                )
            )
        then
            raise exception using
                errcode = 'PT409',
                message = 'the account is in the books with its currency and legal entity',
                detail = '{"error":"account_used"}',
                hint = 'Open another account, and end the contracts of this one.';
        end if;
        if
            new.kind <> old.kind
            and (
                select coalesce(sum(l.amount), 0)
                from core.ledger_entries as l
                where
                    l.tenant_id = new.tenant_id
                    and l.account_id = new.id
                    and l.ledger_account = 'wallets'
            ) <> 0
        then
            raise exception using
                errcode = 'PT409',
                message = 'the wallet of the account is not empty',
                detail = '{"error":"wallet_not_empty"}',
                hint = 'Pay out or use what is in it first.';
        end if;
    end if;

    v_problem := billing.find_payer_problem(new);
    if v_problem is not null then
        raise exception using
            errcode = 'PT409',
            message = v_problem,
            detail = '{"error":"payer_invalid"}',
            hint = 'A payer has the same currency and pays itself.';
    end if;
    if
        new.tax_treatment = 'reverse_charge'
        and not exists (
            select
            from core.customers as c
            inner join core.legal_entities as e on e.tenant_id = c.tenant_id
            where
                c.tenant_id = new.tenant_id
                and c.id = new.customer_id
                and c.vat_id_state = 'valid'
                and e.id = new.legal_entity_id
                and e.country_code <> billing.get_vat_country(c.vat_id)
        )
    then
        raise exception using
            errcode = 'PT409',
            message = 'reverse charge takes a valid VAT id of another country',
            detail = '{"error":"reverse_charge_refused"}',
            hint = 'Have the VAT id of the customer checked first.';
    end if;
    return new;
end;
$$;
revoke all on function billing.tg_accounts__prepare() from public;
comment on function billing.tg_accounts__prepare() is
    'Trigger: fill in what an account takes from its tenant, and refuse what does not go together.';

-- Why an account cannot be paid for by its payer_account_id, in words; null when it can.
--
-- Called by: billing.tg_accounts__prepare.
create or replace function billing.find_payer_problem(p_account core.accounts)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payer core.accounts;
begin
    if p_account.payer_account_id is not null then
        -- Locked, so that it does not get a payer of its own meanwhile.
        select a.* into v_payer
        from core.accounts as a
        where a.tenant_id = p_account.tenant_id and a.id = p_account.payer_account_id
        for no key update;
        return case
            -- The foreign key says so.
            when v_payer.id is null then null
            when v_payer.payer_account_id is not null then 'the payer is paid for by another account'
            when v_payer.currency <> p_account.currency then 'the payer has another currency'
            when v_payer.state = 'closed' then 'the payer is closed'
            when exists (
                select
                from core.accounts as a
                where a.tenant_id = p_account.tenant_id and a.payer_account_id = p_account.id
            ) then 'the account pays for others itself'
        end;
    end if;
    return null;
end;
$$;
revoke all on function billing.find_payer_problem(core.accounts) from public;
comment on function billing.find_payer_problem(core.accounts) is
    'Why an account cannot be paid for by its payer, in words; null when it can.';
