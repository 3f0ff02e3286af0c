-- Refuse to make a session for a charge point that made too many today.
--
-- Called by: charging.insert_session, charging.create_orphan_session: for a session that is new.
-- Writes:    as fleet.is_within_volume.
-- Errors:    OCPP1 GenericError past fleet.max_sessions a day; the message log has the message.
create or replace function charging.check_session_volume(
    p_tenant_id bigint,
    p_charge_point_id bigint
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if not fleet.is_within_volume(p_tenant_id, p_charge_point_id, 'sessions') then
        raise exception using
            errcode = 'OCPP1',
            message = 'too many sessions today',
            detail = 'GenericError';
    end if;
end;
$$;
revoke all on function charging.check_session_volume(bigint, bigint) from public;
comment on function charging.check_session_volume(bigint, bigint) is
    'Refuse to make a session for a charge point that made too many today.';
