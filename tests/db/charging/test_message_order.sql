-- A session's messages in any order and any number of times: one session, the same energy.
begin;
select plan(5);
select tests.act_as_owner();

create temporary table messages (no integer, action text, payload jsonb);
insert into pg_temp.messages values
    (1, 'StatusNotification', jsonb_build_object('connectorId', 2, 'status', 'Preparing', 'errorCode', 'NoError', 'timestamp', tests.clock('-61 min'))),
    (2, 'StartTransaction', jsonb_build_object('connectorId', 2, 'idTag', 'GWTOKEN2', 'meterStart', 1000, 'timestamp', tests.clock('-59 min'))),
    (3, 'StatusNotification', jsonb_build_object('connectorId', 2, 'status', 'Charging', 'errorCode', 'NoError', 'timestamp', tests.clock('-58 min'))),
    (4, 'MeterValues', jsonb_build_object('connectorId', 2, 'transactionId', 0, 'meterValue', jsonb_build_array(jsonb_build_object('timestamp', tests.clock('-30 min'), 'sampledValue', '[{"value": "4000"}]'::jsonb)))),
    (5, 'MeterValues', jsonb_build_object('connectorId', 2, 'transactionId', 0, 'meterValue', jsonb_build_array(jsonb_build_object('timestamp', tests.clock('-10 min'), 'sampledValue', '[{"value": "7000"}]'::jsonb)))),
    (6, 'StopTransaction', jsonb_build_object('transactionId', 0, 'idTag', 'GWTOKEN2', 'meterStop', 9000, 'timestamp', tests.clock('-1 min'))),
    (7, 'StatusNotification', jsonb_build_object('connectorId', 2, 'status', 'Available', 'errorCode', 'NoError', 'timestamp', tests.clock('0')));

-- Messages carry the id that their start was given, as long as there is one.
create function pg_temp.send(p_no integer) returns text language plpgsql as $$
declare
    v_message pg_temp.messages;
    v_id text;
begin
    select m.* into v_message from pg_temp.messages as m where m.no = p_no;
    select s.transaction_id into v_id from core.sessions as s
    where s.charge_point_id = 1001 and s.id_token = 'GWTOKEN2' and s.start_key is not null;
    if v_message.payload ? 'transactionId' and v_id is not null then
        v_message.payload := v_message.payload || jsonb_build_object('transactionId', v_id::integer);
    end if;
    return coalesce(tests.call(v_message.action, v_message.payload)::text, '');
end;
$$;
create function pg_temp.run(p_order integer[]) returns text language plpgsql as $$
declare
    v_result text;
begin
    -- Each order starts from nothing: the block is rolled back after it was read.
    begin
        perform pg_temp.send(o.no) from unnest(p_order) with ordinality as o (no, n) order by o.n;
        select string_agg(concat_ws(' ', s.state::text, s.energy_wh::numeric, s.meter_start_wh::numeric, s.meter_stop_wh::numeric, s.hold_reason), '; ' order by s.id)
        into v_result
        from core.sessions as s where s.charge_point_id = 1001 and s.id <> 1001;
        raise sqlstate 'ZZ001' using message = v_result;
    exception
        when sqlstate 'ZZ001' then
            return sqlerrm;
    end;
end;
$$;
select is(
    pg_temp.run('{1,2,3,4,5,6,7}'), 'ended 8000 1000 9000', 'in order: one session and its energy'
);
select results_eq(
    $$ select pg_temp.run(v.o) from (values
           ('{1,1,2,2,3,3,4,4,5,5,6,6,7,7}'::integer[]), ('{1,2,3,4,5,6,7,1,2,3,4,5,6,7}'),
           ('{1,2,2,2,6,6,6,2,6,2,6}'), ('{2,3,4,5,7,6,6}'), ('{2,5,4,6}')
       ) as v (o) $$,
    $$ select 'ended 8000 1000 9000' from generate_series(1, 5) $$,
    'rules R2 and R3: repeated messages, an Available before the stop, and readings out of order'
);
select is(
    pg_temp.run('{6,2}'), 'ended 8000 1000 9000', 'rule R6: the stop first, its start after'
);
select is(
    pg_temp.run('{6,6,2,2,6,4,5,7}'), 'ended 8000 1000 9000',
    'and both again, with late readings and states'
);

-- Everything thrice: the second and third time change no row but the ones that say "seen again".
create function pg_temp.snapshot() returns text language sql as $$
    select md5(
        (select string_agg(to_jsonb(s)::text, '|' order by s.id) from core.sessions as s)
        || (select string_agg(to_jsonb(e)::text, '|' order by e.id) from core.session_events as e)
        || (select string_agg(to_jsonb(m)::text, '|' order by m.sampled_at, m.payload_hash) from core.meter_values as m)
        || (select string_agg(to_jsonb(h)::text, '|' order by h.id) from core.connector_status_changes as h)
        || (select string_agg(to_jsonb(a)::text, '|' order by a.id) from core.authorizations as a)
    );
$$;
select pg_temp.send(n) from generate_series(1, 7) as n;
create temporary table snapshots as select pg_temp.snapshot() as hash;
select pg_temp.send(n) from generate_series(1, 7) as n cross join generate_series(1, 3);
select is(
    pg_temp.snapshot(), (select s.hash from pg_temp.snapshots as s),
    'a message sent again changes nothing'
);
select * from finish();
rollback;
