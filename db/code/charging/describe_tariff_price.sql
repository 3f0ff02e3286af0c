-- The price of a tariff in one line, for a small display.
--
-- What the operator wrote (tariff_alt_text, in the language when there is one), else the prices of
-- its first element with tax where the tariff names it. At most 250 characters.
-- Called by: jobs.show_costs.
create or replace function charging.describe_tariff_price(p_document jsonb, p_language text)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_text text;
begin
    select left(btrim(t.item ->> 'text'), 250)
    into v_text
    from jsonb_array_elements(coalesce(p_document -> 'tariff_alt_text', '[]')) with ordinality
        as t (item, place)
    order by lower(t.item ->> 'language') is distinct from lower(p_language), t.place
    limit 1;
    if v_text <> '' then
        return v_text;
    end if;
    select left(
        string_agg(
            format(
                '%s %s%s',
                round(
                    (c.item ->> 'price')::numeric * case
                        when p_document ->> 'tax_included' in ('YES', 'N/A') then 1
                        else 1 + coalesce((c.item ->> 'vat')::numeric, 0) / 100
                    end,
                    greatest(2, scale((c.item ->> 'price')::numeric))
                ),
                p_document ->> 'currency',
                case c.item ->> 'type'
                    when 'ENERGY' then '/kWh'
                    when 'TIME' then '/h'
                    when 'PARKING_TIME' then '/h parked'
                    else ''
                end
            ),
            ' + ' order by c.place
        ) || case
            when jsonb_array_length(p_document -> 'elements') > 1 then ' (varies)' else ''
        end,
        250
    )
    into v_text
    from jsonb_array_elements(p_document -> 'elements' -> 0 -> 'price_components')
        with ordinality as c (item, place);
    return coalesce(v_text, p_document ->> 'currency');
end;
$$;
revoke all on function charging.describe_tariff_price(jsonb, text) from public;
comment on function charging.describe_tariff_price(jsonb, text) is
    'The price of a tariff in one line, for a small display.';
