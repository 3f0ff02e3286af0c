-- Readings that mean harm, or are nonsense: none is refused, and none holds up the others.
begin;
select plan(5);
select tests.act_as_owner();

update core.sessions set state = 'active', ended_at = null, last_reading_at = null where id = 1001;
create function pg_temp.send_of(p_connector integer, p_transaction text, p_readings jsonb)
returns jsonb language sql as $$
    select tests.call('MeterValues', jsonb_build_object(
        'connectorId', p_connector, 'transactionId', p_transaction, 'meterValue', p_readings
    ));
$$;

-- No number raises, in any column.
select pg_temp.send_of(1, '7007', jsonb_build_array(jsonb_build_object(
    'timestamp', tests.clock(make_interval(secs => -7000 + n.no::integer)),
    'sampledValue', (
        select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
            'value', n.value, 'measurand', m.measurand, 'phase', p.phase, 'unit', u.unit
        )))
        from unnest('{Energy.Active.Import.Register,Energy.Active.Export.Register,
            Power.Active.Import,Power.Offered,Current.Import,Current.Offered,Voltage,SoC,
            Temperature}'::text[]) as m (measurand)
        cross join unnest('{null,L1}'::text[]) as p (phase)
        cross join unnest('{null,kWh,kW,K,Fahrenheit}'::text[]) as u (unit)
    )
)))
from unnest('{1e-46,-1e-46,1e-99,9e-99,-9.9e-99,1e-38,1.17e-38,1e-7,0.0000001,1e12,-1e12,9.9e11,
    1e13,1e38,1e39,1e99,-1e99,1e308,1e400,1e-400,999999999999.9999999,-0,0e0,0e-99,00000,.5,5.,
    0.123456789012345678901234567890,NaN,-Infinity,1e,e1,--1,+-1,100.0000000001,-1e-20}'::text[])
    with ordinality as n (value, no);
select is(
    (
        select count(*) from core.meter_values as m
        where m.charge_point_id = 1001 and m.session_id = 1001
            and m.sampled_at <= date_trunc('second', now()) - interval '6950 s'
            and m.sampled_at > date_trunc('second', now()) - interval '7000 s'
    ),
    36::bigint, 'no number is refused'
);
select results_eq(
    $$ select m.power_w, m.voltage_v, m.energy_wh from core.meter_values as m
       where m.charge_point_id = 1001
           and m.sampled_at = date_trunc('second', now()) - interval '6999 s' $$,
    $$ values (0::real, 0::real, 0::numeric) $$,
    'and what is next to nothing is nothing'
);

-- What a hostile charger may cost: well under a second for a frame of 1 MiB.
create function pg_temp.time_of(p_connector integer, p_readings jsonb) returns text
language plpgsql as $$
declare
    v_begun_at timestamptz := clock_timestamp();
begin
    perform pg_temp.send_of(p_connector, repeat('9', 300), p_readings);
    return case when clock_timestamp() - v_begun_at > interval '5 s'
        then (clock_timestamp() - v_begun_at)::text else 'in time' end;
end;
$$;
set local statement_timeout = '30 s';
select results_eq(
    $$ select v.no, pg_temp.time_of(100 + v.no, v.frame) from (
           select 1, jsonb_build_array(jsonb_build_object(
               'timestamp', tests.clock(), 'sampledValue', jsonb_agg(1)
           )) from generate_series(1, 100000)
           union all
           select 2, jsonb_agg('{"value": 1}'::jsonb) from generate_series(1, 20000)
           union all
           select 3, jsonb_agg(jsonb_build_object(
               'timestamp', '1999', 'sampledValue', jsonb_build_array(n)
           )) from generate_series(1, 20000) as n
           union all
           select 4, jsonb_agg(jsonb_build_object('timestamp', tests.clock(), 'sampledValue', s.s))
           from generate_series(1, 2000) as n
           cross join (select jsonb_agg(n) as s from generate_series(1, 240) as n) as s
           union all
           select 5, jsonb_build_array(jsonb_build_object('sampledValue', jsonb_agg(
               jsonb_build_object('value', repeat('x', 5000), 'context', n)
           ))) from generate_series(1, 200) as n
           union all
           select 6, jsonb_agg(jsonb_build_object(
               'timestamp', tests.clock(make_interval(secs => n)),
               'sampledValue', '[{"value": 7}]'::jsonb
           )) from generate_series(1, 1999) as n
       ) as v (no, frame) order by 1 $$,
    $$ select n, 'in time' from generate_series(1, 6) as n $$,
    'no frame takes long, whatever it is filled with'
);
set local statement_timeout = 0;
select results_eq(
    $$ select m.evse_no - 100, count(*), max(jsonb_array_length(m.other_samples)),
           max(jsonb_array_length(m.other_samples -> -1))
               filter (where jsonb_typeof(m.other_samples -> -1) = 'array'),
           count(*) filter (where m.flags @> '{too_many_samples}')
       from core.meter_values as m
       where m.charge_point_id = 1001 and m.evse_no > 100 group by 1 order by 1 $$,
    $$ values
           (1, 1::bigint, 201, 99800, 1::bigint),
           (2, 2, 1, 18000, 1), (3, 2001, 1, 18000, 1),
           (4, 2, 201, 1900, 2), (5, 1, 200, null, 0), (6, 1999, null, null, 0) $$,
    'what was not read is kept, as one list'
);
select is_empty(
    $$ select from core.meter_values as m
       where length(m.transaction_id) > 100 or length(m.sampled_at_reported) > 100
           or length(m.context) > 100 $$,
    'texts of a charger are kept to the hundredth character'
);
select * from finish();
rollback;
