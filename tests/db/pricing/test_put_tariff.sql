-- Tariffs and their versions: put, planned, replaced, ended; used ones stay; tenants apart.
begin;
select plan(71);

create function pg_temp.tariff(p_id text, p_price numeric, p_more jsonb default '{}')
returns jsonb
language sql
as $$
    select jsonb_build_object(
        'country_code', 'DE', 'party_id', 'GRW', 'id', p_id, 'currency', 'EUR',
        'elements', jsonb_build_array(jsonb_build_object('price_components', jsonb_build_array(
            jsonb_build_object('type', 'ENERGY', 'price', p_price, 'vat', 19, 'step_size', 1)
        ))),
        'last_updated', '2026-01-01T00:00:00Z'
    ) || p_more;
$$;
-- 'version price from..to' of each version, the moments in days from now.
create function pg_temp.versions(p_id text)
returns text
language sql
as $$
    select string_agg(
        format(
            '%s %s %s..%s',
            v.version_no,
            v.document #>> '{elements,0,price_components,0,price}',
            extract(day from v.valid_from - now()),
            extract(day from v.valid_to - now())
        ),
        ', ' order by v.valid_from
    )
    from api.tariff_versions as v
    where v.tenant_id = 101 and v.tariff_id = p_id;
$$;
-- The path in the detail of the error of a statement.
create function pg_temp.fault_of(p_statement text)
returns text
language plpgsql
as $$
declare
    v_detail text;
begin
    execute p_statement;
    return 'no error';
exception when sqlstate 'PT400' then
    get stacked diagnostics v_detail = pg_exception_detail;
    return v_detail::jsonb ->> 'path';
end;
$$;
grant execute on function pg_temp.fault_of(text) to public;
grant execute on function pg_temp.tariff(text, numeric, jsonb) to public;
grant execute on function pg_temp.versions(text) to public;

