-- What a driver is told before charging: the tariff, why that one, and a price; the tariffs of
-- sessions for those who may read them.
begin;
select plan(50);

-- Greenway's standard: 0.50 a kWh, 6.00 an hour of parking by the minute, and 19 % on both.
-- For the Regulars, whom driver2 joins, and at the second charge point, the two below.
select tests.act_as_owner();
insert into core.tariffs (tenant_id, id, tariff_id, name)
overriding system value
values (101, 1101, 'REGULARS', 'Regulars'), (101, 1102, 'NIGHT', 'Night');
insert into core.tariff_versions (
    tenant_id, id, tariff_id, version_no, ocpi_version, document, compiled, tariff_hash, currency,
    valid
)
overriding system value
select
    101, v.id, v.tariff_id, 1, '2.2.1', v.document, pricing.compile_tariff(v.document),
    repeat('0', 64), 'EUR', '[2020-01-01T00:00:00Z,)'
from (
    values
        (1101, 1101, '{"id": "REGULARS", "currency": "EUR", "elements": [{"price_components": [
            {"type": "ENERGY", "price": 0.40, "vat": 19, "step_size": 1},
            {"type": "FLAT", "price": 1.00, "vat": 19, "step_size": 1}]}],
            "tariff_alt_text": [{"language": "en", "text": "Regulars pay less"}]}'::jsonb),
        (1102, 1102, '{"id": "NIGHT", "currency": "EUR", "elements": [
            {"price_components": [
                {"type": "ENERGY", "price": 0.20, "vat": 19, "step_size": 1}],
            "restrictions": {"start_time": "22:00", "end_time": "06:00"}},
            {"price_components": [
                {"type": "ENERGY", "price": 0.60, "vat": 19, "step_size": 1},
                {"type": "TIME", "price": 1.20, "vat": 19, "step_size": 1}]},
            {"price_components": [
                {"type": "TIME", "price": 2.00, "vat": 19, "step_size": 1}],
            "restrictions": {"reservation": "RESERVATION"}}
            ]}')
) as v (id, tariff_id, document);
insert into core.tariff_assignments (tenant_id, id, tariff_id, customer_group_id, charge_point_id)
overriding system value
values (101, 1101, 1101, 1001, null), (101, 1102, 1102, null, 1002);
insert into core.customer_group_members (tenant_id, customer_group_id, user_id)
values (101, 1001, tests.user_id_of('greenway.driver2'));

create function pg_temp.price(p_scenario jsonb, p_evse text default 'DE*GRW*E1002*1')
returns text
language sql
as $$
    select r.price ->> 'total_incl_vat'
    from api.preview_price(p_evse, scenario => p_scenario) as p (preview)
    cross join lateral jsonb_to_record(p.preview) as r (price jsonb);
$$;
create function pg_temp.refused(p_scenario text)
returns jsonb
language plpgsql
as $$
declare
    v_detail text;
begin
    perform api.preview_price('DE*GRW*E1001*1', scenario => p_scenario::jsonb);
    return null;
exception
    when sqlstate 'PT400' then
        get stacked diagnostics v_detail = pg_exception_detail;
        return v_detail::jsonb;
end;
$$;
grant execute on function pg_temp.price(jsonb, text), pg_temp.refused(text) to public;

-- A driver -------------------------------------------------------------------------------------

select tests.act_as('greenway.customer');
select results_eq(
    $$ select p ->> 'evse', p ->> 'token', p #>> '{tariff,id}', p #>> '{tariff,name}',
           p #>> '{tariff,version}', p #>> '{tariff,currency}', p #>> '{tariff,tax_included}',
           p ->> 'time_zone', p -> 'reason', p -> 'alt_text', p -> 'price', p -> 'scenario'
       from api.preview_price('DE*GRW*E1001*1') as p $$,
    $$ values (
           'DE*GRW*E1001*1', 'GWTOKEN1', 'STANDARD', 'Standard', '1', 'EUR', 'NO',
           'Europe/Berlin',
           '{"place": "tenant", "audience": "everyone",
             "text": "This tariff is for everyone at all our charge points."}'::jsonb,
           '[]'::jsonb, 'null'::jsonb, 'null'::jsonb) $$,
    'a driver is told the tariff for their only token, and why'
);
select is(
    api.preview_price('DE*GRW*E1001*1') -> 'prices',
    '[{"type": "ENERGY", "price": 0.50, "vat": 19, "step_size": 1, "element_index": 0},
      {"type": "PARKING_TIME", "price": 6.00, "vat": 19, "step_size": 60, "element_index": 0}]',
    'and its prices'
);
select is(
    api.preview_price('DE*GRW*E1001*1') #>> '{tariff,document,id}', 'STANDARD',
    'as OCPI writes them'
);
select is(
    api.preview_price('degrwe1001*1') ->> 'evse', 'DE*GRW*E1001*1',
    'the EVSE id may be written in any way'
);
select is(
    api.preview_price('DE*GRW*E1001*1', 'gwtoken1') ->> 'token', 'GWTOKEN1',
    'and so may the token'
);
select throws_ok(
    $$ select api.preview_price('DE*GRW*E1001*1', 'GWTOKEN2') $$, 'PT404',
    'you have no such token', 'somebody else''s token is none'
);
select throws_ok(
    $$ select api.preview_price('NL*BLU*E2001*1') $$, 'PT404', 'there is no such EVSE',
    'and another tenant''s EVSE is not there'
);
select throws_ok(
    $$ select api.preview_price('nonsense') $$, 'PT404', null, 'nor is what is no EVSE id'
);

