-- A tariff document in another version of OCPI: other names for the sides of its limits, and
-- tax_included, which 2.2.1 does not have: its prices are without tax. In its own version a
-- document stays as it came.
--
-- Called by: api.tariff.
-- Errors:    PT400 ocpi_version_invalid; PT409 tariff_not_expressible.
create or replace function pricing.convert_tariff(p_document jsonb, p_from text, p_to text)
returns jsonb
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_document jsonb := p_document;
    v_limit text;
begin
    if p_to not in ('2.2.1', '2.3.0') then
        raise exception using
            errcode = 'PT400',
            message = format('there is no tariff in OCPI %s here', left(p_to, 20)),
            detail = '{"error":"ocpi_version_invalid"}',
            hint = 'Say 2.2.1 or 2.3.0.';
    elsif p_from = p_to then
        return p_document;
    elsif p_to = '2.2.1' and p_document ->> 'tax_included' = 'YES' then
        raise exception using
            errcode = 'PT409',
            message = 'the prices of the tariff include tax, which OCPI 2.2.1 cannot say',
            detail = '{"error":"tariff_not_expressible"}',
            hint = 'Give it in 2.3.0, or put a tariff with net prices.';
    end if;

    foreach v_limit in array array['min_price', 'max_price'] loop
        if jsonb_typeof(v_document -> v_limit) = 'object' then
            v_document := jsonb_set(v_document, array[v_limit], (
                select jsonb_object_agg(coalesce(n.other, l.key), l.value)
                from jsonb_each(v_document -> v_limit) as l
                left join (
                    values
                    ('2.3.0', 'excl_vat', 'before_taxes'),
                    ('2.3.0', 'incl_vat', 'after_taxes'),
                    ('2.2.1', 'before_taxes', 'excl_vat'),
                    ('2.2.1', 'after_taxes', 'incl_vat')
                ) as n (version, name, other) on n.version = p_to and n.name = l.key
            ));
        end if;
    end loop;
    -- Where no tax is due, 2.2.1 says so by naming no rate.
    if p_to = '2.2.1' and p_document ->> 'tax_included' = 'N/A' then
        v_document := jsonb_set(v_document, '{elements}', (
            select jsonb_agg(
                jsonb_set(e.item, '{price_components}', (
                    select jsonb_agg(c.item - 'vat' order by c.n)
                    from pricing.list_items(e.item -> 'price_components') as c
                ))
                order by e.n
            )
            from pricing.list_items(v_document -> 'elements') as e
        ));
    end if;
    return case p_to
        when '2.2.1' then v_document - 'tax_included'
        else v_document || '{"tax_included": "NO"}'
    end;
end;
$$;
revoke all on function pricing.convert_tariff(jsonb, text, text) from public;
comment on function pricing.convert_tariff(jsonb, text, text) is
    'A tariff document in another version of OCPI.';
