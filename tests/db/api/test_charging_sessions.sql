-- Sessions, their events, readings and connector states through the API.
begin;
select plan(21);

create function pg_temp.count_of(p_relation text) returns text language plpgsql as $$
declare
    v_ids text;
begin
    execute format(
        'select string_agg(distinct %s::text, '','' order by %1$s::text) from api.%I',
        case p_relation when 'charging_sessions' then 'id' when 'connector_status_changes' then 'charge_point_id' else 'session_id' end,
        p_relation
    ) into v_ids;
    return v_ids;
exception
    when insufficient_privilege then
        return 'denied';
end;
$$;
create temporary table relations (relation text);
insert into pg_temp.relations values ('charging_sessions'), ('session_events'), ('meter_values'),
    ('meter_value_samples'), ('connector_status_changes');
grant select on pg_temp.relations to public;

create temporary table expected (persona text, sessions text, states text);
insert into pg_temp.expected values
    ('greenway.admin', '1001,1002', '1001'), ('greenway.operator', '1001,1002', '1001'),
    ('greenway.support', '1001,1002', '1001'), ('greenway.viewer', '1001,1002', '1001'),
    ('greenway.customer', '1001', 'denied'), ('greenway.driver2', '1002', 'denied'),
    ('bluecharge.operator', '2001,2002', '2001'), ('bluecharge.customer', '2001', 'denied'),
    ('greenway.platform_admin', '1001,1002,2001,2002', '1001,2001');
grant select on pg_temp.expected to public;

create function pg_temp.seen(p_persona text) returns setof text language plpgsql as $$
begin
    perform tests.act_as(p_persona);
    return query select pg_temp.count_of(r.relation) from pg_temp.relations as r;
    perform tests.reset();
end;
$$;
select results_eq(
    format('select pg_temp.seen(%L)', e.persona),
    array[e.sessions, e.sessions, e.sessions, e.sessions, e.states],
    e.persona || ' sees the sessions, events, readings and states that are theirs'
)
from pg_temp.expected as e;
select tests.act_as_anonymous();
select throws_ok('select from api.charging_sessions', '42501', null, 'anonymous sees none');

select tests.act_as('greenway.admin');
select throws_ok(
    $$ update api.charging_sessions set id_token = 'mine' $$, '42501', null, 'nobody changes a session'
);
select throws_ok($$ delete from api.charging_sessions $$, '42501', null, 'nor deletes one');
select throws_ok(
    $$ insert into api.session_events (tenant_id, session_id, event, to_state, happened_at)
       values (101, 1001, 'x', 'ended', now()) $$,
    '42501', null, 'nor writes its story'
);

-- The driver reads a session with everything that can be embedded.
select tests.act_as('greenway.customer');
select results_eq(
    $$ select s.id, s.state, s.energy_wh, s.duration_s, s.id_token,
           (select count(*) from api.meter_values(s)),
           (select array_agg(e.event order by e.id) from api.session_events as e where e.session_id = s.id)
       from api.charging_sessions as s $$,
    $$ values (1001::bigint, 'ended', 10000::numeric, 3600::bigint, 'GWTOKEN1', 1::bigint,
           '{started,ended}'::text[]) $$,
    'a driver reads their session, its readings and its story'
);

-- One row a sample.
select tests.act_as_owner();
select tests.call('MeterValues', jsonb_build_object(
    'connectorId', 1, 'transactionId', 7007, 'meterValue', jsonb_build_array(jsonb_build_object(
        'timestamp', tests.clock('-70 min'), 'sampledValue', '[
            {"value": "2000.25", "context": "Sample.Clock"},
            {"value": "230.456", "measurand": "Voltage", "phase": "L1-N", "context": "Sample.Clock"},
            {"value": "11040.55", "measurand": "Power.Active.Import", "context": "Sample.Clock"},
            {"value": "50", "measurand": "Frequency", "context": "Sample.Clock"},
            {"value": "DEADBEEF", "format": "SignedData", "location": "Inlet", "context": "Sample.Clock"}
        ]'::jsonb
    ))
));
select tests.act_as('greenway.customer');
select bag_eq(
    $$ select s.measurand, s.phase, s.location, s.unit, s.value, s.value_reported, s.format, s.is_as_sent
       from api.meter_value_samples as s where s.session_id = 1001 and s.context = 'Sample.Clock' $$,
    $$ values
           ('Energy.Active.Import.Register', null::text, null::text, 'Wh', 2000.25, null::text, null::text, false),
           ('Voltage', 'L1-N', null, 'V', 230.456, null, null, false),
           ('Power.Active.Import', null, null, 'W', 11040.55, null, null, false),
           ('Frequency', null, null, null, 50, '50', 'Raw', true),
           ('Energy.Active.Import.Register', null, 'Inlet', null, null, 'DEADBEEF', 'SignedData', true) $$,
    'meter_value_samples has one row a sample, signed data to the letter'
);
select results_eq(
    $$ select count(*) from api.charging_sessions as s cross join lateral api.meter_values(s) as r $$,
    $$ values (2::bigint) $$, 'readings of a session are its own'
);
select tests.act_as('greenway.driver2');
select is_empty(
    $$ select from api.meter_values as m where m.session_id = 1001 $$,
    'and nobody else''s'
);

-- Whose card ended it.
select tests.act_as_owner();
update core.sessions set stop_id_token = 'GWTOKEN2' where id = 1001;
update core.sessions set stop_id_token = 'gwtoken2' where id = 1002;
insert into core.session_events (tenant_id, session_id, event, to_state, happened_at, details)
values
    (101, 1001, 'stopped', 'ended', now(), '{"id_token": "GWTOKEN2", "meter_stop_wh": 1}'),
    (101, 1002, 'stopped', 'ended', now(), '{"id_token": "gwtoken2", "meter_stop_wh": 1}');
create function pg_temp.cards(out stop_id_token text, out details jsonb)
returns setof record language sql as $$
    select s.stop_id_token, e.details
    from api.charging_sessions as s
    inner join api.session_events as e on e.session_id = s.id
    where e.event = 'stopped' and s.tenant_id = 101
    order by s.id;
$$;
grant execute on function pg_temp.cards() to public;
select tests.act_as('greenway.customer');
select results_eq(
    'select * from pg_temp.cards()', $$ values (null::text, '{"meter_stop_wh": 1}'::jsonb) $$,
    'a driver does not see whose card ended their session'
);
select is_empty(
    $$ select from api.charging_sessions as s where s.stop_id_token like 'GW%' $$,
    'nor finds it by its number'
);
select tests.act_as('greenway.driver2');
select results_eq(
    'select * from pg_temp.cards()',
    $$ values ('gwtoken2', '{"id_token": "gwtoken2", "meter_stop_wh": 1}'::jsonb) $$,
    'but sees that it was their own'
);
select tests.act_as('greenway.viewer');
select results_eq(
    'select c.stop_id_token from pg_temp.cards() as c', $$ values ('GWTOKEN2'), ('gwtoken2') $$,
    'and staff see it'
);
select * from finish();
rollback;
