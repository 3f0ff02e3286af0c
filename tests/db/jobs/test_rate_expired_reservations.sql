-- A reservation that nobody used costs what its tariff says.
begin;
select plan(18);
select tests.act_as_owner();
delete from ops.reservations_to_rate;
create function pg_temp.run() returns text language plpgsql as $$
declare
    v_detail text;
begin
    perform tests.act_as_login('jobs');
    v_detail := jobs.rate_expired_reservations();
    perform tests.act_as_owner();
    return v_detail;
end;
$$;

-- An hour, half a day ago, which the charger had accepted.
insert into core.reservations (
    tenant_id, id, charge_point_id, reservation_no, ocpp16_connector_id, id_token, id_token_id,
    user_id, state, created_at, expires_at
)
overriding system value
select
    t.tenant_id, t.id + 9000, t.id, 9, 1, t.id_token, t.id, t.user_id, 'reserved',
    now() - interval '12 hours', now() - interval '11 hours'
from core.id_tokens as t
where t.id in (1001, 2001) and t.tenant_id in (101, 102);

update core.reservations set state = 'expired' where id in (10001, 11001);
select is(pg_temp.run(), '', 'a tariff that asks nothing for reserving');
select is_empty(
    'select 1 from core.transactions where reservation_id is not null',
    'makes no transaction'
);
select is_empty('select 1 from ops.reservations_to_rate', 'and is asked once');

-- Greenway asks for it: 4 EUR when nobody comes, and 2 EUR an hour.
insert into core.tariffs (tenant_id, id, tariff_id, name) overriding system value
values (101, 1100, 'RESERVE', 'Reserve'), (101, 1101, 'RESERVE2', 'Reserve cheaply');
insert into core.tariff_versions (
    tenant_id, id, tariff_id, version_no, ocpi_version, document, compiled, tariff_hash, currency,
    valid
)
overriding system value
select
    101, n.id, n.id, 1, '2.3.0', d.document, pricing.compile_tariff(d.document),
    repeat('a', 64), 'EUR', '[2020-01-01,)'
from (values (1100, 4), (1101, 1)) as n (id, fee)
cross join lateral (
    select jsonb_build_object(
        'country_code', 'DE', 'party_id', 'GRW', 'id', 'RESERVE', 'currency', 'EUR',
        'tax_included', 'NO', 'last_updated', '2020-01-01T00:00:00Z', 'elements',
        jsonb_build_array(
            jsonb_build_object(
                'price_components', jsonb_build_array(jsonb_build_object(
                    'type', 'FLAT', 'price', n.fee, 'vat', 20, 'step_size', 1
                )),
                'restrictions', '{"reservation": "RESERVATION_EXPIRES"}'::jsonb
            ),
            '{"price_components": [{"type": "TIME", "price": 2, "vat": 20, "step_size": 600}],
              "restrictions": {"reservation": "RESERVATION"}}'::jsonb,
            '{"price_components": [{"type": "ENERGY", "price": 0.25, "vat": 10, "step_size": 1}]}'
            ::jsonb
        )
    ) as document
) as d;
insert into core.tariff_assignments (tenant_id, tariff_id, priority) values (101, 1100, 9);
insert into ops.reservations_to_rate (tenant_id, reservation_id)
values (101, 10001), (102, 11001), (101, 10001);
select is(pg_temp.run(), 'rated 1 reservations', 'one that does');
select results_eq(
    $$ select t.tenant_id, t.session_id, t.state, t.total_excl_vat, t.total_incl_vat,
           t.rating_reason, t.reserved_s, t.energy_wh, t.user_id, t.charge_point_id
       from api.transactions as t where t.reservation_id is not null $$,
    $$ values (
           101::bigint, null::bigint, 'priced', 6.00, 7.20, 'expired', 3600.0, 0.0,
           tests.user_id_of('greenway.customer'), 1001::bigint
       ) $$,
    'makes one, by the tariff of the moment when it was made'
);
insert into ops.reservations_to_rate (tenant_id, reservation_id) values (101, 10001);
select is(pg_temp.run(), '', 'once');
select results_eq(
    $$ select c.cdr_2_2_1 #>> '{total_reservation_cost,excl_vat}', c.cdr_2_2_1 ->> 'auth_method',
           c.cdr_2_2_1 #>> '{charging_periods,0,dimensions,0,type}'
       from api.cdrs as c
       inner join core.transactions as t on t.id = c.transaction_id
       where t.reservation_id is not null $$,
    $$ values ('6', 'COMMAND', 'RESERVATION_TIME') $$, 'it has a CDR'
);

