-- Which account pays what a token begins to charge at a moment: that of its contract, else the only
-- active one of the customer that its person is; null when nobody's.
--
-- billing.transaction_accounts says the same of transactions, for many at once.
-- Called by: billing.has_credit.
create or replace function billing.find_account(
    p_tenant_id bigint,
    p_id_token_id bigint,
    p_user_id uuid,
    p_at timestamptz
)
returns bigint
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account_id bigint;
begin
    select k.account_id into v_account_id
    from core.contracts as k
    where
        k.tenant_id = p_tenant_id
        and k.id_token_id = p_id_token_id
        and k.starts_at <= p_at
        and (k.ends_at is null or k.ends_at > p_at);
    if v_account_id is null and p_user_id is not null then
        select min(a.id) into v_account_id
        from core.customers as c
        inner join core.accounts as a on a.tenant_id = c.tenant_id and a.customer_id = c.id
        where c.tenant_id = p_tenant_id and c.user_id = p_user_id and a.state = 'active'
        having count(*) = 1;
    end if;
    return v_account_id;
end;
$$;
revoke all on function billing.find_account(bigint, bigint, uuid, timestamptz) from public;
comment on function billing.find_account(bigint, bigint, uuid, timestamptz) is
    'Which account pays what a token begins to charge at a moment; null when nobody''s.';

-- Whether what a token begins to charge can be paid for: the account and its payer are active, the
-- wallet has something in it, the credit limit is not reached. What is nobody's can be.
--
-- Most accounts have no limit: this is what a start pays then, two or three look-ups.
-- Called by: charging.judge_id_token.
create or replace function billing.has_credit(
    p_tenant_id bigint,
    p_id_token_id bigint,
    p_user_id uuid,
    p_at timestamptz
)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account record;
begin
    select
        p.id as payer_account_id,
        a.state = 'active' and p.state = 'active' as is_active,
        p.kind = 'prepaid' or p.credit_limit is not null as is_limited
    into v_account
    from core.accounts as a
    inner join core.accounts as p
        on p.tenant_id = a.tenant_id and p.id = coalesce(a.payer_account_id, a.id)
    where
        a.tenant_id = p_tenant_id
        and a.id = billing.find_account(p_tenant_id, p_id_token_id, p_user_id, p_at);
    if not found then
        return true;
    end if;
    return v_account.is_active and (
        not v_account.is_limited
        or (select f.available > 0
            from billing.account_funds(p_tenant_id, v_account.payer_account_id) as f)
    );
end;
$$;
revoke all on function billing.has_credit(bigint, bigint, uuid, timestamptz) from public;
comment on function billing.has_credit(bigint, bigint, uuid, timestamptz) is
    'Whether what a token begins to charge can be paid for.';