-- Putting --------------------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select results_eq(
    $$ select tariff_id, version_no, ocpi_version, currency, valid_from, valid_to, tariff_hash,
            created_by
        from api.put_tariff(pg_temp.tariff('Day', 0.5), name => ' By day ') $$,
    $$ select 'Day', 1, '2.2.1', 'EUR', now(), null::timestamptz,
            encode(sha256(convert_to(pg_temp.tariff('Day', 0.5)::text, 'UTF8')), 'hex'),
            tests.user_id_of('greenway.operator') $$,
    'a new tariff is valid from now on'
);
select results_eq(
    $$ select tariff_id, name, version_no, document::text, currency, valid_from, next_version_at
        from api.tariffs where tariff_id = 'Day' $$,
    $$ select 'Day', 'By day', 1, pg_temp.tariff('Day', 0.5)::text, 'EUR', now(),
            null::timestamptz $$,
    'and stands among the tariffs with its document as it came'
);
select is(
    (
        select v.version_no
        from api.put_tariff(pg_temp.tariff('Day', 0.5), name => 'By daylight') as v
    ),
    1,
    'putting it again makes no version'
);
select is(
    (select t.name from api.tariffs as t where t.tariff_id = 'Day'), 'By daylight',
    'but may give it another name'
);
select is(
    (
        select v.version_no
        from api.put_tariff(
            pg_temp.tariff('DAY', 0.6), starts_at => now() + interval '10 days'
        ) as v
    ),
    2,
    'ids are compared without case: this is its next version'
);
select is(
    pg_temp.versions('Day'), '1 0.5 0..10, 2 0.6 10..', 'the version before ends where it starts'
);
select is(
    (select t.next_version_at from api.tariffs as t where t.tariff_id = 'Day'),
    now() + interval '10 days', 'the list says when prices change'
);
select lives_ok(
    $$ select api.put_tariff(pg_temp.tariff('Day', 0.7),
        starts_at => now() + interval '10 days') $$,
    'a planned version is replaced'
);
select is(
    pg_temp.versions('Day'), '1 0.5 0..10, 2 0.7 10..', 'by one that starts at the same moment'
);
select lives_ok(
    $$ select api.put_tariff(pg_temp.tariff('Day', 0.55),
        starts_at => now() + interval '5 days') $$,
    'one before a planned version'
);
select is(
    pg_temp.versions('Day'), '1 0.5 0..5, 3 0.55 5..10, 2 0.7 10..', 'ends where that starts'
);
select lives_ok(
    $$ select api.put_tariff(pg_temp.tariff('Day', 0.45, jsonb_build_object(
        'start_date_time', to_char((now() + interval '20 days') at time zone 'UTC',
            'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'end_date_time', to_char((now() + interval '30 days') at time zone 'UTC',
            'YYYY-MM-DD"T"HH24:MI:SS.US')
    ))) $$,
    'the document may say from when and until when'
);
select is(
    pg_temp.versions('Day'), '1 0.5 0..5, 3 0.55 5..10, 2 0.7 10..20, 4 0.45 20..30',
    'and is believed'
);
select lives_ok(
    $$ select api.put_tariff(pg_temp.tariff('Day', 0.65,
        '{"start_date_time": "2026-01-01T00:00:00Z"}')) $$,
    'a start in the past of a further version'
);
select is(
    pg_temp.versions('Day'),
    '5 0.65 0..5, 3 0.55 5..10, 2 0.7 10..20, 4 0.45 20..30', 'means now'
);
select is(
    (
        select v.valid_from
        from api.put_tariff(
            pg_temp.tariff('OLD', 1, '{"start_date_time": "2026-01-01T00:00:00Z"}')
        ) as v
    ),
    '2026-01-01T00:00:00Z', 'the first version may have begun already'
);
select is(
    (
        select count(*)
        from api.audit_log as a
        where a.table_name = 'core.tariff_versions' and a.new_values ? 'compiled'
    ),
    0::bigint, 'operators read no audit'
);
select tests.act_as('greenway.admin');
select ok(
    exists (
        select
        from api.audit_log as a
        where
            a.table_name = 'core.tariff_versions'
            and a.operation = 'insert'
            and a.user_id = tests.user_id_of('greenway.operator')
            and a.new_values ? 'document'
            and not a.new_values ? 'compiled'
    ),
    'the audit says who put what'
);

-- Refused --------------------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select throws_ok(
    $$ select api.put_tariff('{"id": "X", "currency": "EUR"}') $$, 'PT400',
    'the tariff cannot be priced: $.elements is missing', 'what cannot be priced is not stored'
);
select throws_ok(
    $$ select api.put_tariff(pg_temp.tariff('X', 1) - 'id') $$, 'PT400',
    'a tariff that is stored has an id', 'without an id neither'
);
select throws_ok(
    $$ select api.put_tariff(jsonb_build_array(pg_temp.tariff('X', 1))) $$, 'PT400',
    'a tariff that is stored has an id', 'nor a list'
);
select throws_ok(
    format(
        'select api.put_tariff(pg_temp.tariff(''X'', 1, %L), ocpi_version => %L)', v.more, v.said
    ),
    'PT400', format('the tariff is not one of OCPI %s', v.said),
    format('%s is not of %s', v.more, v.said)
)
from (
    values
    ('{}', '2.1.1'), ('{"tax_included": "NO"}', '2.2.1'),
    ('{"max_price": {"excl_vat": 5}}', '2.3.0'),
    ('{"max_price": {"before_taxes": 5}}', '2.2.1')
) as v (more, said);
select throws_ok(
    $$ select api.put_tariff(pg_temp.tariff('X', 1,
        '{"end_date_time": "2026-01-01T00:00:00Z"}')) $$,
    'PT400', 'a version has a start, and an end after it or none', 'a version lasts a while'
);
select is(
    pg_temp.fault_of(
        format('select api.put_tariff(pg_temp.tariff(''X'', 1), starts_at => %L)', v.start)
    ),
    'starts_at', format('%s is no start', v.start)
)
from (values ('infinity'), ('-infinity')) as v (start);
select throws_ok(
    $$ select api.end_tariff('Day', 'infinity') $$, 'PT400', null, 'nor is it an end'
);
select throws_ok(
    $$ select api.put_tariff(pg_temp.tariff('X', 1), name => '  ') $$, '23514', null,
    'a name has letters'
);
select tests.act_as('greenway.viewer');
select throws_ok(
    $$ select api.put_tariff(pg_temp.tariff('X', 1)) $$, 'PT403', null,
    'who may look may not put'
);
select throws_ok(
    $$ select api.end_tariff('Day') $$, 'PT403', null, 'nor end'
);
select tests.act_as('greenway.customer');
select throws_ok(
    $$ select api.put_tariff(pg_temp.tariff('X', 1)) $$, '42501', null, 'drivers do not put tariffs'
);

