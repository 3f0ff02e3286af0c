-- OCPP 1.6 security whitepaper N01, GetLog: leave a log.
--
-- Left out, requestId is a number that this charger had not yet.
-- Called by: fleet.queue_command (prepare_, queued_), and when the command is finished.
-- Writes:    core.device_jobs, ops.transfer_tickets.
-- Errors:    PT400 location_not_allowed, PT400 request_id_invalid, PT409 request_id_taken.
create or replace function ocpp16.prepare_get_log(
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
        p_charge_point.tenant_id, 'upload', p_payload #>> '{log,remoteLocation}'
    );
begin
    if v_url is not null then
        p_payload := jsonb_set(p_payload, '{log,remoteLocation}', to_jsonb(v_url));
    end if;
    return fleet.prepare_request_id(p_charge_point, p_payload);
end;
$$;
revoke all on function ocpp16.prepare_get_log(core.charge_points, jsonb) from public;
comment on function ocpp16.prepare_get_log(core.charge_points, jsonb) is
    'OCPP 1.6 GetLog: the address with its ticket, request id.';

create or replace function ocpp16.queued_get_log(
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
        'log',
        'upload',
        p_payload #>> '{log,remoteLocation}',
        ocpp.get_integer(p_payload, 'requestId'),
        jsonb_build_object(
            'log_type', p_payload -> 'logType',
            'since', p_payload #> '{log,oldestTimestamp}',
            'until', p_payload #> '{log,latestTimestamp}'
        )
    );
end;
$$;
revoke all on function ocpp16.queued_get_log(ops.commands, jsonb) from public;
comment on function ocpp16.queued_get_log(ops.commands, jsonb) is
    'OCPP 1.6 GetLog: remember the job and its ticket.';

create or replace function ocpp16.finished_get_log(
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
    perform fleet.settle_device_job(p_command, p_result, ocpp.get_text(p_result, 'filename'), null);
end;
$$;
revoke all on function ocpp16.finished_get_log(ops.commands, jsonb, jsonb) from public;
comment on function ocpp16.finished_get_log(ops.commands, jsonb, jsonb) is
    'OCPP 1.6 GetLog: draw the consequences of the answer for the job.';