select tests.act_as('greenway.driver2');
select results_eq(
    $$ select p #>> '{tariff,id}', p #>> '{reason,place}', p #>> '{reason,audience}',
           p #>> '{reason,text}', p #>> '{alt_text,0,text}'
       from api.preview_price('DE*GRW*E1002*1') as p $$,
    $$ values ('REGULARS', 'tenant', 'customer_group',
        'This tariff is for a customer group that you are in at all our charge points.',
        'Regulars pay less') $$,
    'a customer group comes before a place'
);
select tests.act_as_owner();
insert into core.id_tokens (tenant_id, id, id_token, user_id)
overriding system value
values (101, 1102, 'GWTOKEN2B', tests.user_id_of('greenway.driver2'));
select tests.act_as('greenway.driver2');
select throws_ok(
    $$ select api.preview_price('DE*GRW*E1002*1') $$, 'PT400', 'you have several tokens',
    'who has several tokens names one'
);
select tests.act_as_owner();
update core.id_tokens set is_blocked = true
where tenant_id = 101 and user_id = tests.user_id_of('greenway.driver2');
select tests.act_as('greenway.driver2');
select results_eq(
    $$ select p -> 'token', p #>> '{reason,audience}'
       from api.preview_price('DE*GRW*E1002*1') as p $$,
    $$ values ('null'::jsonb, 'customer_group') $$,
    'and who has none asks as a person'
);

-- Staff ----------------------------------------------------------------------------------------

select tests.act_as('greenway.viewer');
select is(
    api.preview_price('DE*GRW*E1002*1') #>> '{tariff,id}', 'NIGHT',
    'staff see what everyone pays'
);
select is(
    api.preview_price('DE*GRW*E1002*1', 'GWTOKEN3') #>> '{tariff,id}', 'REGULARS',
    'or what a token does'
);
select throws_ok(
    $$ select api.preview_price('DE*GRW*E1002*1', 'BCTOKEN1') $$, 'PT404',
    'there is no such token', 'but no token of another tenant'
);
select tests.act_as('bluecharge.customer');
select is(
    api.preview_price('NL*BLU*E2001*1') #>> '{tariff,document,party_id}', 'BLU',
    'each tenant has its own tariff'
);
select throws_ok(
    $$ select api.preview_price('DE*GRW*E1001*1') $$, 'PT404', null, 'and its own EVSEs'
);
select tests.act_as_anonymous();
select throws_ok(
    $$ select api.preview_price('DE*GRW*E1001*1') $$, '42501', null,
    'nobody asks without signing in'
);

-- Connectors that differ -------------------------------------------------------------------------

select tests.act_as_owner();
insert into core.connectors (
    tenant_id, id, charge_point_id, evse_id, connector_no, ocpp16_connector_id
)
overriding system value
values (101, 1102, 1002, 1002, 2, 2);
select tests.act_as('greenway.viewer');
select is(
    api.preview_price('DE*GRW*E1002*1') #>> '{tariff,id}', 'NIGHT',
    'of two connectors at one price none has to be named'
);
select tests.act_as_owner();
insert into core.tariff_assignments (tenant_id, tariff_id, connector_id)
values (101, 1001, 1102);
select tests.act_as('greenway.viewer');
select throws_ok(
    $$ select api.preview_price('DE*GRW*E1002*1') $$, 'PT400',
    'the connectors of this EVSE differ in price', 'where they differ one has to be'
);
select results_eq(
    $$ select n, p #>> '{tariff,id}', p #>> '{reason,place}'
       from generate_series(1, 2) as n
       cross join lateral api.preview_price('DE*GRW*E1002*1', connector => n) as p $$,
    $$ values (1, 'NIGHT', 'charge_point'), (2, 'STANDARD', 'connector') $$,
    'by its number there'
);
select throws_ok(
    $$ select api.preview_price('DE*GRW*E1002*1', connector => 3) $$, 'PT404',
    'the EVSE has no such connector', 'which has to exist'
);
select tests.act_as_owner();
delete from core.tariff_assignments where tenant_id = 101 and connector_id = 1102;