-- Versions that sessions used ------------------------------------------------------------------

select tests.act_as('greenway.operator');
select throws_ok(
    $$ select api.put_tariff(pg_temp.tariff('STANDARD', 1), starts_at => '2020-01-01T00:00:00Z') $$,
    'PT409', 'sessions that started after that moment used version 1 of the tariff',
    'a start before sessions that used the version is refused'
);
select throws_ok(
    $$ select api.end_tariff('STANDARD', '2021-01-01T00:00:00Z') $$, 'PT409', null,
    'and so is such an end'
);
select lives_ok(
    $$ select api.put_tariff(pg_temp.tariff('STAFF', 1), starts_at => '2021-01-01T00:00:00Z') $$,
    'where no session would change, a version may start in the past'
);
select tests.act_as_owner();
select results_eq(
    $$ select v.version_no, v.valid from core.tariff_versions as v
        where v.tenant_id = 101 and v.tariff_id = 1002 order by 1 $$,
    $$ values (1, tstzrange('2020-01-01T00:00:00Z', '2021-01-01T00:00:00Z')),
        (2, tstzrange('2021-01-01T00:00:00Z', null)) $$,
    'and the one before ends then'
);
select throws_ok(
    $$ delete from core.tariff_versions where tenant_id = 101 and id = 1001 $$, 'PT409',
    'version 1 of the tariff was used', 'not even the owner deletes a version that was used'
);
select throws_ok(
    format('update core.tariff_versions set %s where tenant_id = 101 and id = 1002', v.change),
    'PT403', 'a version of a tariff never changes: no update', format('no %s', v.change)
)
from (
    values
    ('document = ''{}'''), ('compiled = ''{}'''), ('currency = ''USD'''),
    ('valid = tstzrange(''2019-01-01'', upper(valid))'), ('version_no = 7'),
    -- Equal to jsonb, another text.
    ('document = jsonb_set(document, ''{elements,0,price_components,0,price}'', ''0.0'')')
) as v (change);
select throws_ok(
    $$ truncate core.tariff_versions cascade $$, 'PT403', null, 'nor empties the table'
);
select lives_ok(
    $$ update core.tariff_versions set created_by = null where created_by is not null $$,
    'a person who put one may go'
);
select lives_ok(
    $$ delete from core.tariff_versions where tenant_id = 102 and id = 2002 $$,
    'a version that nobody used may go'
);

-- Ending ---------------------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select results_eq(
    $$ select version_no, valid_to, next_version_at
        from api.end_tariff('day', now() + interval '7 days') $$,
    $$ select 5, now() + interval '5 days', now() + interval '5 days' $$,
    'a tariff ends at a moment'
);
select is(
    pg_temp.versions('Day'), '5 0.65 0..5, 3 0.55 5..7', 'planned versions after it are withdrawn'
);
select lives_ok(
    $$ select api.end_tariff('Day', now() + interval '9 days') $$, 'the end may be put off'
);
select is(pg_temp.versions('Day'), '5 0.65 0..5, 3 0.55 5..9', 'as long as nothing follows');
select lives_ok(
    $$ select api.end_tariff('Day') $$, 'a tariff that nobody used yet may end before it began'
);
select is(pg_temp.versions('Day'), null, 'then no version is left');
select results_eq(
    $$ select version_no, document, valid_from from api.tariffs where tariff_id = 'Day' $$,
    $$ select null::integer, null::jsonb, null::timestamptz $$,
    'the tariff itself stays, without prices'
);
select throws_ok(
    $$ select api.end_tariff('2001') $$, 'PT404', 'there is no tariff 2001',
    'what is not there does not end'
);

