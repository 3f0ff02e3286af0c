-- The worked examples of OCPI and what follows from its rules: exact figures and lines of
-- tests/vectors/ocpi_vectors.json, each as its tariff stands in OCPI 2.3.0 and, where it can, in
-- 2.2.1. The superseded ones come out as the present rules say, the ambiguous ones as DESIGN
-- decision 19 reads them.
begin;
select plan(219);
select tests.act_as_owner();

create temporary table vectors as
select
    v.vector ->> 'id' as id,
    v.vector ->> 'status' as status,
    coalesce(v.vector -> 'tariff', v.vector -> 'tariffs') as tariff,
    v.vector -> 'session' as session,
    v.vector -> 'expected' as expected,
    v.place
from tests.vectors as f
cross join jsonb_array_elements(f.document -> 'vectors') with ordinality as v (vector, place)
where f.name = 'ocpi_vectors';

-- Not a session's price: a start fee that depends on the kind of card, which no tariff can say,
-- and a credit CDR, which repeats another with its total turned negative.
select set_eq(
    'select id from vectors where tariff is null or session is null',
    array['t11-not-expressible', 'cdr-credit'],
    'two vectors have no session to price'
);
select is(
    (
        select count(*)
        from vectors
        where
            status in ('current', 'derived', 'erratum_in_source')
            and tariff is not null and session is not null
    ),
    54::bigint,
    'every other one that is in force is priced'
);

create temporary table results as
select
    v.id,
    v.place,
    v.status,
    v.expected,
    f.form,
    pricing.price(pricing.compile_tariff(f.tariff), v.session) as result
from vectors as v
cross join lateral (
    values
    ('2.3.0', v.tariff),
    -- OCPI 2.2.1 has no tax_included, and its limits say VAT.
    (
        '2.2.1',
        replace(replace((v.tariff - 'tax_included')::text, 'before_taxes', 'excl_vat'),
            'after_taxes', 'incl_vat')::jsonb
    )
) as f (form, tariff)
where
    v.session is not null and v.tariff is not null
    and (f.form = '2.3.0' or v.tariff ->> 'tax_included' = 'NO');

select is(
    r.result -> 'exact', r.expected -> 'exact', format('%s costs exactly that (%s)', r.id, r.form)
)
from results as r
where r.expected ? 'exact'
order by r.place, r.form;

select is(
    (
        select jsonb_agg(
            l.line - array['component_index', 'quantity', 'billed_quantity'] order by l.place
        )
        from jsonb_array_elements(r.result -> 'lines') with ordinality as l (line, place)
    ),
    r.expected -> 'lines',
    format('%s has those lines (%s)', r.id, r.form)
)
from results as r
where r.expected ? 'lines'
order by r.place, r.form;

select is_empty(
    $$
    select r.id, r.form, t.key
    from results as r
    cross join jsonb_each_text(r.expected) as t
    where
        t.key in ('total_excl_vat', 'total_incl_vat')
        -- Some print more decimals than their currency has.
        and round((r.result ->> t.key)::numeric, 2) is distinct from round(t.value::numeric, 2)
    $$,
    'the totals are those printed, to the cent'
);
select is_empty(
    $$
    select r.id, r.form, r.result -> 'limit_applied', r.result -> 'before_limit'
    from results as r
    where
        r.result -> 'limit_applied' is distinct from r.expected -> 'limit_applied'
        or r.result -> 'before_limit' is distinct from r.expected -> 'before_limit'
    $$,
    'a limit of the tariff applies where it should, and nowhere else'
);
select is_empty(
    $$
    select r.id, r.form, q.key, q.value
    from results as r
    cross join jsonb_each_text(r.expected -> 'billed_quantities') as q
    where
        q.key not like 'last_component%'
        and q.value::numeric is distinct from (
            select
                sum((l.line ->> 'billed_quantity')::numeric)
                / case when q.key like '%_kWh' then 1000 else 1 end
            from jsonb_array_elements(r.result -> 'lines') as l (line)
            where l.line ->> 'bucket' = regexp_replace(q.key, '_(s|kWh)$', '')
        )
    $$,
    'the quantities billed are those of the texts'
);
select is_empty(
    $$
    select r.id, r.form
    from results as r
    where
        r.status = 'superseded'
        and r.result -> 'exact' is distinct from r.expected -> 'current_rules_give'
    $$,
    'what older editions printed costs what the present rules give'
);
select results_eq(
    $$
    select r.result -> 'exact' ->> 'excl_vat', jsonb_path_query_array(r.result, '$.lines[*].billed')
    from results as r
    where r.status = 'ambiguous' and r.form = '2.3.0'
    order by r.place
    $$,
    $$
    values
    ('1.033333333', '["0.35", "0.266666667", "0.15"]'::jsonb),
    ('1.46', '["4.3", "2"]'::jsonb)
    $$,
    'the last time-based period takes the step, and after a change of tariff its own part does'
);

select * from finish();
rollback;
