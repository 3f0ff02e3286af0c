-- What makes a session wait to be priced, and what does not.
begin;
select plan(13);
select tests.act_as_owner();
delete from ops.sessions_to_rate;
delete from ops.reservations_to_rate;

create function pg_temp.waiting() returns bigint language sql as $$
    select count(*) from ops.sessions_to_rate;
$$;

select tests.call('StartTransaction', jsonb_build_object(
    'connectorId', 1, 'idTag', 'GWTOKEN2', 'meterStart', 20000, 'timestamp', tests.clock('-1 hour')
), 1002);
create temp table running as
select s.id, s.transaction_id from core.sessions as s where s.state = 'active';
select is((select count(*) from running), 1::bigint, 'a session runs');
select is(pg_temp.waiting(), 0::bigint, 'and does not wait to be priced');

select tests.call('MeterValues', jsonb_build_object(
    'connectorId', 1, 'transactionId', r.transaction_id::integer,
    'meterValue', jsonb_build_array(jsonb_build_object(
        'timestamp', tests.clock('-30 minutes'),
        'sampledValue', '[{"value": "22000"}]'::jsonb
    ))
), 1002)
from running as r;
select is(
    (select s.energy_wh::numeric from core.sessions as s inner join running as r on r.id = s.id),
    2000::numeric, 'live figures move'
);
select is(pg_temp.waiting(), 0::bigint, 'without queueing the session');

select tests.call('StopTransaction', jsonb_build_object(
    'transactionId', r.transaction_id::integer, 'meterStop', 25000, 'timestamp', tests.clock()
), 1002)
from running as r;
select set_eq(
    'select q.tenant_id, q.session_id from ops.sessions_to_rate as q',
    'select 101::bigint, r.id from running as r',
    'its end does'
);

delete from ops.sessions_to_rate;
update core.sessions as s
set updated_at = now(), soc_percent = 80, energy_wh = s.energy_wh, state = s.state
where s.id = 1001;
select is(pg_temp.waiting(), 0::bigint, 'what a price does not depend on queues nothing');
update core.sessions as s set flags = s.flags || '{stop_conflict}',
    hold_reason = 'stop_conflict', hold_details = '[{"reason": "stop_conflict"}]'
where s.id = 1001;
select is(pg_temp.waiting(), 1::bigint, 'a finding that comes later does');
update core.sessions as s set meter_stop_wh = 12000, energy_wh = 11000 where s.id = 2001;
select results_eq(
    'select q.tenant_id, q.session_id from ops.sessions_to_rate as q order by 1, 2',
    'values (101::bigint, 1001::bigint), (102, 2001)',
    'and so do other figures, each in its tenant'
);

delete from ops.sessions_to_rate;
update core.transactions
set state = 'held', hold_reasons = '{tariff_missing}', hold_details = '[]', held_at = now()
where session_id in (1001, 2001);
insert into core.tariff_assignments (tenant_id, tariff_id, charge_point_id)
select 101, 1001, c.id from core.charge_points as c where c.tenant_id = 101;
select results_eq(
    'select q.session_id from ops.sessions_to_rate as q', 'values (1001::bigint)',
    'tariffs that are assigned together queue once what was held for want of one'
);

-- Reservations.
update core.reservations as r set state = 'requested' where r.id = 1002;
update core.reservations as r set state = 'expired' where r.id = 1002;
select is_empty(
    'select 1 from ops.reservations_to_rate', 'what was never accepted costs nothing'
);
update core.reservations as r set state = 'reserved' where r.id in (1001, 2001);
update core.reservations as r set state = 'expired' where r.id in (1001, 2001);
select results_eq(
    'select q.tenant_id, q.reservation_id from ops.reservations_to_rate as q order by 1, 2',
    'values (101::bigint, 1001::bigint), (102, 2001)',
    'what expired after it was accepted may'
);
delete from ops.reservations_to_rate;
update core.reservations as r set state = 'used' where r.id = 1001;
select results_eq(
    'select q.tenant_id, q.reservation_id from ops.reservations_to_rate as q',
    'values (101::bigint, 1001::bigint)',
    'and so may what was used after all'
);

select tests.act_as('greenway.admin');
select throws_ok(
    'select 1 from ops.sessions_to_rate', '42501', null, 'the queue is nobody''s to read'
);
select * from finish();
rollback;
