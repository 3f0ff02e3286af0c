-- Firmware updates, uploads, campaigns and tickets that are past their time.
begin;
select plan(3);
select tests.act_as_owner();
create temporary view ages as
select v.no, now() - v.age as at
from (values (501, interval '3 years'), (502, interval '1 year')) as v (no, age);
insert into core.device_jobs (
    tenant_id, id, charge_point_id, kind, state, url, created_at, updated_at, finished_at
)
overriding system value
select 101, a.no, 1001, 'log', 'done', '', a.at, a.at, a.at from pg_temp.ages as a
union all
select 101, 503, 1001, 'log', 'running', '', now() - interval '3 years', now(), null;
insert into core.device_job_events (tenant_id, device_job_id, status, state, received_at)
select 101, a.no, 'Uploaded', 'done', a.at from pg_temp.ages as a;
insert into ops.transfer_tickets (
    tenant_id, charge_point_id, device_job_id, direction, token_hash, expires_at
)
select 101, 1001, v.no, 'upload', sha256(v.no::text::bytea), v.at
from (
    select a.no, a.at from pg_temp.ages as a where a.no = 502
    union all
    select 503, now() + interval '1 hour'
) as v (no, at);
insert into core.campaigns (tenant_id, id, name, action, payload, state, finished_at)
overriding system value
select 101, a.no, 'Old', 'ClearCache', '{}', 'done', a.at from pg_temp.ages as a;
select tests.act_as_login('jobs');
select matches(
    jobs.expire_records(),
    '1 of core.device_jobs, 1 of core.campaigns, 1 of ops.transfer_tickets', 'what is old goes'
);
select tests.act_as_owner();
select results_eq(
    $$ select j.id, count(e.id), count(distinct t.id) from core.device_jobs as j
       left join core.device_job_events as e on e.tenant_id = j.tenant_id and e.device_job_id = j.id
       left join ops.transfer_tickets as t on t.tenant_id = j.tenant_id and t.device_job_id = j.id
       where j.id between 501 and 503 group by 1 order by 1 $$,
    $$ values (502::bigint, 1::bigint, 0::bigint), (503, 0, 1) $$,
    'a job with its events; one that is open stays, however old, and its ticket'
);
select results_eq(
    $$ select c.id from core.campaigns as c where c.id between 501 and 503 $$,
    array[502::bigint], 'and a campaign'
);
select * from finish();
rollback;
