-- A session is tied to the remote start that it came from, and to no other.
begin;
select plan(19);
select tests.act_as_owner();

create sequence pg_temp.starts;

-- A remote start of charge point 1002 that was sent so long ago; its id.
create function pg_temp.remote_start(
    p_payload jsonb,
    p_sent_ago interval default '5 seconds',
    p_state text default 'accepted',
    p_charge_point_id bigint default 1002
)
returns bigint language sql as $$
    insert into ops.commands (
        tenant_id, charge_point_id, ocpp_version, action, payload, state, is_kept, expires_at,
        requested_via, sent_at, connection_id, finished_at
    )
    values (
        101, p_charge_point_id, '1.6', 'RemoteStartTransaction', p_payload, p_state, false, now(),
        'api', now() - p_sent_ago, 1001, case when p_state <> 'sent' then now() end
    )
    returning id;
$$;

-- A session that begins at charge point 1002; the command that it is tied to.
create function pg_temp.start(p_id_token text, p_connector integer default 1, p jsonb default '{}')
returns bigint language plpgsql as $$
declare
    v_reply jsonb;
begin
    v_reply := tests.call(
        'StartTransaction',
        jsonb_build_object(
            'connectorId', p_connector, 'idTag', p_id_token,
            'meterStart', 100 + nextval('pg_temp.starts'), 'timestamp', tests.clock()
        ) || p,
        1002
    );
    return (
        select s.command_id from core.sessions as s
        where s.tenant_id = 101 and s.charge_point_id = 1002
            and s.transaction_id = v_reply ->> 'transactionId'
    );
end;
$$;

-- Everything that makes it another's start ----------------------------------------------------

select pg_temp.remote_start('{"idTag": "OTHER", "connectorId": 1}');
select pg_temp.remote_start('{"idTag": "T", "connectorId": 2}');
select pg_temp.remote_start('{"idTag": "T", "connectorId": 1}', '1 hour');
select pg_temp.remote_start('{"idTag": "T", "connectorId": 1}', '5 seconds', 'rejected');
select pg_temp.remote_start('{"idTag": "T", "connectorId": 1}', '5 seconds', 'error');
select pg_temp.remote_start('{"idTag": "T", "connectorId": 1}', '5 seconds', 'accepted', 1001);
select pg_temp.remote_start('{"idTag": "T", "connectorId": 1}', '-2 minutes');
select is(
    pg_temp.start('T'), null,
    'another token, connector, charge point or time, or an answer that refused: not its start'
);

-- The one that it is --------------------------------------------------------------------------

select is(
    pg_temp.remote_start('{"idTag": "t", "connectorId": 1}'), pg_temp.start('T'),
    'the same connector and token, whatever its case: its start'
);
select is(pg_temp.start('T'), null, 'a command has one session');
select is(
    pg_temp.remote_start('{"idTag": "T"}'), pg_temp.start('T', 7),
    'a command that named no connector is that of any'
);
select is(
    pg_temp.remote_start('{"idTag": "T", "connectorId": 1}', '1 second', 'sent'),
    pg_temp.start('T'),
    'a charger may start before it answers'
);
select is(
    pg_temp.remote_start('{"idTag": "T", "connectorId": 1}', '1 second', 'unknown'),
    pg_temp.start('T'),
    'and without ever answering'
);
update ops.commands set state = 'accepted', finished_at = now() where state = 'sent';

create temporary table several as
select
    pg_temp.remote_start('{"idTag": "S"}', '40 seconds') as unnamed,
    pg_temp.remote_start('{"idTag": "S", "connectorId": 1}', '30 seconds') as named,
    pg_temp.remote_start('{"idTag": "S", "connectorId": 1}', '20 seconds') as newest,
    pg_temp.remote_start('{"idTag": "S", "connectorId": 1}', '10 seconds', 'unknown') as unknown;
