-- Where readings of sessions are missing: longer than two and a half intervals apart.
--
-- Sessions that started within the range (at most 31 days), or one session. A gap before the
-- first reading begins with the session, one after the last ends with it; of a running session it
-- is still open (until null). Sessions whose charge point is said not to send readings
-- (both intervals 0) are measured against the setting meter_sync.interval_s as well: that is what
-- the report is for.
-- Errors:  PT400 period_invalid, PT404 session_unknown.
-- Definer: it reads tables, which are behind views for everybody; the tenant is named.
create or replace function api.meter_gaps(
    "from" timestamptz default null, "to" timestamptz default null, session bigint default null
)
returns table (
    session_id bigint,
    charge_point_id bigint,
    gap_from timestamptz,
    gap_until timestamptz,
    gap_s integer,
    expected_s integer,
    expected_by text,
    asks integer,
    asked_at timestamptz
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_tenant_id constant bigint := claims.tenant_id();
    v_to constant timestamptz := coalesce(meter_gaps."to", now());
    v_from constant timestamptz := coalesce(meter_gaps."from", v_to - interval '1 day');
begin
    if
        meter_gaps.session is null
        and (v_from > v_to or not isfinite(v_from) or not isfinite(v_to)
            or v_to - interval '31 days' > v_from)
    then
        raise exception using
            errcode = 'PT400',
            message = 'the range has a beginning and an end at most 31 days later',
            detail = '{"error":"period_invalid"}',
            hint = 'Send from and to, or a session, or nothing for the last day.';
    end if;
    if meter_gaps.session is not null and not exists (
        select
        from core.sessions as s
        where s.tenant_id = v_tenant_id and s.id = meter_gaps.session
    ) then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such session',
            detail = '{"error":"session_unknown"}',
            hint = 'charging_sessions lists those of your tenant.';
    end if;

    return query
    select
        s.id,
        s.charge_point_id,
        g.gap_from,
        case when not g.is_open then g.gap_until end,
        extract(epoch from g.gap_until - g.gap_from)::integer,
        i.interval_s,
        i.source,
        coalesce(r.asks, 0),
        r.asked_at
    from core.sessions as s
    cross join lateral charging.get_meter_interval(
        s.tenant_id, s.charge_point_id, s.id
    ) as i
    cross join lateral (
        select
            coalesce(lag(p.at) over (order by p.at), s.started_at) as gap_from,
            p.at as gap_until,
            p.is_open
        from (
            select m.sampled_at as at, false as is_open
            from core.meter_values as m
            where
                m.tenant_id = s.tenant_id
                and m.session_id = s.id
                and m.sampled_at between s.started_at and coalesce(s.ended_at, now())
            group by m.sampled_at
            union all
            select coalesce(s.ended_at, now()), s.ended_at is null
        ) as p
    ) as g
    left join ops.meter_requests as r
        on
            r.tenant_id = s.tenant_id
            and r.session_id = s.id
            and g.is_open
            and r.reading_at is not distinct from s.last_reading_at
    where
        s.tenant_id = v_tenant_id
        and (
            s.id = meter_gaps.session
            or meter_gaps.session is null
            and s.started_at >= v_from
            and s.started_at < v_to
        )
        and g.gap_until - g.gap_from > make_interval(secs => 2.5 * i.interval_s)
    order by g.gap_from, s.id;
end;
$$;
revoke all on function api.meter_gaps(timestamptz, timestamptz, bigint) from public;
grant execute on function api.meter_gaps(timestamptz, timestamptz, bigint) to staff, platform;
comment on function api.meter_gaps(timestamptz, timestamptz, bigint) is
    E'Where readings of sessions are missing.\n'
    'Of the sessions that started from and before to (at most 31 days; left out the last day), or '
    'of one session. A gap is longer than two and a half times expected_s, which is what '
    'expected_by says: the configuration of the charge point, its last readings or a setting. '
    'gap_until is null while the session runs: asks says how often the charge point was asked for '
    'readings since.';
