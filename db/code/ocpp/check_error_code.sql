-- The error code that a CALLERROR may carry: the one given if the specification lists it.
--
-- OCPP-J 1.6 §4.2.3 with its own spelling of OccurenceConstraintViolation.
-- Called by: ocpp.handle_calls.
create or replace function ocpp.check_error_code(p_code text)
returns text
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case
        when p_code in (
            'NotImplemented', 'NotSupported', 'InternalError', 'ProtocolError', 'SecurityError',
            'FormationViolation', 'PropertyConstraintViolation', 'OccurenceConstraintViolation',
            'TypeConstraintViolation', 'GenericError'
        ) then p_code
        else 'GenericError'
    end
$$;
revoke all on function ocpp.check_error_code(text) from public;
comment on function ocpp.check_error_code(text) is
    'The given OCPP-J error code, or GenericError when the specification does not list it.';
