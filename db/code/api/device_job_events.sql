-- Progress of firmware updates and uploads, read-only.
create or replace view api.device_job_events
with (security_invoker = true) as
select
    e.tenant_id,
    e.device_job_id,
    e.id,
    e.status,
    e.state,
    e.received_at
from core.device_job_events as e;

grant select (tenant_id, device_job_id, id, status, state, received_at)
on api.device_job_events to staff, platform;

comment on view api.device_job_events is
    'What a charger reported of a firmware update or an upload, in order of id; what it says '
    'twice in a row is there once.';
comment on column api.device_job_events.tenant_id is 'The tenant that owns the row.';
comment on column api.device_job_events.device_job_id is 'The job.';
comment on column api.device_job_events.id is 'Number of the event.';
comment on column api.device_job_events.status is 'The status as the charger said it.';
comment on column api.device_job_events.state is 'State of the job after it.';
comment on column api.device_job_events.received_at is 'When it was heard.';
