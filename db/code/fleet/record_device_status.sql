-- File what a charger reports of a firmware update or an upload under the job that it is about.
--
-- The job is, in this order: the one with the request id; the newest open one of the kind that the
-- charger can know of; the newest of the kind that was over less than fleet.device_job_hours ago (a
-- repeat, or a charger that goes on); the newest open one of the kind's other form (there are
-- chargers that answer GetLog with DiagnosticsStatusNotification, and SignedUpdateFirmware with
-- FirmwareStatusNotification). Where there is none, the charger does something that nobody here
-- asked for: a job of its own, so that it is seen.
-- The states follow OCPP 1.6 §7.24 and §7.25, the security whitepaper's FirmwareStatusEnumType and
-- UploadLogStatusEnumType; each status is understood in every message, whatever its case.
-- done and cancelled stay, whatever comes. failed goes on when the charger does: chargers report
-- DownloadFailed and try again, and one that was silent for a day may report Installed then.
-- Idle and what is no status of OCPP change no state and make no job. What is repeated leaves no
-- second event; a job keeps 500 events, more than any honest charger has to say.
-- Called by: ocpp16.firmware_status_notification, signed_firmware_status_notification,
--            diagnostics_status_notification, log_status_notification.
-- Writes:    core.device_jobs (row locked), core.device_job_events, ops.transfer_tickets.
create or replace function fleet.judge_device_status(p_status text)
returns text
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case
        when lower(p_status) in (
            'downloading', 'downloadpaused', 'downloaded', 'signatureverified', 'installing',
            'installrebooting', 'uploading'
        ) then 'running'
        when lower(p_status) in ('downloadscheduled', 'installscheduled') then 'scheduled'
        when lower(p_status) in ('installed', 'uploaded') then 'done'
        when lower(p_status) in (
            'downloadfailed', 'installationfailed', 'installverificationfailed',
            'invalidsignature', 'invalidcertificate', 'revokedcertificate', 'uploadfailed',
            'uploadfailure', 'badmessage', 'notsupportedoperation', 'permissiondenied'
        ) then 'failed'
    end
$$;
revoke all on function fleet.judge_device_status(text) from public;
comment on function fleet.judge_device_status(text) is
    'The state that a reported status of an update or upload means; null for Idle and others.';

create or replace function fleet.find_device_job(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_kind text,
    p_other_kind text,
    p_request_no integer
)
returns bigint
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select j.id
    from core.device_jobs as j
    left join ops.commands as c on c.tenant_id = j.tenant_id and c.id = j.command_id
    where
        j.tenant_id = p_tenant_id
        and j.charge_point_id = p_charge_point_id
        and j.kind in (p_kind, p_other_kind)
        and (
            j.finished_at is null
            or j.request_no = p_request_no
            or j.kind = p_kind
            and j.updated_at > now() - make_interval(
                hours => access.get_setting('fleet.device_job_hours')::integer
            )
        )
        -- What was not sent, no charger can report of.
        and c.state is distinct from 'queued'
        and (c.state is null or c.state not in ('expired', 'cancelled'))
    order by
        coalesce(j.request_no = p_request_no, false) desc,
        j.kind = p_kind desc,
        j.finished_at is null desc,
        case when j.finished_at is not null then j.updated_at end desc,
        j.id desc
    limit 1
$$;
revoke all on function fleet.find_device_job(bigint, bigint, text, text, integer) from public;
comment on function fleet.find_device_job(bigint, bigint, text, text, integer) is
    'The job that a status is about, null when nobody asked for it.';

create or replace function fleet.record_device_status(
    p_call ops.ocpp_call,
    p_kind text,
    p_other_kind text,
    p_request_no integer,
    p_status text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_status constant text := left(p_status, 100);
    v_state text := fleet.judge_device_status(p_status);
    v_job_id bigint := fleet.find_device_job(
        p_call.tenant_id, p_call.charge_point_id, p_kind, p_other_kind, p_request_no
    );
    v_job core.device_jobs;
begin
    if v_job_id is null then
        if v_state is null then
            return;
        end if;
        insert into core.device_jobs as j (tenant_id, charge_point_id, kind, url, details)
        values (
            p_call.tenant_id, p_call.charge_point_id, p_kind, '', '{"is_unsolicited": true}'
        )
        returning j.id into v_job_id;
    end if;
    select j.* into v_job
    from core.device_jobs as j
    where j.tenant_id = p_call.tenant_id and j.id = v_job_id
    for no key update;

    if v_job.state in ('done', 'cancelled') then
        v_state := null;
    end if;
    if (
        select e.status = v_status
        from core.device_job_events as e
        where e.tenant_id = p_call.tenant_id and e.device_job_id = v_job_id
        order by e.id desc
        limit 1
    ) and coalesce(v_state, v_job.state) = v_job.state then
        -- Said before: a sign of life.
        if v_job.finished_at is null then
            update core.device_jobs as j
            set updated_at = now()
            where j.tenant_id = p_call.tenant_id and j.id = v_job_id;
        end if;
        return;
    end if;

    if (
        select count(*) < 500
        from (
            select from core.device_job_events as e
            where e.tenant_id = p_call.tenant_id and e.device_job_id = v_job_id
            limit 500
        ) as heard
    ) then
        insert into core.device_job_events (
            tenant_id, device_job_id, status, state, received_at
        )
        values (
            p_call.tenant_id, v_job_id, v_status, coalesce(v_state, v_job.state),
            p_call.received_at
        );
    end if;
    if v_state is not null then
        perform fleet.move_device_job(p_call.tenant_id, v_job_id, v_state, v_status, null);
    end if;
end;
$$;
revoke all on function fleet.record_device_status(ops.ocpp_call, text, text, integer, text)
from public;
comment on function fleet.record_device_status(ops.ocpp_call, text, text, integer, text) is
    'File a reported status of a firmware update or an upload under the job that it is about.';
