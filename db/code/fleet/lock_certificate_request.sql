-- Lock a request for a certificate that still waits.
--
-- Called by: jobs.judge_certificate_request, jobs.finish_certificate_request.
-- Errors:    PT404 certificate_request_unknown.
create or replace function fleet.lock_certificate_request(
    p_tenant_id bigint,
    p_request_id bigint
)
returns core.certificate_requests
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_request core.certificate_requests;
begin
    select r.* into v_request
    from core.certificate_requests as r
    where r.tenant_id = p_tenant_id and r.id = p_request_id and r.state = 'pending'
    for update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'no such request waits to be signed',
            detail = '{"error":"certificate_request_unknown"}',
            hint = 'It was decided on, or replaced by another one of the charge point.';
    end if;
    return v_request;
end;
$$;
revoke all on function fleet.lock_certificate_request(bigint, bigint) from public;
comment on function fleet.lock_certificate_request(bigint, bigint) is
    'Lock a request for a certificate that still waits, or refuse.';
