-- Sessions that fell silent.
begin;
select plan(4);
select tests.act_as_owner();

insert into core.sessions (
    tenant_id, id, charge_point_id, connector_id, protocol, transaction_id, start_key, state,
    started_at, start_received_at, meter_start_wh, last_meter_wh, last_reading_at, updated_at
)
overriding system value
select
    101, 500 + v.no, 1001, case when v.no = 1 then 1001 end, 'ocpp1.6', v.no::text, v.no::text, v.state,
    now() - v.started, now() - v.received, 20000, 23000, now() - v.reading, now() - v.updated
from (
    values
        (1, 'active', interval '50 h', interval '50 h', interval '49 h', interval '49 h'),
        (2, 'active', '50 h', '50 h', '47 h', '47 h'),
        (3, 'active', '50 h', '50 h', null, '50 h'),
        (4, 'active', '90 h', '1 h', null, '1 h'),
        (5, 'active', '50 h', '50 h', '49 h', '1 h')
) as v (no, state, started, received, reading, updated);
select tests.act_as_login('jobs');
select is(
    jobs.close_stale_sessions(), 'presumed the end of 2 silent sessions',
    'the jobs runner may call it and reads what was done'
);
select is(jobs.close_stale_sessions(), '', 'a second run finds nothing');
select tests.act_as_owner();
select results_eq(
    $$ select s.id, s.state::text, s.ended_at, s.energy_wh::numeric, s.hold_reason
       from core.sessions as s where s.id between 501 and 505 order by 1 $$,
    $$ values
           (501::bigint, 'presumed_ended', now() - interval '49 h', 3000::numeric, 'presumed_end'),
           (502, 'active', null, null, null),
           (503, 'presumed_ended', now() - interval '50 h', null, 'presumed_end'),
           (504, 'active', null, null, null),
           (505, 'active', null, null, null) $$,
    'a session ends at its last reading after 48 silent hours; a state or a late report is a sign of life'
);
select tests.call('StopTransaction', jsonb_build_object(
    'transactionId', 1, 'meterStop', 26000, 'timestamp', tests.clock('-48 h 30 min')
));
select results_eq(
    $$ select s.state::text, s.energy_wh::numeric, s.hold_reason,
           array(select e.event from core.session_events as e where e.session_id = s.id order by e.id)
       from core.sessions as s where s.id = 501 $$,
    $$ values ('ended', 6000::numeric, null::text, '{presumed_by_silence,stopped}'::text[]) $$,
    'rule R7: the stop that comes after all corrects it'
);
select * from finish();
rollback;
