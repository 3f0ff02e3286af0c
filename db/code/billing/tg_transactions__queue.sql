-- A transaction whose price or state changed waits to be posted.
--
-- By the statement: a run of rate_sessions writes hundreds at once. A row more does no harm, so
-- none is looked for.
-- Called by: triggers transactions__queue_inserted and transactions__queue_updated.
-- Writes:    ops.ratings_to_post.
-- Definer:   those who write transactions have no right on the queue.
create or replace function billing.tg_transactions__queue_inserted()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.ratings_to_post (tenant_id, transaction_id)
    select n.tenant_id, n.id
    from new_rows as n
    where n.state = 'priced';
    return null;
end;
$$;
revoke all on function billing.tg_transactions__queue_inserted() from public;
comment on function billing.tg_transactions__queue_inserted() is
    'Trigger: transactions that have a price wait to be posted.';

create or replace function billing.tg_transactions__queue_updated()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.ratings_to_post (tenant_id, transaction_id)
    select n.tenant_id, n.id
    from new_rows as n
    inner join old_rows as o on o.tenant_id = n.tenant_id and o.id = n.id
    where
        (n.state, n.rating_version, n.user_id)
        is distinct from (o.state, o.rating_version, o.user_id);
    return null;
end;
$$;
revoke all on function billing.tg_transactions__queue_updated() from public;
comment on function billing.tg_transactions__queue_updated() is
    'Trigger: transactions whose price or state changed wait to be posted.';

-- Whose a transaction is may turn out later: a contract or an account is made, ended or moved. What
-- it is about is looked at again, where a tenant has several legal entities: with one, whoever it
-- is, the books are the same.
--
-- Called by: triggers contracts__queue_transactions and accounts__queue_transactions, for each row.
-- Writes:    ops.ratings_to_post.
-- Definer:   those who write contracts have no right on the queue.
create or replace function billing.tg_contracts__queue_transactions()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tenant_id constant bigint := coalesce(new.tenant_id, old.tenant_id);
begin
    insert into ops.ratings_to_post (tenant_id, transaction_id)
    select t.tenant_id, t.id
    from core.transactions as t
    where
        t.tenant_id = v_tenant_id
        and (
            t.session_id in (
                select s.id
                from core.sessions as s
                where
                    s.tenant_id = v_tenant_id
                    and s.id_token_id in (new.id_token_id, old.id_token_id)
            )
            or t.reservation_id in (
                select r.id
                from core.reservations as r
                where
                    r.tenant_id = v_tenant_id
                    and r.id_token_id in (new.id_token_id, old.id_token_id)
            )
        )
        and (
            select count(*) from core.legal_entities as e where e.tenant_id = v_tenant_id
        ) > 1;
    return null;
end;
$$;
revoke all on function billing.tg_contracts__queue_transactions() from public;
comment on function billing.tg_contracts__queue_transactions() is
    'Trigger: what a contract is about is posted to whom it belongs now.';

create or replace function billing.tg_accounts__queue_transactions()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.ratings_to_post (tenant_id, transaction_id)
    select t.tenant_id, t.id
    from core.customers as c
    inner join core.transactions as t on t.tenant_id = c.tenant_id and t.user_id = c.user_id
    where
        c.tenant_id = new.tenant_id
        and c.id = new.customer_id
        and (
            select count(*) from core.legal_entities as e where e.tenant_id = new.tenant_id
        ) > 1
    union
    select t.tenant_id, t.id
    from core.contracts as k
    inner join core.sessions as s
        on s.tenant_id = k.tenant_id and s.id_token_id = k.id_token_id
    inner join core.transactions as t on t.tenant_id = s.tenant_id and t.session_id = s.id
    where
        k.tenant_id = new.tenant_id
        and k.account_id = new.id
        and (
            select count(*) from core.legal_entities as e where e.tenant_id = new.tenant_id
        ) > 1;
    return null;
end;
$$;
revoke all on function billing.tg_accounts__queue_transactions() from public;
comment on function billing.tg_accounts__queue_transactions() is
    'Trigger: what an account is about is posted to whom it belongs now.';
