-- Price a session with other times and registers than it reported.
--
-- What is left out stays as the session says. The session itself is not changed: the correction is
-- a record beside it, with who made it and why.
-- Writes:  core.session_resolutions, core.transactions, core.ratings; with a tariff,
--          core.session_tariffs. The session is locked.
-- Errors:  PT400 correction_invalid, reason_required, PT403 permission_missing,
--          PT404 session_unknown, tariff_unknown, PT409 session_running, session_still_held,
--          tariff_not_valid.
-- Definer: these tables are written by functions only.
create or replace function api.correct_session(
    session bigint,
    reason text,
    started_at timestamptz default null,
    ended_at timestamptz default null,
    meter_start_wh numeric default null,
    meter_stop_wh numeric default null,
    tariff text default null
)
returns setof api.transactions
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session constant core.sessions := pricing.lock_session(session);
    v_started_at constant timestamptz := coalesce(started_at, v_session.started_at);
    v_ended_at constant timestamptz := coalesce(ended_at, v_session.ended_at);
    v_meter_start_wh constant numeric := trim_scale(round(
        coalesce(meter_start_wh, v_session.meter_start_wh), 3
    ));
    v_meter_stop_wh constant numeric := trim_scale(round(
        coalesce(meter_stop_wh, v_session.meter_stop_wh), 3
    ));
    v_corrected core.sessions := v_session;
    v_problem text;
    v_transaction core.transactions;
begin
    v_problem := case
        when v_meter_start_wh is null then 'meter_start_wh is not known'
        when v_meter_stop_wh is null then 'meter_stop_wh is not known'
        when
            not v_meter_start_wh between -1e12 and 1e12 or not v_meter_stop_wh between -1e12 and 1e12
            then 'a register is out of range'
        when v_meter_stop_wh < v_meter_start_wh then 'meter_stop_wh is below meter_start_wh'
        when v_ended_at < v_started_at then 'ended_at is before started_at'
        when not isfinite(v_started_at) then 'started_at is no moment'
        when v_started_at < '2000-01-01T00:00:00Z' then 'started_at is before any session'
        when v_ended_at > now() + interval '1 minute' then 'ended_at lies ahead'
        when
            v_ended_at - v_started_at > make_interval(
                days => access.get_setting('charging.max_session_days')::integer
            )
            then 'it would be longer than a session may be'
    end;
    if v_problem is null then
        v_corrected.started_at := v_started_at;
        v_corrected.ended_at := v_ended_at;
        v_corrected.meter_start_wh := v_meter_start_wh;
        v_corrected.meter_stop_wh := v_meter_stop_wh;
        -- A digit too many is soon typed. What the connector can deliver is a figure of its own.
        if charging.check_energy(v_corrected) @> '[{"reason": "impossible_power"}]' then
            v_problem := 'so much energy cannot flow in that time';
        end if;
    end if;
    if v_problem is not null then
        raise exception using
            errcode = 'PT400',
            message = format('these figures make no session: %s', v_problem),
            detail = '{"error":"correction_invalid"}',
            hint = 'Times are ISO 8601 with a zone, registers are watt-hours; the power of the '
                'connector limits what flows.';
    end if;
    if tariff is not null then
        perform pricing.set_operator_tariff(v_session, tariff, v_started_at);
    end if;
    v_transaction := pricing.resolve_session(
        v_session, 'corrected', reason, v_started_at, v_ended_at, v_meter_start_wh,
        v_meter_stop_wh
    );
    return query
    select t.*
    from api.transactions as t
    where t.tenant_id = v_transaction.tenant_id and t.id = v_transaction.id;
end;
$$;
revoke all on function api.correct_session(
    bigint, text, timestamptz, timestamptz, numeric, numeric, text
) from public;
grant execute on function api.correct_session(
    bigint, text, timestamptz, timestamptz, numeric, numeric, text
) to staff, platform;
comment on function api.correct_session(
    bigint, text, timestamptz, timestamptz, numeric, numeric, text
) is
    E'Price a session with other times and registers than it reported; the reason is kept.\n'
    'What is left out stays as the session says; registers are in watt-hours. The session keeps '
    'what was reported. Should it change later, the correction ends and it is judged anew. tariff '
    'is the id of one to price it with.';
