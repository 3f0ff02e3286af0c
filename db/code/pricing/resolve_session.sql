-- Keep what an operator decided about a session, and price it accordingly.
--
-- Called by: api.release_session, api.correct_session, api.write_off_session, which have it locked.
-- Writes:    core.session_resolutions, what pricing.rate_sessions writes.
-- Returns:   the transaction.
-- The figures are those of a correction, else null. What they may be, constraints say.
-- Errors:    PT400 reason_required; PT409 session_still_held when it cannot be priced all the same:
--            `reasons` in the detail are what is missing. Nothing is kept then.
create or replace function pricing.resolve_session(
    p_session core.sessions,
    p_kind text,
    p_reason text,
    p_started_at timestamptz default null,
    p_ended_at timestamptz default null,
    p_meter_start_wh numeric default null,
    p_meter_stop_wh numeric default null
)
returns core.transactions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pricing.check_reason(p_reason);
    insert into core.session_resolutions (
        tenant_id, session_id, kind, reason, started_at, ended_at, meter_start_wh, meter_stop_wh,
        basis, made_by
    )
    values (
        p_session.tenant_id, p_session.id, p_kind, btrim(p_reason), p_started_at, p_ended_at,
        p_meter_start_wh, p_meter_stop_wh, pricing.get_resolution_basis(p_session),
        claims.user_id()
    );
    perform pricing.rate_sessions(array[p_session.tenant_id], array[p_session.id]);
    return pricing.get_priced_transaction(p_session.tenant_id, p_session.id);
end;
$$;
revoke all on function pricing.resolve_session(
    core.sessions, text, text, timestamptz, timestamptz, numeric, numeric
) from public;
comment on function pricing.resolve_session(
    core.sessions, text, text, timestamptz, timestamptz, numeric, numeric
) is 'Keep what an operator decided about a session, and price it accordingly.';