select results_eq(
    $$ select pg_temp.start('S') from generate_series(1, 5) $$,
    $$ select unnest(array[newest, named, unknown, unnamed, null]) from pg_temp.several $$,
    'of several: the connector before any, accepted before unknown, the newest first'
);

-- Time ----------------------------------------------------------------------------------------

select is(
    pg_temp.remote_start('{"idTag": "A"}', '2 hours'),
    pg_temp.start('A', 1, jsonb_build_object('timestamp', tests.clock('-115 minutes'))),
    'a start that is told late is still that of the command before it'
);
select is(
    pg_temp.remote_start('{"idTag": "A"}', '125 minutes'),
    pg_temp.start('A', 1, jsonb_build_object('timestamp', tests.clock('-2 hours'))),
    'whole hours late as well'
);
select pg_temp.remote_start('{"idTag": "B"}');
select is(
    pg_temp.start('B', 1, jsonb_build_object('timestamp', tests.clock('-20 minutes'))), null,
    'a queued start from before the command is not its own'
);
select is(
    pg_temp.remote_start('{"idTag": "C"}'),
    pg_temp.start('C', 1, jsonb_build_object('timestamp', tests.clock('-2 hours'))),
    'quirk 58: of a clock that is whole hours off, the time of receipt counts'
);
select is(
    pg_temp.remote_start('{"idTag": "D"}'),
    pg_temp.start('D', 1, '{"timestamp": "1970-01-01T00:00:07Z"}'),
    'quirk 59: and so it does of a clock that says 1970'
);
update ops.settings set value = '3' where name = 'commands.remote_start_window_s';
select pg_temp.remote_start('{"idTag": "E"}');
select is(pg_temp.start('E'), null, 'how long after it is a setting');
update ops.settings set value = '600' where name = 'commands.remote_start_window_s';

-- Groups (token 1001 is in group GWGROUP) -----------------------------------------------------

create temporary table parent as
select lower(g.group_token) as token from core.id_token_groups as g
where g.tenant_id = 101 and g.id = 1001;
select is(
    pg_temp.remote_start(jsonb_build_object('idTag', (select p.token from pg_temp.parent as p))),
    pg_temp.start('GWTOKEN1'),
    'a command with the token of the group is that of a member'
);
select is(
    pg_temp.remote_start('{"idTag": "GWTOKEN1"}'),
    pg_temp.start((select upper(p.token) from pg_temp.parent as p)),
    'and the other way round'
);
update core.id_tokens set id_token_group_id = 1001 where tenant_id = 101 and id = 1003;
select pg_temp.remote_start('{"idTag": "GWTOKEN1"}');
select is(pg_temp.start('GWTOKEN3'), null, 'two members of a group are two persons');

-- Again ---------------------------------------------------------------------------------------

select pg_temp.remote_start('{"idTag": "Q"}'), pg_temp.remote_start('{"idTag": "Q"}');
select is(
    (
        select count(distinct pg_temp.start('Q', 3, jsonb_build_object('meterStart', 9)))
        from generate_series(1, 3)
    ), 1::bigint, 'a start that comes again keeps its command'
);
select is(
    (
        select count(*) from core.sessions as s
        inner join ops.commands as c on c.tenant_id = s.tenant_id and c.id = s.command_id
        where c.payload ->> 'idTag' = 'Q'
    ), 1::bigint, 'and takes no second one'
);

-- A stop that was heard before its start ------------------------------------------------------

select tests.call('StopTransaction', jsonb_build_object(
    'transactionId', 999001, 'idTag', 'L', 'meterStop', 5000, 'timestamp', tests.clock()
), 1002);
select is(
    pg_temp.remote_start('{"idTag": "L"}', '31 minutes'),
    pg_temp.start('L', 4, jsonb_build_object('timestamp', tests.clock('-30 minutes'))),
    'a start that completes the session of its stop is tied as well'
);

select * from finish();
rollback;
