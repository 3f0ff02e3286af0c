-- Transactions, ratings and CDRs as people read them.
begin;
select plan(22);
select tests.act_as_owner();

-- A site without a place to itself, and a driver's contract.
update core.id_tokens set contract_id = 'NL-TNM-000122045-U' where id = 1001;
update core.sites set latitude = null, longitude = null where id = 2001;
select pricing.rate_sessions(
    array[101, 102], array[1001, 2001], 'to have the newest in the CDR'
);

select tests.act_as('greenway.operator');
select results_eq(
    $$ select t.id, t.session_id, t.state, t.charge_point_id, t.id_token, t.energy_wh,
           t.charging_s, t.currency, t.total_excl_vat, t.vat, t.total_incl_vat, t.tax_included,
           t.limit_applied, t.warnings
       from api.transactions as t order by t.id $$,
    $$ values
           (
               1001::bigint, 1001::bigint, 'priced', 1001::bigint, 'GWTOKEN1', 10000.0, 3600.0,
               'EUR', 5.00, 0.95, 5.95, 'NO', null::text, '[]'::jsonb
           ),
           (
               1002, 1002, 'held', 1002, 'GWTOKEN2', 10000, 3600, 'EUR', 5.00, 0.95, 5.95, 'NO',
               null, '[]'
           ) $$,
    'staff read the transactions of their tenant'
);
select results_eq(
    'select t.explanation from api.transactions as t where t.id = 1001',
    $$ values (array[
           'Energy: 10 kWh × 0.50 EUR per kWh = 5 EUR (tariff element 1, plus 19 % VAT)',
           'VAT of 19 %: 0.95 EUR on 5.00 EUR',
           'Total: 5.00 EUR without VAT, 5.95 EUR with VAT'
       ]) $$,
    'explained in words'
);
select results_eq(
    'select h.session_id, h.hold_reasons, h.total_incl_vat from api.held_sessions as h',
    $$ values (1002::bigint, '{readings_missing}'::text[], 5.95) $$,
    'and those that are held, with the price that they had'
);
select results_eq(
    'select r.transaction_id, r.version, r.is_current, r.note, r.difference_incl_vat
     from api.ratings as r order by 1, 2',
    $$ values
           (1001::bigint, 1, false, null::text, null::numeric),
           (1001, 2, true, 'to have the newest in the CDR', 0.00),
           (1002, 1, false, null, null) $$,
    'with every calculation'
);
select is(
    (select count(*) from api.transactions as t where t.tenant_id = 102), 0::bigint,
    'nothing of another tenant'
);

select tests.act_as('greenway.customer');
select results_eq(
    'select t.id from api.transactions as t', 'values (1001::bigint)', 'a driver sees their own'
);
select results_eq(
    'select distinct r.transaction_id from api.ratings as r', 'values (1001::bigint)',
    'with their ratings'
);
select is(
    (select count(*) from api.ratings as r where r.note is not null or r.rated_by is not null),
    0::bigint, 'without what staff wrote to each other'
);
select throws_ok(
    'select 1 from api.held_sessions', '42501', null, 'what is held is for staff'
);
select throws_ok(
    'select 1 from api.session_resolutions', '42501', null, 'and so are decisions'
);
select is(
    (select count(*) from api.cdrs as c where c.cdr_2_2_1 ->> 'session_id' <> '1001'), 0::bigint,
    'and no CDR of another'
);

select tests.act_as('greenway.driver2');
select results_eq(
    'select t.id, t.state, t.hold_reasons, t.hold_details from api.transactions as t',
    $$ values (1002::bigint, 'held', '{readings_missing}'::text[], null::jsonb) $$,
    'another driver theirs, which is held, without the details'
);
select tests.act_as('greenway.customer');

