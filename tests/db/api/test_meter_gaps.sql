-- Readings: how often they are to be expected, and where they are missing.
begin;
select plan(16);
select tests.act_as_owner();

-- A session that runs since an hour, with readings of every 5 minutes up to 30 minutes ago but
-- for one gap of 20 minutes.
insert into core.sessions (
    tenant_id, id, charge_point_id, evse_id, connector_id, protocol, transaction_id, start_key,
    state, started_at, start_received_at, meter_start_wh, last_reading_at
)
overriding system value
values
    (
        101, 1091, 1001, 1001, 1001, 'ocpp1.6', '109100', 'gap', 'active',
        now() - interval '1 hour', now() - interval '1 hour', 0, now() - interval '30 minutes'
    ),
    (
        102, 2091, 2001, 2001, 2001, 'ocpp1.6', '209100', 'gap', 'active',
        now() - interval '1 hour', now() - interval '1 hour', 0, null
    );
insert into core.meter_values (
    tenant_id, charge_point_id, evse_no, session_id, sampled_at, received_at, energy_wh,
    payload_hash
)
select 101, 1001, 1, 1091, now() - make_interval(mins => m.ago), now(), 60 - m.ago, m.ago
from unnest(array[60, 55, 50, 30]) as m (ago);

create function pg_temp.expected(out interval_s integer, out source text)
language sql as $$
    select i.interval_s, i.source from charging.get_meter_interval(101, 1001, 1091) as i;
$$;
delete from core.configuration_keys as k where k.tenant_id = 101 and k.charge_point_id = 1001;
select results_eq(
    'select * from pg_temp.expected()', $$values (600, 'readings')$$,
    'without configuration the readings say how often they come'
);
select results_eq(
    'select i.* from charging.get_meter_interval(102, 2001, 2091) as i',
    $$values (900, 'setting')$$, 'and a setting where there are none'
);
insert into core.configuration_keys (tenant_id, charge_point_id, key, value, reported_at)
values
    (101, 1001, 'MeterValueSampleInterval', '0', now()),
    (101, 1001, 'ClockAlignedDataInterval', '-1', now());
select results_eq(
    'select * from pg_temp.expected()', $$values (600, 'readings')$$, '0 is never, and no interval'
);
update core.configuration_keys as k set value = '900'
where k.tenant_id = 101 and k.charge_point_id = 1001 and k.key = 'ClockAlignedDataInterval';
select results_eq(
    'select * from pg_temp.expected()', $$values (900, 'configuration')$$,
    'readings by the clock are readings'
);
update core.configuration_keys as k set value = '300'
where k.tenant_id = 101 and k.charge_point_id = 1001 and k.key = 'MeterValueSampleInterval';
select results_eq(
    'select * from pg_temp.expected()', $$values (300, 'configuration')$$,
    'of two intervals the shorter one counts'
);

select tests.act_as('greenway.viewer');
select results_eq(
    $$select g.charge_point_id, g.gap_s, g.expected_s, g.expected_by, g.gap_until is null, g.asks
    from api.meter_gaps(session => 1091) as g$$,
    $$values
        (1001::bigint, 1200, 300, 'configuration', false, 0),
        (1001, 1800, 300, 'configuration', true, 0)$$,
    'gaps are longer than two and a half intervals; the last is still open'
);
select set_eq(
    'select distinct g.session_id from api.meter_gaps() as g',
    'values (1091::bigint), (1001), (1002)',
    'those of the last day are one''s own'
);
select is_empty(
    $$select g.* from api.meter_gaps('2020-01-01', '2020-01-02') as g$$,
    'of another day there are none'
);
select throws_ok(
    $$select api.meter_gaps('2020-01-01', '2020-03-01')$$, 'PT400', null, 'a month is the most'
);
select throws_ok(
    $$select api.meter_gaps('2020-01-02', '2020-01-01')$$, 'PT400', null,
    'and it ends after it begins'
);
select throws_ok(
    'select api.meter_gaps(session => 2091)', 'PT404', null, 'another''s session is not there'
);
select tests.act_as('greenway.customer');
select throws_ok(
    'select api.meter_gaps()', '42501', null, 'drivers are not told of the charge points'' gaps'
);

select tests.act_as_owner();
select is(
    charging.describe_tariff_price(
        '{"currency": "EUR", "elements": [{"price_components": [
            {"type": "ENERGY", "price": 0.5, "vat": 19, "step_size": 1},
            {"type": "FLAT", "price": 1, "vat": 19, "step_size": 1}]}]}', 'en'
    ),
    '0.60 EUR/kWh + 1.19 EUR', 'a price in one line has its tax in it'
);
select is(
    charging.describe_tariff_price(
        '{"currency": "EUR", "tax_included": "YES", "elements": [{"price_components": [
            {"type": "TIME", "price": 2.125, "vat": 19, "step_size": 1}]}, {}]}', 'en'
    ),
    '2.125 EUR/h (varies)', 'unless it is there already, and says when there is more to it'
);
select is(
    charging.describe_tariff_price(
        '{"currency": "EUR", "elements": [], "tariff_alt_text": [
            {"language": "de", "text": "Nachts billig"}, {"language": "en", "text": "Cheap at night"}
        ]}', 'en'
    ),
    'Cheap at night', 'the operator''s own words come first'
);
select tests.act_as_login('bridge');
select throws_ok(
    'select jobs.request_readings()', '42501', null, 'only the jobs runner asks for readings'
);
select * from finish();
rollback;
