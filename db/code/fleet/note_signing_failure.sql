-- Note that the CA failed on a request; after fleet.max_signing_attempts it has failed for good.
--
-- Returned:  the state of the request.
-- Called by: jobs.finish_certificate_request.
-- Writes:    core.certificate_requests, core.alarms.
create or replace function fleet.note_signing_failure(
    p_request core.certificate_requests,
    p_error text
)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state constant text := case
        when p_request.attempts >= access.get_setting('fleet.max_signing_attempts')::integer
            then 'failed'
        else 'pending'
    end;
begin
    update core.certificate_requests as r
    set state = v_state,
        reason = left(p_error, 500),
        decided_at = case when v_state = 'failed' then now() end
    where r.tenant_id = p_request.tenant_id and r.id = p_request.id;
    perform fleet.raise_alarm(
        p_request.tenant_id, null, 'certificate_authority',
        case v_state when 'failed' then 'critical' else 'warning' end,
        'The certificate authority does not sign.',
        jsonb_build_object(
            'request_id', p_request.id, 'charge_point_id', p_request.charge_point_id,
            'error', left(p_error, 500)
        )
    );
    return v_state;
end;
$$;
revoke all on function fleet.note_signing_failure(core.certificate_requests, text) from public;
comment on function fleet.note_signing_failure(core.certificate_requests, text) is
    'Note that the CA failed on a request.';
