-- Who writes an invoice, as it is now: kept with an invoice when that is finalised.
--
-- Called by: billing.finalise_invoices, billing.describe_invoice for a draft.
-- Returns:   the columns of the legal entity that a document names, null where there is none.
create or replace function billing.get_seller(p_tenant_id bigint, p_legal_entity_id bigint)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_object(
        'name', e.name,
        'address_line', e.address_line,
        'address_line2', e.address_line2,
        'postal_code', e.postal_code,
        'city', e.city,
        'country_code', e.country_code,
        'vat_id', e.vat_id,
        'tax_number', e.tax_number,
        'registration', e.registration,
        'email', e.email,
        'phone', e.phone,
        'website', e.website,
        'iban', e.iban,
        'bic', e.bic,
        'bank_name', e.bank_name,
        'creditor_id', e.creditor_id,
        'time_zone', e.time_zone
    )
    from core.legal_entities as e
    where e.tenant_id = p_tenant_id and e.id = p_legal_entity_id;
$$;
revoke all on function billing.get_seller(bigint, bigint) from public;
comment on function billing.get_seller(bigint, bigint) is
    'Who writes an invoice, as it is now: name, address, tax and bank details.';