-- The form of OCPI.
select results_eq(
    $$ select c.cdr_2_2_1 - '{tariffs,charging_periods,last_updated,start_date_time,
           end_date_time}'::text[]
       from api.cdrs as c where c.id = '1001-2' $$,
    $$ values ('{
           "country_code": "DE", "party_id": "GRW", "id": "1001-2", "session_id": "1001",
           "cdr_token": {
               "country_code": "NL", "party_id": "TNM", "uid": "GWTOKEN1", "type": "RFID",
               "contract_id": "NL-TNM-000122045-U"
           },
           "auth_method": "WHITELIST",
           "cdr_location": {
               "id": "1001", "name": "Depot", "address": "Hafenstraße 1", "city": "Hamburg",
               "postal_code": "20095", "country": "DEU",
               "coordinates": {"latitude": "53.550000", "longitude": "9.990000"},
               "evse_uid": "1001", "evse_id": "DE*GRW*E1001*1", "connector_id": "1",
               "connector_standard": "IEC_62196_T2", "connector_format": "SOCKET",
               "connector_power_type": "AC_3_PHASE"
           },
           "currency": "EUR", "total_cost": {"excl_vat": 5, "incl_vat": 5.95},
           "total_energy": 10, "total_energy_cost": {"excl_vat": 5, "incl_vat": 5.95},
           "total_time": 1, "total_parking_time": 0
       }'::jsonb) $$,
    'a CDR says who, where and how much'
);
select tests.act_as('bluecharge.operator');
select results_eq(
    $$ select c.cdr_2_3_0 -> 'total_cost', c.cdr_2_3_0 -> 'total_energy_cost',
           c.cdr_2_3_0 #>> '{tariffs,0,id}', c.cdr_2_3_0 #>> '{tariffs,0,tax_included}',
           c.cdr_2_2_1 #> '{tariffs,0,tax_included}',
           c.cdr_2_3_0 #> '{charging_periods,0,dimensions}',
           c.cdr_2_3_0 #>> '{charging_periods,0,start_date_time}'
           = c.cdr_2_3_0 ->> 'start_date_time',
           c.cdr_2_3_0 -> 'cdr_location' ? 'coordinates'
       from api.cdrs as c where c.id = '2001-2' $$,
    $$ values (
           '{"before_taxes": 5, "taxes": [{"name": "VAT", "percentage": 19, "amount": 0.95}]}'
           ::jsonb,
           '{"before_taxes": 5, "taxes": [{"name": "VAT", "amount": 0.95}]}'::jsonb,
           'STANDARD', 'NO', null::jsonb,
           '[{"type": "ENERGY", "volume": 10}, {"type": "TIME", "volume": 1}]'::jsonb,
           true, false
       ) $$,
    'in the terms of 2.3.0, too; what is not known is left out'
);
select results_eq(
    $$ select c.id, c.is_credit, c.is_credited, c.cdr_2_2_1 -> 'credit',
           c.cdr_2_2_1 #>> '{total_cost,incl_vat}', c.cdr_2_3_0 #>> '{total_cost,taxes,0,amount}',
           c.cdr_2_2_1 ->> 'credit_reference_id'
       from api.cdrs as c where c.transaction_id = 2001 order by c.version, c.is_credit $$,
    $$ values
           ('2001-1', false, true, null::jsonb, '5.95', '0.95', null::text),
           ('2001-1-C', true, true, 'true', '-5.95', '-0.95', '2001-1'),
           ('2001-2', false, false, null, '5.95', '0.95', null) $$,
    'one that a newer rating replaced is credited'
);

-- Words for what is rarer.
select results_eq(
    $$ select api.explain_price('{
           "currency": "EUR", "tax_included": "YES", "total_excl_vat": null,
           "total_incl_vat": "5.00", "limit_applied": "max",
           "before_limit": {"excl_vat": null, "incl_vat": "7.5"}, "taxes": [],
           "lines": [
               {"bucket": "PARKING_TIME", "element_index": 1, "component_index": 0, "unit": "h",
                "price": "10.00", "vat": null, "measured": "0.216666667", "billed": "0.25",
                "cost_excl": null, "cost_incl": "2.5"},
               {"bucket": "TIME", "element_index": 0, "component_index": 0, "unit": "h",
                "price": "5", "vat": null, "measured": "0.5", "billed": "0.5",
                "cost_excl": null, "cost_incl": "2.5"},
               {"bucket": "TIME", "element_index": 0, "component_index": 0, "unit": "h",
                "price": "5", "vat": null, "measured": "0.5", "billed": "0.5",
                "cost_excl": null, "cost_incl": "2.5"}
           ]
       }') $$,
    $$ values (array[
           'Parking time: 00:13:00 counted as 00:15:00 × 10.00 EUR per hour = 2.5 EUR '
           '(tariff element 2)',
           'Charging time: 01:00:00 × 5 EUR per hour = 5 EUR (tariff element 1)',
           'Highest price of the tariff: 5.00 EUR instead of 7.5 EUR',
           'Total: 5.00 EUR with VAT'
       ]) $$,
    'steps, limits and a tax of unknown rate'
);
select is(
    api.explain_price('{
        "currency": "EUR", "total_excl_vat": "0.00", "total_incl_vat": "0.00", "lines": [],
        "taxes": []
    }'),
    array[
        'Free of charge: the tariff asks nothing for this.',
        'Total: 0.00 EUR without VAT, 0.00 EUR with VAT'
    ],
    'and what is free'
);

