-- Fill in the number and language of a customer, and take its VAT id for unchecked when it is new.
--
-- The language is that of the person, else the tenant's.
-- Called by: trigger customers__prepare, before insert or update, for each row.
-- Errors:    PT400 vat_id_invalid; PT409 customer_erased.
-- Definer:   people may not read every table that this needs.
create or replace function billing.tg_customers__prepare()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'UPDATE' and old.erased_at is not null then
        raise exception using
            errcode = 'PT409',
            message = 'the person of this customer was erased',
            detail = '{"error":"customer_erased"}',
            hint = 'Make a new customer.';
    end if;
    new.vat_id := billing.check_vat_id(new.vat_id);
    if tg_op = 'INSERT' then
        new.number := coalesce(new.number, billing.make_party_number('C', new.id));
        new.language := coalesce(
            new.language,
            (select u.language from core.users as u where u.id = new.user_id),
            (select t.language from core.tenants as t where t.id = new.tenant_id)
        );
        if new.vat_id is not null and new.vat_id_state = 'none' then
            new.vat_id_state := 'unchecked';
        end if;
    elsif new.vat_id is distinct from old.vat_id then
        new.vat_id_state := case when new.vat_id is null then 'none' else 'unchecked' end;
        new.vat_id_checked_at := null;
        new.vat_id_evidence := null;
    end if;
    return new;
end;
$$;
revoke all on function billing.tg_customers__prepare() from public;
comment on function billing.tg_customers__prepare() is
    'Trigger: fill in number and language of a customer; a new VAT id is unchecked.';

-- The number of a customer (C) or account (A) that was given none: its id, of four digits at least.
--
-- One that people gave to another is refused by the unique key.
-- Called by: billing.tg_customers__prepare, billing.tg_accounts__prepare.
create or replace function billing.make_party_number(p_letter text, p_id bigint)
returns text
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select p_letter || lpad(p_id::text, greatest(length(p_id::text), 4), '0');
$$;
revoke all on function billing.make_party_number(text, bigint) from public;
comment on function billing.make_party_number(text, bigint) is
    'The number of a customer or account that was given none.';

-- Without a VAT id that is valid, a customer's accounts are charged VAT again.
--
-- Called by: trigger customers__end_reverse_charge, after update of vat_id or vat_id_state, for
--            each row.
-- Writes:    core.accounts.
-- Definer:   it follows from the customer, whoever changed that.
create or replace function billing.tg_customers__end_reverse_charge()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if new.vat_id_state <> 'valid' or new.vat_id is distinct from old.vat_id then
        update core.accounts as a
        set tax_treatment = 'standard'
        where
            a.tenant_id = new.tenant_id
            and a.customer_id = new.id
            and a.tax_treatment = 'reverse_charge';
    end if;
    return null;
end;
$$;
revoke all on function billing.tg_customers__end_reverse_charge() from public;
comment on function billing.tg_customers__end_reverse_charge() is
    'Trigger: without a valid VAT id a customer''s accounts are charged VAT again.';