-- Scenarios ------------------------------------------------------------------------------------

select tests.act_as('greenway.viewer');
select is(
    pg_temp.price('{"energy_wh": 10000, "duration_s": 3600}', 'DE*GRW*E1001*1'), '5.95',
    '10 kWh are 5.00 and tax'
);
select is(
    pg_temp.price(
        '{"energy_wh": 10000, "duration_s": 3600, "parking_s": 601}', 'DE*GRW*E1001*1'
    ),
    '7.26', 'with 11 minutes of parking begun 1.10 more'
);
select results_eq(
    $$ select l ->> 'bucket', l ->> 'quantity', l ->> 'billed_quantity'
       from jsonb_array_elements(
           api.preview_price(
               'DE*GRW*E1001*1',
               scenario => '{"energy_wh": 10000, "duration_s": 3600, "parking_s": 601}'
           ) #> '{price,lines}'
       ) as l where l ->> 'quantity' <> '0' $$,
    $$ values ('ENERGY', '10000', '10000'), ('PARKING_TIME', '601', '660') $$,
    'and lines that say so'
);
select is(
    pg_temp.price('{"power_w": 10000, "duration_s": 3600}', 'DE*GRW*E1001*1'), '5.95',
    'power and time give the energy'
);
select is(
    pg_temp.price('{"power_w": 10000, "energy_wh": 10000}', 'DE*GRW*E1001*1'), '5.95',
    'power and energy give the time'
);
select is(
    api.preview_price(
        'DE*GRW*E1001*1', scenario => '{"power_w": 22000, "energy_wh": 10000}'
    ) #>> '{price,charging_s}',
    '1636', 'to the second'
);
select is(
    pg_temp.price('{}', 'DE*GRW*E1001*1'), '0.00', 'nothing costs nothing'
);
select is(
    api.preview_price(
        'DE*GRW*E1001*1', scenario => '{"starts_at": "2026-01-31T23:30:00+01:00"}'
    ) ->> 'at',
    '2026-01-31T22:30:00Z', 'it starts when it is said to'
);
-- An hour at 10 kW from 21:30: half of it at day's price with time, half at the night's, whose
-- time is priced by the element behind it.
select is(
    pg_temp.price(
        '{"starts_at": "2026-01-31T21:30:00+01:00", "energy_wh": 10000, "duration_s": 3600}'
    ),
    '6.19', 'a price that changes on the way is cut at the change, in the zone of the tenant'
);
select is(
    pg_temp.price(
        '{"starts_at": "2026-07-31T21:30:00+02:00", "energy_wh": 10000, "duration_s": 3600}'
    ),
    '6.19', 'in summer as in winter'
);
select is(
    pg_temp.price(
        '{"starts_at": "2026-01-31T21:30:00+01:00", "energy_wh": 5000, "duration_s": 3600,
          "power_w": 10000}'
    ),
    '5.00', 'with more power the energy is there before the night'
);
select is(
    pg_temp.price('{"starts_at": "2026-01-31T23:00:00+01:00", "reserved_s": 1800}'), '1.19',
    'a reservation has its price'
);
select is(
    api.preview_price('DE*GRW*E1002*1') #> '{prices,0,restrictions}',
    '{"start_time": "22:00", "end_time": "06:00"}', 'restrictions stand with the prices'
);
select tests.act_as('greenway.operator');
select throws_ok(
    $$ select api.preview_price(
           'DE*GRW*E1001*1', scenario => '{"starts_at": "2019-12-31T00:00:00Z"}') $$,
    'PT404', 'no tariff applies there at that time', 'before all tariffs there is no price'
);

-- Scenarios that make no sense -------------------------------------------------------------------

