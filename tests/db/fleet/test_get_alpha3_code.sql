-- Countries in the codes that OCPI wants.
begin;
select plan(4);
select tests.act_as_owner();

select results_eq(
    $$ select fleet.get_alpha3_code(c.code) from unnest('{DE,NL,GB,AD,ZW}'::text[]) as c (code) $$,
    $$ values ('DEU'), ('NLD'), ('GBR'), ('AND'), ('ZWE') $$,
    'alpha-2 becomes alpha-3'
);
select results_eq(
    $$ select fleet.get_alpha3_code(c.code)
       from unnest(array['XX', 'de', '', 'D', 'DEU', null]) as c (code) $$,
    'select null::text from generate_series(1, 6)',
    'what is no country has none'
);
select results_eq(
    $$ select count(*), count(fleet.get_alpha3_code(p.code)),
           count(distinct fleet.get_alpha3_code(p.code))
       from (
           select chr(a.n) || chr(b.n) as code
           from generate_series(65, 90) as a (n)
           cross join generate_series(65, 90) as b (n)
       ) as p
       where fleet.is_country_code(p.code) $$,
    'values (249::bigint, 249::bigint, 249::bigint)',
    'every country has one of its own'
);
select is_empty(
    $$ select 1
       from (
           select chr(a.n) || chr(b.n) as code
           from generate_series(65, 90) as a (n)
           cross join generate_series(65, 90) as b (n)
       ) as p
       where not fleet.is_country_code(p.code) and fleet.get_alpha3_code(p.code) is not null $$,
    'and nothing else has'
);
select * from finish();
rollback;
