-- Draw the conclusions of a finished ChangeConfiguration of AuthorizationKey or SecurityProfile.
--
-- What the charger certainly did not take ends here: the new key retires, the raise is given up
-- (OCPP 1.6 Security Whitepaper A01.FR.04). After Accepted and RebootRequired, and where nobody
-- knows (no answer, or an error that may have come after the key was stored), old and new stay
-- good until the charger connects with the new one. That is longer than A01.FR.03 asks for, but
-- a charger that loses power between its answer and its store is not locked out.
-- A key that has connected is never retired by a late answer.
-- p_payload, p_result: as fleet.queue_command's hooks get them; of a key its name alone is read.
-- Called by: ocpp16.finished_change_configuration.
-- Writes:    core.charge_point_keys, core.charge_points.
create or replace function fleet.settle_security_change(
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
declare
    v_key constant text := lower(ocpp.trim_text(p_payload ->> 'key'));
begin
    if
        p_command.state in ('accepted', 'unknown')
        or p_command.state = 'error'
        and coalesce(p_command.error_code, '') in ('', 'InternalError', 'GenericError')
    then
        if v_key = 'securityprofile' and p_command.state <> 'error' then
            perform fleet.expect_profile(p_command, (p_payload ->> 'value')::smallint);
        end if;
        return;
    end if;
    if v_key = 'authorizationkey' then
        update core.charge_point_keys as k
        set retired_at = now()
        where
            k.tenant_id = p_command.tenant_id
            and k.command_id = p_command.id
            and k.retired_at is null
            and k.first_used_at is null;
    elsif v_key = 'securityprofile' then
        update core.charge_points as cp
        set pending_security_profile = null, security_command_id = null
        where
            cp.tenant_id = p_command.tenant_id
            and cp.id = p_command.charge_point_id
            and cp.security_command_id = p_command.id;
    end if;
end;
$$;
revoke all on function fleet.settle_security_change(ops.commands, jsonb, jsonb) from public;
comment on function fleet.settle_security_change(ops.commands, jsonb, jsonb) is
    'Give up a new key or profile that the charger did not take.';
