-- The accounts of the person who is asking, in their tenant: those of the customer they are.
-- An array that is asked for once a query; a person has few accounts, and policies compare it with
-- an indexed column.
-- Definer: people may not read the table that the policies of that table need. The signature is
-- frozen: policies use it.
create or replace function claims.account_ids()
returns bigint[]
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select coalesce(array_agg(a.id order by a.id), '{}')
        from core.customers as c
        inner join core.accounts as a on a.tenant_id = c.tenant_id and a.customer_id = c.id
        where c.tenant_id = claims.tenant_id() and c.user_id = claims.user_id()
    );
end;
$$;
revoke all on function claims.account_ids() from public;
grant execute on function claims.account_ids() to staff, customer, platform;
comment on function claims.account_ids() is
    'The accounts of the customer that the person of the JWT is.';