-- Documents ------------------------------------------------------------------------------------

select lives_ok(
    $$ select api.put_tariff(pg_temp.tariff('MAX', 1.50, '{"max_price": {"excl_vat": 10.00,
        "incl_vat": 11.9}, "unknown": [1]}')) $$,
    'a tariff of 2.2.1'
);
select is(
    api.tariff('max')::text,
    pg_temp.tariff(
        'MAX', 1.50, '{"max_price": {"excl_vat": 10.00, "incl_vat": 11.9}, "unknown": [1]}'
    )::text,
    'comes out as it went in'
);
select is(
    api.tariff('max', '2.3.0')::text,
    pg_temp.tariff(
        'MAX', 1.50,
        '{"tax_included": "NO", "max_price": {"before_taxes": 10.00, "after_taxes": 11.9},
            "unknown": [1]}'
    )::text,
    'and as 2.3.0 says it'
);
select is(
    api.tariff('standard', '2.2.1'), api.tariff('STANDARD') - 'tax_included',
    'net prices of 2.3.0 come out as 2.2.1 says them'
);
select lives_ok(
    $$ select api.put_tariff(pg_temp.tariff('GROSS', 1, '{"tax_included": "YES"}')) $$,
    'prices with tax'
);
select throws_ok(
    $$ select api.tariff('GROSS', '2.2.1') $$, 'PT409', null, 'cannot be said in 2.2.1'
);
select lives_ok(
    $$ select api.put_tariff(pg_temp.tariff('FREE', 1, '{"tax_included": "N/A"}')) $$,
    'prices without any tax'
);
select is(
    api.tariff('FREE', '2.2.1') #> '{elements,0,price_components}',
    '[{"type": "ENERGY", "price": 1, "step_size": 1}]', 'name no rate in 2.2.1'
);
select throws_ok(
    $$ select api.tariff('GROSS', '3.0') $$, 'PT400', null, 'there are two versions of OCPI here'
);
select throws_ok(
    $$ select api.tariff('GROSS', version_no => 9) $$, 'PT404', null, 'and no version 9 of it'
);
select is(
    api.tariff('STAFF', version_no => 1) #>> '{elements,0,price_components,0,price}', '0.00',
    'an older version is there by its number'
);

-- Tenants and drivers --------------------------------------------------------------------------

select tests.act_as('bluecharge.admin');
select bag_eq(
    $$ select tenant_id, tariff_id from api.tariffs $$,
    $$ values (102::bigint, 'STANDARD'), (102, 'STAFF') $$,
    'the other tenant sees its own tariffs only'
);
select throws_ok(
    $$ select api.tariff('GROSS') $$, 'PT404', null, 'and reads no other document'
);
select throws_ok($$ select api.end_tariff('GROSS') $$, 'PT404', null, 'nor ends one');
select is(
    (
        select v.tenant_id
        from api.put_tariff(pg_temp.tariff('GROSS', 2)) as v
    ),
    102::bigint, 'its tariff of the same id is another one'
);
select tests.act_as('greenway.customer');
select bag_eq(
    $$ select v.tariff_id, v.version_no, t.name
        from api.tariff_versions as v
        inner join api.tariffs as t on t.tenant_id = v.tenant_id and t.tariff_id = v.tariff_id $$,
    $$ values ('STANDARD', 1, 'Standard') $$,
    'a driver sees the prices of their sessions, not those of others'
);

select * from finish();
rollback;
