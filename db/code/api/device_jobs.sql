-- Firmware updates and uploads of logs and diagnostics, read-only.
create or replace view api.device_jobs
with (security_invoker = true) as
select
    j.tenant_id,
    j.id,
    j.charge_point_id,
    j.request_no,
    j.kind,
    j.state,
    j.status_reported,
    j.url,
    j.file_name,
    j.details,
    j.command_id,
    j.campaign_id,
    j.created_at,
    j.updated_at,
    j.finished_at
from core.device_jobs as j;

grant select (
    tenant_id, id, charge_point_id, request_no, kind, state, status_reported, url, file_name,
    details, command_id, campaign_id, created_at, updated_at, finished_at
) on api.device_jobs to staff, platform;

comment on view api.device_jobs is
    'Firmware updates and uploads of logs and diagnostics. Their progress is in '
    'device_job_events, which can be embedded.';
comment on column api.device_jobs.tenant_id is 'The tenant that owns the row.';
comment on column api.device_jobs.id is 'Number of the job.';
comment on column api.device_jobs.charge_point_id is 'The charge point that does it.';
comment on column api.device_jobs.request_no is
    'requestId of GetLog and SignedUpdateFirmware; null for messages that have none.';
comment on column api.device_jobs.kind is
    'firmware (UpdateFirmware), signed_firmware (SignedUpdateFirmware), diagnostics '
    '(GetDiagnostics) or log (GetLog).';
comment on column api.device_jobs.state is
    'requested (the command is on its way), scheduled (the charger will), running, done, failed, '
    'cancelled, or unknown (the charger did not answer). A failed job goes on when the charger '
    'does: it tries again, or reports success late.';
comment on column api.device_jobs.status_reported is
    'The status that the charger last reported, as it said it.';
comment on column api.device_jobs.url is
    'The address that the charger got, without its secrets; empty for a job that nobody asked '
    'for.';
comment on column api.device_jobs.file_name is 'The file that the charger said it would upload.';
comment on column api.device_jobs.details is
    'What was asked for (retrieve_at, install_at, log_type, since, until), reason where the job '
    'failed without a status, and is_unsolicited for one that nobody asked for.';
comment on column api.device_jobs.command_id is 'The command that asked for it.';
comment on column api.device_jobs.campaign_id is 'The campaign that it belongs to.';
comment on column api.device_jobs.created_at is 'When it was asked for.';
comment on column api.device_jobs.updated_at is 'When the row last changed or heard a status.';
comment on column api.device_jobs.finished_at is
    'When it was done, failed or was cancelled; null while it is open.';