-- What OCPI has no room for.
select tests.act_as_owner();
update core.id_tokens set type = 'eMAID' where id = 1002;
insert into core.sessions (
    tenant_id, id, charge_point_id, protocol, transaction_id, start_key, state, id_token,
    id_token_id, authorization_status, started_at, ended_at, meter_start_wh, meter_stop_wh,
    energy_wh
)
overriding system value
values (
    101, 10001, 1002, 'ocpp1.6', '10001', 'made-10001', 'ended', 'GWTOKEN2', 1002, 'Accepted',
    '2026-07-01 10:00:00.123456Z', '2026-07-01 11:00Z', 1000, 1001.234, 1.234
);
select pricing.rate_sessions(array[101], array[10001]);
select results_eq(
    $$ select
           c.cdr_2_2_1 #>> '{cdr_token,type}',
           c.cdr_2_3_0 #>> '{cdr_token,type}',
           c.cdr_2_3_0 ->> 'start_date_time',
           c.cdr_2_3_0 #>> '{charging_periods,0,start_date_time}',
           c.cdr_2_3_0 #>> '{charging_periods,0,dimensions,0,volume}'
       from api.cdrs as c
       inner join core.transactions as t on t.id = c.transaction_id and t.session_id = 10001 $$,
    $$ values (
           'OTHER', 'EMAID', '2026-07-01T10:00:00.123Z', '2026-07-01T10:00:00.123Z', '0.0012'
       ) $$,
    'token types of 2.2.1, 25 characters for a moment and four decimals'
);

-- A tariff with tax in its prices, and one with a price whose tax nobody knows.
select tests.act_as_owner();
insert into core.tariffs (tenant_id, id, tariff_id, name) overriding system value
values (101, 1110, 'GROSS', 'Gross'), (101, 1111, 'UNKNOWN', 'Unknown tax');
insert into core.tariff_versions (
    tenant_id, id, tariff_id, version_no, ocpi_version, document, compiled, tariff_hash, currency,
    valid
)
overriding system value
select
    101, d.id, d.id, 1, '2.3.0', d.document, pricing.compile_tariff(d.document),
    pricing.hash_tariff(d.document), 'EUR', '[2020-01-01,)'
from (
    values
    (
        1110, '{"currency": "EUR", "tax_included": "YES", "elements": [{"price_components": [
            {"type": "FLAT", "price": 1.19, "vat": 19, "step_size": 1}
        ]}]}'::jsonb
    ),
    (
        1111, '{"currency": "EUR", "tax_included": "NO", "elements": [{"price_components": [
            {"type": "FLAT", "price": 1, "vat": 19, "step_size": 1},
            {"type": "TIME", "price": 1, "step_size": 1}
        ]}]}'
    )
) as d (id, document);
update core.session_tariffs set tariff_version_id = 1110 where session_id = 10001;
select pricing.rate_sessions(array[101], array[10001]);
update core.session_tariffs set tariff_version_id = 1111 where session_id = 10001;
select pricing.rate_sessions(array[101], array[10001]);
select results_eq(
    $$ select
           c.version,
           c.cdr_2_2_1 #>> '{tariffs,0,id}',
           c.cdr_2_3_0 #>> '{tariffs,0,id}',
           jsonb_path_query_array(c.cdr_2_3_0, '$.total_cost.taxes[*].percentage')
       from api.cdrs as c
       inner join core.transactions as t on t.id = c.transaction_id and t.session_id = 10001
       where c.version > 1 and not c.is_credit
       order by c.version $$,
    $$ values
           (2, null::text, 'GROSS', '[19]'::jsonb), (3, 'UNKNOWN', 'UNKNOWN', '[19]') $$,
    '2.2.1 has no prices with tax in them, and no tax is without a rate'
);

-- A later change of the place changes no CDR.
select tests.act_as_owner();
update core.sites set address = 'Kade 99' where id = 2001;
select tests.act_as('bluecharge.operator');
select is(
    (select c.cdr_2_2_1 #>> '{cdr_location,address}' from api.cdrs as c where c.id = '2001-2'),
    'Kade 1', 'a street that is renamed changes no receipt'
);

select throws_ok(
    $$ update api.transactions set state = 'priced' $$, '42501', null, 'nobody writes them'
);
select throws_ok('delete from api.ratings', '42501', null, 'nor deletes a rating');
select * from finish();
rollback;
