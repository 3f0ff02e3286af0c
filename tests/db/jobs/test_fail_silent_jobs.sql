-- Firmware updates and uploads that fell silent.
begin;
select plan(4);
select tests.act_as('greenway.operator');
create temporary table mine as
select v.no, c.id
from (values (1), (2), (3), (4), (5)) as v (no)
cross join lateral api.update_firmware(
    'https://depot.greenway.example/firmware/a.bin',
    case v.no when 4 then now() + interval '1 h' end,
    charge_point => 'GW-CP-1'
) as c;
grant all on mine to public;
select tests.act_as_owner();
-- 1 and 2 were answered, 3 still waits, 4 begins later, 5 reported an hour ago.
update ops.commands as q
set state = 'accepted', sent_at = now(), connection_id = 1001, finished_at = now()
from mine as m where m.id = q.id and m.no <> 3;
alter table core.device_jobs disable trigger user;
update core.device_jobs as j
set state = 'scheduled',
    updated_at = now() - case m.no when 5 then interval '1 h' else '25 h' end,
    details = jsonb_build_object('retrieve_at',
        tests.clock(case m.no when 4 then interval '1 h' else '-26 h' end))
from mine as m where m.id = j.command_id;
alter table core.device_jobs enable trigger user;
select tests.act_as_login('jobs');
select is(jobs.fail_silent_jobs(), 'failed 2 silent jobs of charge points', 'the jobs runner may');
select is(jobs.fail_silent_jobs(), '', 'a second run finds nothing');
select tests.act_as_owner();
select results_eq(
    $$ select m.no, j.state, j.details ->> 'reason', j.finished_at is not null,
              t.expires_at <= now()
       from mine as m
       inner join core.device_jobs as j on j.command_id = m.id
       inner join ops.transfer_tickets as t on t.device_job_id = j.id
       order by 1 $$,
    $$ values (1, 'failed', 'silence', true, true), (2, 'failed', 'silence', true, true),
              (3, 'scheduled', null, false, false), (4, 'scheduled', null, false, false),
              (5, 'scheduled', null, false, false) $$,
    'silence counts from the last sign, and from when the charger was to begin'
);
update core.device_jobs as j set state = 'done', finished_at = now()
from mine as m where m.id = j.command_id and m.no >= 3;
select tests.call('FirmwareStatusNotification', '{"status": "Installing"}');
select results_eq(
    $$ select count(*) filter (where j.state = 'running') from mine as m
       inner join core.device_jobs as j on j.command_id = m.id where m.no <= 2 $$,
    array[0::bigint], 'a status is about what was last done'
);
select * from finish();
rollback;
