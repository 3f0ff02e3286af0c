-- A transaction that invoices do not tell of as it is waits to be billed.
--
-- By the statement: a run of rate_sessions writes hundreds at once. A row more does no harm, so
-- none is looked for, and whoever rates waits for no billing run.
-- Called by: triggers transactions__queue_inserted_to_bill and transactions__queue_updated_to_bill.
-- Writes:    ops.transactions_to_bill.
-- Definer:   those who write transactions have no right on the queue.
create or replace function billing.tg_transactions__queue_new_to_bill()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.transactions_to_bill (tenant_id, transaction_id)
    select n.tenant_id, n.id
    from new_rows as n
    where n.state = 'priced'
    order by n.tenant_id, n.id;
    return null;
end;
$$;
revoke all on function billing.tg_transactions__queue_new_to_bill() from public;
comment on function billing.tg_transactions__queue_new_to_bill() is
    'Trigger: transactions that have a price wait to be billed.';

create or replace function billing.tg_transactions__queue_changed_to_bill()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.transactions_to_bill (tenant_id, transaction_id)
    select n.tenant_id, n.id
    from new_rows as n
    inner join old_rows as o on o.tenant_id = n.tenant_id and o.id = n.id
    where
        (n.state, n.rating_version, n.user_id)
        is distinct from (o.state, o.rating_version, o.user_id)
        and (n.state = 'priced' or o.rating_version is not null)
    order by n.tenant_id, n.id;
    return null;
end;
$$;
revoke all on function billing.tg_transactions__queue_changed_to_bill() from public;
comment on function billing.tg_transactions__queue_changed_to_bill() is
    'Trigger: transactions whose price or state changed wait to be billed or credited.';

-- What leaves a draft is to be billed, or credited, again.
create or replace function billing.tg_invoice_lines__queue_to_bill()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.transactions_to_bill (tenant_id, transaction_id)
    select distinct o.tenant_id, o.transaction_id
    from old_rows as o
    where o.transaction_id is not null
    order by o.tenant_id, o.transaction_id;
    return null;
end;
$$;
revoke all on function billing.tg_invoice_lines__queue_to_bill() from public;
comment on function billing.tg_invoice_lines__queue_to_bill() is
    'Trigger: transactions whose line left a draft wait to be billed again.';
