-- The VAT of one rate of an invoice, rounded once, half away from zero (DESIGN 19).
--
-- Of the sum of what has the VAT in it and the sum of what has not, together: an account may have
-- prices of both kinds.
-- Called by: billing.compute_invoice, api.preview_billing_run.
-- Takes:     sums in a currency with p_decimals decimals, null for 0; the rate in percent.
create or replace function billing.round_vat(
    p_gross numeric, p_net numeric, p_vat_rate numeric, p_decimals integer
)
returns numeric
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return round(
        -- Twenty decimals: no quotient comes so near to a half without being one.
        round(coalesce(p_gross, 0) * p_vat_rate, 20) / (100 + p_vat_rate)
        + round(coalesce(p_net, 0) * p_vat_rate, 20) / 100,
        p_decimals
    );
end;
$$;
revoke all on function billing.round_vat(numeric, numeric, numeric, integer) from public;
comment on function billing.round_vat(numeric, numeric, numeric, integer) is
    'The VAT of one rate of an invoice, of its gross and its net prices, rounded once.';
