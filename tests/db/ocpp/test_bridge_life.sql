-- The life of a bridge process: start, reports, ends of sockets, stop.
begin;
select plan(25);
select tests.act_as_owner();
update core.charge_points as c set security_profile = 0;
delete from ops.connections;
delete from ops.presence;

create function pg_temp.connect(p_bridge integer, p_identity text)
returns bigint
language sql
as $$
    select (
        ocpp.open_connection(
            ('00000000-0000-4000-b000-00000000000' || p_bridge)::uuid, array[p_identity], null,
            null, '{ocpp1.6}', '192.0.2.1', null, null, null
        ) ->> 'connection_id'
    )::bigint
$$;
-- What a test remembers: no temporary table, since roles change.
create function pg_temp.note(p_name text, p_value bigint) returns bigint language sql as $$
    select set_config('tests.' || p_name, p_value::text, true)::bigint
$$;
create function pg_temp.noted(p_name text) returns bigint language sql as $$
    select current_setting('tests.' || p_name)::bigint
$$;
grant execute on function pg_temp.connect(integer, text) to bridge;
grant execute on function pg_temp.note(text, bigint) to bridge;
grant execute on function pg_temp.noted(text) to bridge;

-- Start --------------------------------------------------------------------------------------

select tests.act_as_login('bridge');
select ok(
    ocpp.start_bridge('00000000-0000-4000-b000-000000000002', 'here')
    @> '{
        "protocols": {"ocpp1.6": "1.6"}, "ping_interval_s": 30, "keep_alive_interval_s": 10,
        "handshake_timeout_s": 10, "max_frame_bytes": 1048576, "max_json_depth": 32,
        "max_pending_calls": 64, "max_bad_frames": 50, "settle_s": 30, "command_timeout_s": 30,
        "command_poll_s": 2, "max_unanswered_commands": 3,
        "channel": "bridge_00000000_0000_4000_b000_000000000002"
    }',
    'a bridge gets the protocols and its settings'
);
select is(
    ocpp.start_bridge('00000000-0000-4000-b000-000000000003', null) -> 'solo_actions',
    '["StartTransaction", "StopTransaction"]',
    'and the actions that go in batches of their own'
);
select isnt(pg_temp.note('one', pg_temp.connect(2, 'GW-CP-1')), null, 'a charger connects');
select isnt(pg_temp.note('two', pg_temp.connect(3, 'GW-CP-2')), null, 'one at another bridge, too');
select lives_ok(
    $$ select ocpp.start_bridge('00000000-0000-4000-b000-000000000002', 'here') $$,
    'a bridge starts again under the same id'
);
select tests.act_as_owner();
select results_eq(
    $$ select c.id, c.closed_at is null, c.close_code, c.close_reason
       from ops.connections as c order by c.id $$,
    $$ values
        (pg_temp.noted('one'), false, 1012, 'bridge restarted'),
        (pg_temp.noted('two'), true, null, null) $$,
    'what its earlier life left open is closed, the other bridge''s is not'
);
select results_eq(
    $$ select p.charge_point_id, p.is_connected, p.connection_id
       from ops.presence as p order by p.charge_point_id $$,
    $$ values (1001::bigint, false, null::bigint), (1002, true, pg_temp.noted('two')) $$,
    'its chargers are offline'
);

-- Reports --------------------------------------------------------------------------------------

select tests.act_as_login('bridge');
select isnt(pg_temp.note('one', pg_temp.connect(2, 'GW-CP-1')), null, 'the charger comes back');
select tests.act_as_owner();
update ops.presence as p set last_seen_at = now() - interval '1 hour';
update ops.bridges as b set last_seen_at = now() - interval '1 hour', stopped_at = now();
select tests.act_as_login('bridge');
select is(
    ocpp.keep_alive(
        '00000000-0000-4000-b000-000000000002',
        array[pg_temp.noted('one'), pg_temp.noted('two'), 999999],
        array[now() - interval '5 seconds', now(), now()]
    ),
    array[pg_temp.noted('two'), 999999],
    'a report returns the sockets that are not this bridge''s'
);
select tests.act_as_owner();
select results_eq(
    $$ select p.charge_point_id, p.last_seen_at from ops.presence as p
       order by p.charge_point_id $$,
    $$ values
        (1001::bigint, now() - interval '5 seconds'), (1002, now() - interval '1 hour') $$,
    'the last frame of a socket of its own is a sign of life'
);
select is(
    (
        select b.last_seen_at >= now() and b.stopped_at is null
        from ops.bridges as b where b.id = '00000000-0000-4000-b000-000000000002'
    ), true, 'and the bridge lives'
);
select tests.act_as_login('bridge');
select is(
    ocpp.keep_alive(
        '00000000-0000-4000-b000-000000000002', array[pg_temp.noted('one')],
        array[now() + interval '1 year']
    ), '{}', 'a report from the future'
);
select tests.act_as_owner();
select is(
    (
        select p.last_seen_at <= clock_timestamp() from ops.presence as p
        where p.charge_point_id = 1001
    ), true, 'counts as of now'
);
update core.charge_points as c set is_enabled = false where c.id = 1001;
select tests.act_as_login('bridge');
select is(
    ocpp.keep_alive(
        '00000000-0000-4000-b000-000000000002', array[pg_temp.noted('one')], array[now()]
    ), array[pg_temp.noted('one')], 'a disabled charger''s socket has to be closed'
);
select tests.act_as_owner();
update core.charge_points as c set is_enabled = true where c.id = 1001;
update core.tenants as t set is_active = false where t.id = 101;
select tests.act_as_login('bridge');
select is(
    ocpp.keep_alive(
        '00000000-0000-4000-b000-000000000002', array[pg_temp.noted('one')], array[now()]
    ), array[pg_temp.noted('one')], 'and so has one of an inactive tenant'
);
select tests.act_as_owner();
update core.tenants as t set is_active = true where t.id = 101;
select tests.act_as_login('bridge');
select is(
    ocpp.keep_alive('00000000-0000-4000-b000-000000000002', '{}', '{}'), '{}',
    'a bridge without sockets reports, too'
);