select is(
    pg_temp.refused('{"energy_wh": "much"}'),
    '{"error": "scenario_invalid", "path": "scenario.energy_wh", "reason": "is not a number"}',
    'what is wrong is said with its path'
);
select is(
    pg_temp.refused('{"energy_wh": -1}') ->> 'reason', 'is not between 0 and 100000000',
    'nothing is negative'
);
select is(pg_temp.refused('{"power_w": 0}') ->> 'path', 'scenario.power_w', 'power is power');
select is(
    pg_temp.refused('{"duration_s": 1e99}') ->> 'path', 'scenario.duration_s',
    'nothing lasts for ever'
);
select is(
    pg_temp.refused('{"starts_at": "tomorrow at noon, or so"}') ->> 'reason', 'is not a time',
    'a time is a time'
);
select is(
    pg_temp.refused('{"starts_at": "infinity"}') ->> 'reason',
    'is not between the years 2000 and 2200', 'of this world'
);
select is(
    pg_temp.refused('{"energy": 1}') ->> 'reason', 'is not a field', 'a typing error is none'
);
select is(
    pg_temp.refused('[1]') ->> 'path', 'scenario', 'a list is no scenario'
);
select is(
    pg_temp.refused('{"energy_wh": 1000}') ->> 'path', 'scenario.duration_s',
    'energy takes time'
);
select is(
    pg_temp.refused('{"energy_wh": 1000, "duration_s": 60, "power_w": 1000}') ->> 'path',
    'scenario.energy_wh', 'and power has its limit'
);

-- What is previewed is what is charged -----------------------------------------------------------

select tests.act_as_owner();
create temporary table started as
select (
    tests.call(
        'StartTransaction',
        jsonb_build_object(
            'connectorId', 1, 'idTag', 'GWTOKEN3', 'meterStart', 1000,
            'timestamp', tests.clock('-3 hours')
        ),
        1002
    ) ->> 'transactionId'
)::bigint as no;
grant select on pg_temp.started to public;
select tests.call(
    'StopTransaction',
    jsonb_build_object(
        'transactionId', s.no, 'meterStop', 21000, 'timestamp', tests.clock('-1 hour')
    ),
    1002
)
from pg_temp.started as s;
select jobs.rate_sessions();
select tests.act_as('greenway.viewer');
select results_eq(
    $$ select p #>> '{price,total_excl_vat}', p #>> '{price,total_incl_vat}', p -> 'explanation'
       from api.preview_price(
           'DE*GRW*E1002*1', 'GWTOKEN3', jsonb_build_object(
               'starts_at', tests.clock('-3 hours'), 'energy_wh', 20000, 'duration_s', 7200
           )
       ) as p $$,
    $$ select t.total_excl_vat::text, t.total_incl_vat::text, to_jsonb(t.explanation)
       from api.transactions as t
       inner join api.charging_sessions as s on s.id = t.session_id
       where s.transaction_id = (select no::text from pg_temp.started) $$,
    'a session costs what was said, for the reasons that were said'
);
select is(
    (
        select c.place || ' ' || c.audience
        from api.session_tariffs as c
        inner join api.charging_sessions as s on s.id = c.session_id
        where s.transaction_id = (select no::text from pg_temp.started)
    ),
    (api.preview_price('DE*GRW*E1002*1', 'GWTOKEN3') #>> '{reason,place}') || ' '
    || (api.preview_price('DE*GRW*E1002*1', 'GWTOKEN3') #>> '{reason,audience}'),
    'by the tariff that was said'
);
select tests.act_as_owner();
delete from core.session_tariffs as c
using core.sessions as s
where s.tenant_id = c.tenant_id and s.id = c.session_id and s.id not in (1001, 1002, 2001, 2002);

-- The tariffs of sessions ------------------------------------------------------------------------

select tests.act_as('greenway.customer');
select results_eq(
    $$ select s.session_id, s.tariff_id, s.tariff_name, s.version_no, s.place, s.audience,
           s.document ->> 'party_id'
       from api.session_tariffs as s $$,
    $$ values (1001::bigint, 'STANDARD', 'Standard', 1, 'tenant', 'everyone', 'GRW') $$,
    'a driver reads what their sessions are priced with'
);
select tests.act_as('greenway.support');
select bag_eq(
    $$ select s.session_id from api.session_tariffs as s $$, array[1001::bigint, 1002],
    'staff those of their tenant'
);
select tests.act_as('bluecharge.platform_admin');
select bag_eq(
    $$ select s.session_id from api.session_tariffs as s $$,
    array[1001::bigint, 1002, 2001, 2002], 'and the platform all'
);

select * from finish();
rollback;
