-- The VAT category of a line: a code of UNTDID 5305, as EN 16931 uses it (BT-118, BT-151).
--
-- Called by: billing.describe_invoice, billing.compute_invoice.
create or replace function billing.get_tax_category(p_tax_treatment text, p_vat_rate numeric)
returns text
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case p_tax_treatment
        when 'reverse_charge' then 'AE'
        when 'exempt' then 'E'
        else case when p_vat_rate > 0 then 'S' else 'Z' end
    end;
$$;
revoke all on function billing.get_tax_category(text, numeric) from public;
comment on function billing.get_tax_category(text, numeric) is
    'The VAT category of a line: S, Z, E or AE (UNTDID 5305).';
