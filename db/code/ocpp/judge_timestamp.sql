-- What to make of a time that a charger reports: the moment to work with, and what is odd.
--
-- Called by: the handlers of starts, stops and states.
-- flag                    when                                     moment
-- null                    it can be true                           as reported
-- time_missing            none was sent                            received_at
-- time_unreadable         no ISO 8601, or no such date             received_at
-- time_implausible        older than a charger keeps messages      received_at
--                         (quirk 59: 1970, or the default date
--                         of a clock that has lost its power)
-- clock_off_whole_hours   within 2 minutes of 1 to 14 whole hours  ahead: received_at,
--                         off (quirk 58: local time with a Z)      behind: as reported, for a
--                                                                  late replay looks the same
-- time_ahead              ahead by more than the tolerance         received_at
-- The tolerance is the setting charging.clock_tolerance_s, the age charging.max_clock_behind_days.
create or replace function ocpp.judge_timestamp(
    p_text text,
    p_received_at timestamptz,
    out happened_at timestamptz,
    out flag text
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ahead_s double precision;
    v_hours double precision;
begin
    happened_at := ocpp.parse_timestamp(p_text);
    if happened_at is null then
        happened_at := p_received_at;
        flag := case when p_text is null then 'time_missing' else 'time_unreadable' end;
        return;
    elsif
        happened_at < p_received_at - make_interval(
            days => access.get_setting('charging.max_clock_behind_days')::integer
        )
    then
        happened_at := p_received_at;
        flag := 'time_implausible';
        return;
    end if;
    v_ahead_s := extract(epoch from happened_at - p_received_at);
    v_hours := round(v_ahead_s / 3600);
    if abs(v_hours) between 1 and 14 and abs(v_ahead_s - v_hours * 3600) <= 120 then
        flag := 'clock_off_whole_hours';
    elsif v_ahead_s > access.get_setting('charging.clock_tolerance_s')::integer then
        flag := 'time_ahead';
    end if;
    if flag is not null and v_ahead_s > 0 then
        happened_at := p_received_at;
    end if;
end;
$$;
revoke all on function ocpp.judge_timestamp(text, timestamptz) from public;
comment on function ocpp.judge_timestamp(text, timestamptz) is
    'The moment to work with for a time that a charger reports, and what is odd about it.';
