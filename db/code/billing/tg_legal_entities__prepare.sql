-- Fill in what a legal entity takes from its tenant, write numbers as banks and tax authorities do,
-- and refuse those that cannot be.
--
-- The first one of a tenant is its default; another one becomes it by is_default, and one always
-- is.
-- Called by: trigger legal_entities__prepare, before insert or update, for each row.
-- Writes:    core.legal_entities (is_default of the one that was it).
-- Errors:    PT400 country_code_invalid, time_zone_invalid, vat_id_invalid, iban_invalid,
--            creditor_id_invalid; PT409 legal_entity_default.
-- Definer:   people hold no right on the schemas of these checks.
create or replace function billing.tg_legal_entities__prepare()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tenant core.tenants;
begin
    if tg_op = 'INSERT' then
        -- Two first ones at once: the second waits and is none.
        select t.* into v_tenant
        from core.tenants as t
        where t.id = new.tenant_id
        for no key update;
        new.country_code := coalesce(new.country_code, v_tenant.country_code);
        new.currency := coalesce(new.currency, v_tenant.currency);
        new.language := coalesce(new.language, v_tenant.language);
        new.time_zone := coalesce(new.time_zone, v_tenant.time_zone);
        new.is_default := new.is_default or not exists (
            select
            from core.legal_entities as e
            where e.tenant_id = new.tenant_id and e.is_default
        );
    elsif old.is_default and not new.is_default and pg_trigger_depth() = 1 then
        raise exception using
            errcode = 'PT409',
            message = 'a tenant has one default legal entity always',
            detail = '{"error":"legal_entity_default"}',
            hint = 'Make another one the default instead.';
    end if;
    new.vat_id := billing.check_vat_id(new.vat_id);
    new.iban := nullif(upper(regexp_replace(new.iban, '\s', '', 'g')), '');
    new.bic := nullif(upper(regexp_replace(new.bic, '\s', '', 'g')), '');
    new.creditor_id := nullif(upper(regexp_replace(new.creditor_id, '\s', '', 'g')), '');
    perform billing.check_country_code(new.country_code);
    if tg_op = 'INSERT' or new.time_zone is distinct from old.time_zone then
        perform access.check_time_zone(new.time_zone);
    end if;
    if new.iban is not null and not billing.is_iban(new.iban) then
        raise exception using
            errcode = 'PT400',
            message = 'the IBAN has a wrong length or check digits',
            detail = '{"error":"iban_invalid"}',
            hint = 'Copy it from a statement of the bank.';
    end if;
    if new.creditor_id is not null and not billing.is_creditor_id(new.creditor_id) then
        raise exception using
            errcode = 'PT400',
            message = 'the creditor identifier has wrong check digits',
            detail = '{"error":"creditor_id_invalid"}',
            hint = 'Copy it from the letter of the bank or authority that gave it.';
    end if;
    if new.is_default and (tg_op = 'INSERT' or not old.is_default) then
        update core.legal_entities as e
        set is_default = false
        where e.tenant_id = new.tenant_id and e.is_default and e.id <> new.id;
    end if;
    return new;
end;
$$;
revoke all on function billing.tg_legal_entities__prepare() from public;
comment on function billing.tg_legal_entities__prepare() is
    'Trigger: fill in what a legal entity takes from its tenant, and check its numbers.';
