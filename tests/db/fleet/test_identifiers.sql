-- EVSE ids and contract ids: brought into one form when they are written, or refused.
-- (test_id_vectors.py has the cases of the specifications.)
begin;
select plan(23);
select tests.act_as_owner();

select is(fleet.is_country_code('DE'), true, 'Germany is a country');
select is(fleet.is_country_code('ZZ'), false, 'ZZ is none');
select is(fleet.is_country_code('de'), false, 'a country code is in capitals');
select is(fleet.is_country_code(null), null, 'nothing is neither');
select is(fleet.normalise_evse_id(null), null, 'no EVSE id stays none');
select is(
    fleet.normalise_evse_id('ZZABCE1'), null, 'an EVSE id starts with a country that exists'
);
select is(
    fleet.normalise_evse_id('49*810*000*438'), '+49*810*000*438',
    'the plus sign of a legacy EVSE id is put in'
);
select is(
    fleet.normalise_contract_id('NLTNM012204'), null,
    'a legacy contract id without its check digit is not converted'
);
select is(fleet.compute_contract_check_digit('SHORT'), null, '14 characters have a check digit');
select is(fleet.compute_din_check_digit('SHORT'), null, '11 characters have a DIN check digit');

select tests.act_as('greenway.operator');
select results_eq(
    $$ update api.evses set evse_id = ' degrwe77*a' where id = 1001 returning evse_id $$,
    array['DE*GRW*E77*A'], 'an EVSE id is written in its normal form'
);
select throws_ok(
    $$ update api.evses set evse_id = 'XX*GRW*E77' where id = 1001 $$,
    'PT400', 'XX*GRW*E77 is not an EVSE id', 'what is no EVSE id is refused'
);
select throws_ok(
    $$ update api.evses set evse_id = '' where id = 1001 $$,
    'PT400', ' is not an EVSE id', 'and so is an empty one'
);
select results_eq(
    $$ update api.evses set evse_id = null where id = 1001 returning evse_id $$,
    array[null::text], 'an EVSE needs no id'
);
select results_eq(
    $$ update api.id_tokens set contract_id = 'nltnm000122045' where id = 1001
       returning contract_id $$,
    array['NL-TNM-000122045-U'], 'a contract id is written in its normal form'
);
select throws_ok(
    $$ update api.id_tokens set contract_id = 'NL-TNM-000122045-X' where id = 1001 $$,
    'PT400', 'the check digit of contract id NL-TNM-000122045-X is wrong',
    'a wrong check digit is refused for a token of ours'
);
select throws_ok(
    $$ update api.id_tokens set contract_id = 'NLTNM076' where id = 1001 $$,
    'PT400', 'NLTNM076 is not a contract id', 'what is no contract id is refused'
);
select throws_ok(
    $$ insert into api.sites (name, country_code, time_zone) values ('X', 'ZZ', 'UTC') $$,
    'PT400', 'ZZ is not the code of a country', 'a site is in a country that exists'
);
select throws_ok(
    $$ insert into api.sites (name, country_code, time_zone) values ('X', 'DE', 'Mars/Base') $$,
    'PT400', 'Mars/Base is not the name of a time zone', 'and in a time zone that exists'
);
select throws_ok(
    format('update api.sites set time_zone = %L where id = 1001', v.zone), 'PT400',
    v.zone || ' is not the name of a time zone', v.zone || ' is none'
)
from (values ('Foo+5'), ('posix/Europe/Berlin'), ('Factory')) as v (zone);
insert into api.sites (name, country_code) values ('Here', 'DE');
select is(
    (select s.time_zone from api.sites as s where s.name = 'Here'),
    (select t.time_zone from api.tenants as t),
    'without one it is the tenant''s'
);

select * from finish();
rollback;
