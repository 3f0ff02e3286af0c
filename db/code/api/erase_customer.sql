-- Erase a customer who is a person, for good: what access.erase_person does, also for one who has
-- never had a login.
--
-- Such a one is given a person that nobody can sign in as, and with it the cards of its contracts
-- that are nobody's: so there is one way to erase, and one record of it.
-- Returns the rows deleted or overwritten, by table.
-- Errors:  PT404 customer_unknown, PT409 customer_erased, customer_is_company, and those of
--          api.erase_person.
-- Definer: nobody may write all that knows a person.
create or replace function api.erase_customer(customer bigint, reason text)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set statement_timeout = '60s'
as $$
declare
    v_customer core.customers;
begin
    perform access.require_permission('privacy.write');
    select c.* into v_customer
    from core.customers as c
    where c.tenant_id = claims.tenant_id() and c.id = erase_customer.customer
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such customer',
            detail = '{"error":"customer_unknown"}',
            hint = 'customers lists those that you may see.';
    end if;
    if v_customer.erased_at is not null then
        raise exception using
            errcode = 'PT409',
            message = 'the person of this customer was erased',
            detail = '{"error":"customer_erased"}',
            hint = 'There is nothing left to erase.';
    end if;
    if v_customer.kind <> 'person' then
        raise exception using
            errcode = 'PT409',
            message = 'a company is no person',
            detail = '{"error":"customer_is_company"}',
            hint = 'Overwrite its contact; erase_person erases whoever looks after it.';
    end if;
    if v_customer.user_id is null then
        v_customer.user_id := gen_random_uuid();
        insert into core.users (id, email, is_active)
        values (
            v_customer.user_id, format('erased-%s@erased.invalid', v_customer.user_id), false
        );
        insert into core.memberships (tenant_id, user_id, role_id, is_active)
        select r.tenant_id, v_customer.user_id, r.id, false
        from core.roles as r
        where
            r.tenant_id = v_customer.tenant_id and r.name = 'customer' and r.is_built_in;
        update core.customers as c
        set user_id = v_customer.user_id
        where c.tenant_id = v_customer.tenant_id and c.id = v_customer.id;
        update core.id_tokens as t
        set user_id = v_customer.user_id
        where
            t.tenant_id = v_customer.tenant_id
            and t.user_id is null
            and t.id in (
                select k.id_token_id
                from core.contracts as k
                inner join core.accounts as a on a.tenant_id = k.tenant_id and a.id = k.account_id
                where k.tenant_id = v_customer.tenant_id and a.customer_id = v_customer.id
            );
    end if;
    return api.erase_person(v_customer.user_id, erase_customer.reason);
end;
$$;
revoke all on function api.erase_customer(bigint, text) from public;
grant execute on function api.erase_customer(bigint, text) to staff, platform;
comment on function api.erase_customer(bigint, text) is
    E'Erase a customer who is a person, for good, with a login or without.\n'
    'What erase_person does, with the cards of its contracts. Refused while something is open. '
    'Takes the permission privacy.write.';
