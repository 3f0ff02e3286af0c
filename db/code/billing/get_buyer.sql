-- Whom an invoice is for, as they are now: kept with an invoice when that is finalised.
--
-- The address is the billing address; one with a name of its own names another recipient, and the
-- customer's name stands beside it. Without a billing address its columns are null, and the
-- invoice is not finalised.
-- Called by: billing.finalise_invoices, billing.describe_invoice for a draft.
create or replace function billing.get_buyer(p_tenant_id bigint, p_account_id bigint)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_object(
        'customer_id', c.id,
        'customer_number', c.number,
        'account_number', a.number,
        'account_name', nullif(a.name, ''),
        'kind', c.kind,
        'name', coalesce(b.name, c.name),
        'customer_name', c.name,
        'contact_name', c.contact_name,
        'email', c.email,
        'phone', c.phone,
        'vat_id', c.vat_id,
        'tax_number', c.tax_number,
        'buyer_reference', c.buyer_reference,
        'address_line', b.address_line,
        'address_line2', b.address_line2,
        'postal_code', b.postal_code,
        'city', b.city,
        'country_code', b.country_code,
        'delivery', case
            when d.customer_id is not null
                then jsonb_build_object(
                    'name', coalesce(d.name, c.name),
                    'address_line', d.address_line,
                    'address_line2', d.address_line2,
                    'postal_code', d.postal_code,
                    'city', d.city,
                    'country_code', d.country_code
                )
        end,
        'tax_exemption_reason', a.tax_exemption_reason
    )
    from core.accounts as a
    inner join core.customers as c on c.tenant_id = a.tenant_id and c.id = a.customer_id
    left join core.customer_addresses as b
        on b.tenant_id = c.tenant_id and b.customer_id = c.id and b.kind = 'billing'
    left join core.customer_addresses as d
        on d.tenant_id = c.tenant_id and d.customer_id = c.id and d.kind = 'delivery'
    where a.tenant_id = p_tenant_id and a.id = p_account_id;
$$;
revoke all on function billing.get_buyer(bigint, bigint) from public;
comment on function billing.get_buyer(bigint, bigint) is
    'Whom an invoice is for, as they are now: customer, account, billing and delivery address.';