-- Ends ---------------------------------------------------------------------------------------

select isnt(
    pg_temp.note('three', pg_temp.connect(3, 'GW-CP-1')), null,
    'the charger opens a socket at the other bridge'
);
select is(
    ocpp.keep_alive(
        '00000000-0000-4000-b000-000000000002', array[pg_temp.noted('one')], array[now()]
    ), array[pg_temp.noted('one')], 'the first bridge learns that its socket was replaced'
);
select lives_ok(
    $$ select ocpp.close_connections(
        array[pg_temp.noted('one'), pg_temp.noted('two'), 999999], array[1001, 4000, 1000],
        array['late', repeat('x', 300), 'unknown']
    ) $$, 'the end of an old socket arrives late, together with another'
);
select tests.act_as_owner();
select results_eq(
    $$ select c.id, c.closed_at is null, c.close_code, left(c.close_reason, 10),
           length(c.close_reason)
       from ops.connections as c
       where c.id >= pg_temp.noted('two') order by c.id $$,
    $$ values
        (pg_temp.noted('two'), false, 4000, 'xxxxxxxxxx', 200),
        (pg_temp.noted('one'), false, 1008, 'replaced', 8),
        (pg_temp.noted('three'), true, null, null, null) $$,
    'each is closed once, with its own code'
);
select results_eq(
    $$ select p.charge_point_id, p.is_connected, p.connection_id
       from ops.presence as p order by p.charge_point_id $$,
    $$ values (1001::bigint, true, pg_temp.noted('three')), (1002, false, null) $$,
    'the end of an old socket does not touch the new one'
);
select tests.act_as_login('bridge');
select lives_ok(
    $$ select ocpp.stop_bridge('00000000-0000-4000-b000-000000000003') $$, 'the other bridge stops'
);
select tests.act_as_owner();
select is_empty(
    $$ select from ops.connections as c where c.closed_at is null $$, 'its sockets are closed'
);
select is_empty(
    $$ select from ops.presence as p where p.is_connected or p.connection_id is not null $$,
    'its chargers offline'
);

-- Rights -------------------------------------------------------------------------------------

select tests.act_as_login('bridge');
select results_eq(
    $$ select p.oid::regprocedure::text
       from pg_catalog.pg_proc as p
       inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
       where n.nspowner = 'voltaro_owner'::regrole
           and has_schema_privilege('bridge', n.oid, 'usage')
           and has_function_privilege('bridge', p.oid, 'execute')
       order by 1 $$,
    array[
        'ocpp.close_connections(bigint[],integer[],text[])',
        'ocpp.finish_commands(bigint[],text[],text[],text[],text[],text[],text[],'
        'timestamp with time zone[])',
        'ocpp.handle_calls(bigint[],text[],text[],text[],text[],timestamp with time zone[])',
        'ocpp.keep_alive(uuid,bigint[],timestamp with time zone[])',
        'ocpp.list_waiting_connections(uuid)',
        'ocpp.log_frames(bigint[],timestamp with time zone[],text[],smallint[],text[],text[],'
        'text[],text[])',
        'ocpp.open_connection(uuid,text[],text,bytea,text[],text,text,jsonb,text)',
        'ocpp.report_distrust(text[])',
        'ocpp.start_bridge(uuid,text)',
        'ocpp.stop_bridge(uuid)',
        'ocpp.store_schemas(text,text,jsonb)',
        'ocpp.take_commands(uuid,bigint[])'
    ],
    'a bridge may call its own functions and nothing else'
);
select * from finish();
rollback;
