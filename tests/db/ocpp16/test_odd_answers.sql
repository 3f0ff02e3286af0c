-- What a charger answers can hold anything: it ends the command and upsets nothing.
begin;
select plan(11);

create temporary table odd_answers (no integer, answer jsonb);
insert into pg_temp.odd_answers (no, answer)
values
    (1, 'null'), (2, '[]'), (3, '"odd"'), (4, '7'), (5, '{}'), (6, '{"status": null}'),
    (7, '{"status": {"a": [1]}}'), (8, '{"status": 12345678901234567890}'),
    (9, jsonb_build_object('status', repeat('x', 5000))),
    (10, '{"configurationKey": [1, [], {"key": {}}, {"key": [], "value": {"a": 1}},
        {"key": "A", "value": [1, 2], "readonly": "maybe"}, {"key": ""}],
        "unknownKey": [[], {}, "", "A"]}'),
    (11, '{"configurationKey": {"key": "A"}, "unknownKey": 5}'),
    (12, '{"listVersion": 1e400}'), (13, '{"listVersion": "7"}'), (14, '{"listVersion": [7]}'),
    (15, '{"listVersion": -5}'), (16, '{"status": "accepted"}'), (17, '{"status": "ACCEPTED "}');
grant select on odd_answers to public;

-- Sends the command once for each odd answer and answers it; how many handlers failed.
create function pg_temp.failures(p_function text)
returns bigint
language plpgsql
as $$
declare
    v_answer jsonb;
begin
    for v_answer in select o.answer from pg_temp.odd_answers as o order by o.no loop
        perform tests.act_as_owner();
        update core.reservations set state = 'expired' where charge_point_id = 1001;
        perform tests.act_as('greenway.operator');
        execute p_function;
        perform tests.answer(v_answer);
    end loop;
    perform tests.act_as_owner();
    return (
        select count(*) from ops.failed_messages as f
        where f.charge_point_id = 1001 and f.message_id <> 'gw-2'
    );
end;
$$;

select is(pg_temp.failures($$ select api.get_configuration('GW-CP-1') $$), 0::bigint,
    'GetConfiguration');
select results_eq(
    $$ select k.key, k.value, k.is_readonly from core.configuration_keys as k
       where k.charge_point_id = 1001 order by 1 $$,
    $$ values ('A', null::text, null::boolean) $$,
    'what can be read of it is kept'
);
select is(
    pg_temp.failures($$ select api.change_configuration('GW-CP-1', 'Key', 'v') $$), 0::bigint,
    'ChangeConfiguration'
);
select is(
    pg_temp.failures($$ select api.get_local_list_version('GW-CP-1') $$), 0::bigint,
    'GetLocalListVersion'
);
select is(
    pg_temp.failures($$ select api.send_local_list('GW-CP-1', 'full') $$), 0::bigint,
    'SendLocalList'
);
select is(
    pg_temp.failures($$ select api.reserve_now('GW-CP-1', 1, 'X') $$), 0::bigint, 'ReserveNow'
);
select is(
    pg_temp.failures(
        $$ select api.send_command('CancelReservation', '{"reservationId": 1}', 'GW-CP-1') $$
    ),
    0::bigint, 'CancelReservation'
);
select is(
    pg_temp.failures(
        $$ select api.set_charging_profile('GW-CP-1', charging_profile_id => 1001) $$
    ),
    0::bigint, 'SetChargingProfile'
);
select is(
    pg_temp.failures($$ select api.clear_charging_profile('GW-CP-1') $$), 0::bigint,
    'ClearChargingProfile'
);
select is(
    pg_temp.failures($$ select api.get_composite_schedule('GW-CP-1') $$), 0::bigint,
    'GetCompositeSchedule'
);
select is(
    (select count(*) from ops.commands as c
     where c.charge_point_id = 1001 and c.state in ('queued', 'sent')),
    0::bigint, 'every command has its end'
);

select * from finish();
rollback;
