-- OCPP 1.6 §5.9, GetDiagnostics: leave a file with diagnostics.
--
-- An answer without a file name means that there is nothing to upload (§6.26): the job failed, and
-- goes on if the charger uploads all the same.
-- Called by: fleet.queue_command (prepare_, queued_), and when the command is finished.
-- Writes:    core.device_jobs, ops.transfer_tickets.
-- Errors:    PT400 location_not_allowed.
create or replace function ocpp16.prepare_get_diagnostics(
    p_charge_point core.charge_points,
    p_payload jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_url constant text := fleet.prepare_location(
        p_charge_point.tenant_id, 'upload', p_payload ->> 'location'
    );
begin
    return p_payload
        || case when v_url is null then '{}' else jsonb_build_object('location', v_url) end;
end;
$$;
revoke all on function ocpp16.prepare_get_diagnostics(core.charge_points, jsonb) from public;
comment on function ocpp16.prepare_get_diagnostics(core.charge_points, jsonb) is
    'OCPP 1.6 GetDiagnostics: the address with its ticket.';

create or replace function ocpp16.queued_get_diagnostics(
    p_command ops.commands,
    p_payload jsonb
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform fleet.create_device_job(
        p_command,
        'diagnostics',
        'upload',
        p_payload ->> 'location',
        null,
        jsonb_build_object('since', p_payload -> 'startTime', 'until', p_payload -> 'stopTime')
    );
end;
$$;
revoke all on function ocpp16.queued_get_diagnostics(ops.commands, jsonb) from public;
comment on function ocpp16.queued_get_diagnostics(ops.commands, jsonb) is
    'OCPP 1.6 GetDiagnostics: remember the job and its ticket.';

create or replace function ocpp16.finished_get_diagnostics(
    p_command ops.commands,
    p_payload jsonb,
    p_result jsonb
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform fleet.settle_device_job(
        p_command,
        p_result,
        ocpp.get_text(p_result, 'fileName'),
        case when ocpp.get_text(p_result, 'fileName') is null then 'nothing_to_upload' end
    );
end;
$$;
revoke all on function ocpp16.finished_get_diagnostics(ops.commands, jsonb, jsonb) from public;
comment on function ocpp16.finished_get_diagnostics(ops.commands, jsonb, jsonb) is
    'OCPP 1.6 GetDiagnostics: draw the consequences of the answer for the job.';
