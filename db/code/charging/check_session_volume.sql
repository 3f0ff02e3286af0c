-- Put off a session of a charge point that made too many today.
--
-- A session is money: its message is neither refused, which would burn the charger's retries and
-- then lose it (DESIGN 5), nor answered without being kept. It is left undone, as whatever we
-- cannot do now: the socket closes, and the charger keeps the message and sends it again, until
-- the day is over or an operator, whom the alarm called, raises fleet.max_sessions.
-- Called by: charging.insert_session, charging.create_orphan_session: for a session that is new.
-- Writes:    as fleet.is_within_volume.
-- Errors:    54000 past fleet.max_sessions a day, for which ocpp.handle_calls gives no answer.
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
            errcode = 'program_limit_exceeded',
            message = 'too many sessions today';
    end if;
end;
$$;
revoke all on function charging.check_session_volume(bigint, bigint) from public;
comment on function charging.check_session_volume(bigint, bigint) is
    'Put off a session of a charge point that made too many today.';