select tests.act_as('greenway.customer');
select results_eq(
    'select t.reservation_id, t.explanation from api.transactions as t
     where t.reservation_id is not null',
    $$ values (10001::bigint, array[
           'Fee for the reservation: 4 EUR = 4 EUR (tariff element 1, plus 20 % VAT)',
           'Reserved time: 01:00:00 × 2 EUR per hour = 2 EUR (tariff element 2, plus 20 % VAT)',
           'VAT of 20 %: 1.20 EUR on 6.00 EUR',
           'Total: 6.00 EUR without VAT, 7.20 EUR with VAT'
       ]) $$,
    'the driver sees it, explained'
);
select tests.act_as('greenway.driver2');
select is_empty(
    'select 1 from api.transactions where reservation_id is not null', 'another driver does not'
);
select tests.act_as('bluecharge.admin');
select is_empty(
    'select 1 from api.transactions where reservation_id is not null',
    'and neither does another tenant'
);

-- Rated anew, with a cheaper tariff, which stays.
select tests.act_as('greenway.operator');
select results_eq(
    $$ select t.total_incl_vat, t.rating_version, t.rating_reason
       from api.transactions as o
       cross join api.rerate_transaction(o.id, 'We were late.', 'reserve2') as t
       where o.reservation_id = 10001 $$,
    $$ values (3.60, 2, 'rerated') $$, 'another tariff makes a new version'
);
select results_eq(
    $$ select r.difference_incl_vat, r.note from api.ratings as r
       inner join api.transactions as t on t.id = r.transaction_id and t.reservation_id = 10001
       where r.version = 2 $$,
    $$ values (-3.60, 'We were late.') $$, 'with its difference'
);
select throws_ok(
    $$ select api.rerate_transaction(o.id, 'We were late.', 'NONE')
       from api.transactions as o where o.reservation_id = 10001 $$,
    'PT404', 'there is no such tariff', 'a tariff has to be there'
);

-- The charger had let the driver charge: the session has the reservation in its price.
select tests.act_as_owner();
update core.reservations set state = 'used', session_id = 1001 where id = 10001;
select is(pg_temp.run(), 'wrote off 1', 'one that was used after all');
select results_eq(
    'select t.state, t.rating_version from core.transactions as t where t.reservation_id = 10001',
    $$ values ('written_off', 2) $$, 'is not billed beside the session'
);

-- One that our own code fails on.
insert into core.tariffs (tenant_id, id, tariff_id, name) overriding system value
values (101, 1102, 'BROKEN', 'Broken');
insert into core.tariff_versions (
    tenant_id, id, tariff_id, version_no, ocpi_version, document, compiled, tariff_hash, currency,
    valid
)
overriding system value
select
    101, 1102, 1102, 1, '2.3.0', v.document,
    jsonb_set(v.compiled, '{tariffs,0,elements}', '"none"'), v.tariff_hash, 'EUR', v.valid
from core.tariff_versions as v
where v.id = 1100;
insert into core.tariff_assignments (tenant_id, tariff_id, charge_point_id)
values (101, 1102, 1002);
insert into core.reservations (
    tenant_id, id, charge_point_id, reservation_no, ocpp16_connector_id, id_token, state,
    created_at, expires_at
)
overriding system value
select
    101, n.id, n.charge_point_id, n.id, 0, 'OTHER', 'expired', now() - interval '12 hours',
    now() - interval '11 hours'
from (values (10002, 1002), (10003, 1001)) as n (id, charge_point_id);
insert into ops.reservations_to_rate (tenant_id, reservation_id) values (101, 10002), (101, 10003);
select is(
    pg_temp.run(), 'rated 1 reservations, failed on 1', 'keeps no other waiting'
);
select results_eq(
    'select q.reservation_id from ops.reservations_to_rate as q', 'values (10002::bigint)',
    'and is not forgotten'
);

select tests.act_as('greenway.admin');
select throws_ok(
    'select jobs.rate_expired_reservations()', '42501', null, 'the job is not for people'
);
select * from finish();
rollback;
