-- Decide whether a request that was taken may be signed, by what it says.
--
-- p_facts: what was read of it: is_readable, has_valid_signature (the charger has the private
--          key), key_type (RSA, EC or another name), key_bits, common_names and organizations
--          of its subject (lists).
-- Returned: {"is_accepted": true, "common_name", "organization", "days"} to be signed just so, or
-- {"is_accepted": false, "reason"}; then it is refused for good, and an alarm tells the operator,
-- who alone can mend it (OCPP 1.6 Security Whitepaper A02, error handling). Reasons:
--     unreadable, signature_invalid, key_type (neither RSA nor EC), key_too_short (A00.FR.502,
--     503), serial_number_unknown (no boot yet), serial_number_wrong (A00.FR.511: CN),
--     organization_wrong (A02.FR.13: O is the tenant's cpo_name, or its name without one)
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner.
-- Writes:    core.certificate_requests (row locked), core.alarms.
-- Errors:    PT404 certificate_request_unknown when it no longer waits.
create or replace function jobs.judge_certificate_request(
    p_tenant_id bigint,
    p_request_id bigint,
    p_facts jsonb
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_request core.certificate_requests;
    v_serial_number text;
    v_owner text;
    v_reason text;
begin
    v_request := fleet.lock_certificate_request(p_tenant_id, p_request_id);
    select cp.serial_number, coalesce(t.cpo_name, t.name)
    into v_serial_number, v_owner
    from core.charge_points as cp
    inner join core.tenants as t on t.id = cp.tenant_id
    where cp.tenant_id = p_tenant_id and cp.id = v_request.charge_point_id;

    v_reason := case
        when p_facts -> 'is_readable' is distinct from 'true' then 'unreadable'
        when p_facts -> 'has_valid_signature' is distinct from 'true' then 'signature_invalid'
        when coalesce(p_facts ->> 'key_type', '') not in ('RSA', 'EC') then 'key_type'
        when coalesce((p_facts ->> 'key_bits')::integer, 0)
            < case p_facts ->> 'key_type' when 'RSA' then 2048 else 224 end
            then 'key_too_short'
        when v_serial_number is null then 'serial_number_unknown'
        -- A00.FR.511: told from a server's by not being the name of one.
        when
            v_serial_number ~* '^[a-z]+://' or pg_input_is_valid(v_serial_number, 'inet')
            or p_facts -> 'common_names' is distinct from jsonb_build_array(v_serial_number)
            then 'serial_number_wrong'
        when p_facts -> 'organizations' is distinct from jsonb_build_array(v_owner)
            then 'organization_wrong'
    end;
    if v_reason is null then
        return jsonb_build_object(
            'is_accepted', true, 'common_name', v_serial_number, 'organization', v_owner,
            'days', access.get_setting('fleet.certificate_days')
        );
    end if;
    update core.certificate_requests as r
    set state = 'refused', reason = v_reason, decided_at = now()
    where r.tenant_id = p_tenant_id and r.id = p_request_id;
    perform fleet.raise_alarm(
        p_tenant_id, v_request.charge_point_id, 'certificate_request_refused', 'warning',
        'Its request for a certificate cannot be signed.',
        jsonb_build_object('reason', v_reason, 'request_id', p_request_id, 'facts', p_facts)
    );
    return jsonb_build_object('is_accepted', false, 'reason', v_reason);
end;
$$;
revoke all on function jobs.judge_certificate_request(bigint, bigint, jsonb) from public;
grant execute on function jobs.judge_certificate_request(bigint, bigint, jsonb) to jobs;
comment on function jobs.judge_certificate_request(bigint, bigint, jsonb) is
    'Decide whether a request that was taken may be signed.';
