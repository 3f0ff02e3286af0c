-- How many decimals an amount of a currency has (ISO 4217): 2, but for those named here.
--
-- Called by: pricing.compile_tariff, and whatever shows amounts.
-- Source:    ISO 4217:2015, table A.1, minor units.
create or replace function pricing.get_currency_decimals(p_currency text)
returns integer
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return case
        when
            p_currency in (
                'BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX',
                'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'
            )
            then 0
        when p_currency in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 3
        when p_currency in ('CLF', 'UYW') then 4
        else 2
    end;
end;
$$;
revoke all on function pricing.get_currency_decimals(text) from public;
comment on function pricing.get_currency_decimals(text) is
    'How many decimals an amount of a currency has (ISO 4217).';
