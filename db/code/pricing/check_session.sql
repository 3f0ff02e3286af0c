-- Refuse a session that cannot be priced.
--
-- p_session has the form that pricing.price takes: {"time_zone", "start_date_time",
-- "end_date_time", "charging_periods": [{"start_date_time", "dimensions": [{"type", "volume",
-- "seconds"}], "tariff_id"}], "reservation_expired"}; other keys are passed over.
-- Called by: api.price.
-- Errors:    PT400 session_invalid; the detail has path and reason of the first fault.
create or replace function pricing.check_session(p_session jsonb)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    v_fault record;
begin
    select f.path, f.reason into v_fault
    from pricing.list_session_faults(p_session) as f
    limit 1;
    if found then
        raise exception using
            errcode = 'PT400',
            message = format('the session cannot be priced: %s %s', v_fault.path, v_fault.reason),
            detail = jsonb_build_object(
                'error', 'session_invalid', 'path', v_fault.path, 'reason', v_fault.reason
            ),
            hint = 'Send charging periods as a CDR of OCPI has them, oldest first.';
    end if;
end;
$$;
revoke all on function pricing.check_session(jsonb) from public;
comment on function pricing.check_session(jsonb) is
    'Refuse a session that cannot be priced, with the JSON path and the reason.';

-- What speaks against pricing a session: its frame first, then its periods as they come.
create or replace function pricing.list_session_faults(p_session jsonb)
returns table (path text, reason text)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    v_start timestamptz;
    v_end timestamptz;
begin
    return query
    select f.path, f.reason
    from (
        values
        (
            '$',
            jsonb_typeof(p_session) is distinct from 'object',
            'is not an object'
        ),
        (
            '$.time_zone',
            not access.is_time_zone(p_session ->> 'time_zone'),
            'is not the name of a time zone'
        ),
        (
            '$.start_date_time',
            not pricing.is_moment(p_session -> 'start_date_time'),
            'is not a date and time'
        ),
        (
            '$.end_date_time',
            not pricing.is_moment(p_session -> 'end_date_time'),
            'is not a date and time'
        ),
        (
            '$.reservation_expired',
            jsonb_typeof(p_session -> 'reservation_expired') not in ('boolean', 'null'),
            'is not true or false'
        ),
        (
            '$.charging_periods',
            case jsonb_typeof(p_session -> 'charging_periods')
                when 'array'
                    then jsonb_array_length(p_session -> 'charging_periods') not between 1 and 5000
                else true
            end,
            'is not a list of 1 to 5000 periods'
        )
    ) as f (path, is_faulty, reason)
    where f.is_faulty;
    if found then
        return;
    end if;

    v_start := (p_session ->> 'start_date_time')::timestamptz;
    v_end := (p_session ->> 'end_date_time')::timestamptz;
    if v_end < v_start then
        return query select '$.end_date_time', 'is before the start';
        return;
    end if;
    if v_end > v_start + interval '1 year' then
        return query select '$.end_date_time', 'is more than a year after the start';
        return;
    end if;
    return query
    with period as (
        select
            p.place,
            p.period,
            format('$.charging_periods[%s]', p.place - 1) as path,
            case
                when pricing.is_moment(p.period -> 'start_date_time')
                    then (p.period ->> 'start_date_time')::timestamptz
            end as started_at
        from jsonb_array_elements(p_session -> 'charging_periods')
        with ordinality as p (period, place)
    ),
    dimension as (
        select
            p.place,
            format('%s.dimensions[%s]', p.path, d.place - 1) as path,
            d.dimension,
            d.dimension ->> 'type' in ('TIME', 'PARKING_TIME', 'RESERVATION_TIME') as is_time
        from period as p
        cross join jsonb_array_elements(
            case jsonb_typeof(p.period -> 'dimensions')
                when 'array' then p.period -> 'dimensions'
                else '[]'
            end
        ) with ordinality as d (dimension, place)
    )
    select f.path, f.reason
    from (
        select
            p.place,
            p.path || c.path as path,
            case
                when c.path = '' and jsonb_typeof(p.period) <> 'object' then 'is not an object'
                when c.path = '.start_date_time' then
                    case
                        when p.started_at is null then 'is not a date and time'
                        when p.started_at < v_start then 'is before the session'
                        when p.started_at > v_end then 'is after the session'
                        when p.started_at < lag(p.started_at) over (
                            partition by c.path order by p.place
                        ) then 'is before the period before'
                    end
                when
                    c.path = '.dimensions'
                    and jsonb_typeof(p.period -> 'dimensions') is distinct from 'array'
                    then 'is not a list'
                when
                    c.path = '.tariff_id'
                    and jsonb_typeof(p.period -> 'tariff_id') not in ('string', 'null')
                    then 'is not a text'
            end as reason
        from period as p
        cross join (
            values (''), ('.start_date_time'), ('.dimensions'), ('.tariff_id')
        ) as c (path)
        union all
        select
            d.place,
            d.path || c.path,
            case
                when c.path = '' and jsonb_typeof(d.dimension) <> 'object' then 'is not an object'
                when
                    c.path = '.type'
                    and coalesce(d.dimension ->> 'type', '') not in (
                        'CURRENT', 'ENERGY', 'ENERGY_EXPORT', 'ENERGY_IMPORT', 'MAX_CURRENT',
                        'MIN_CURRENT', 'MAX_POWER', 'MIN_POWER', 'PARKING_TIME', 'POWER',
                        'RESERVATION_TIME', 'STATE_OF_CHARGE', 'TIME'
                    )
                    then 'is not a dimension of OCPI'
                when
                    c.path = '.volume'
                    -- Exact seconds say what the volume of a time says.
                    and not (
                        d.is_time
                        and d.dimension ->> 'volume' is null
                        and d.dimension ->> 'seconds' is not null
                    )
                    and not pricing.is_quantity(d.dimension -> 'volume')
                    then 'is not a number from 0 to 1000000000 with at most 30 decimals'
                when
                    c.path = '.seconds'
                    and d.dimension ->> 'seconds' is not null
                    and not pricing.is_quantity(d.dimension -> 'seconds')
                    then 'is not a number from 0 to 1000000000 with at most 30 decimals'
            end
        from dimension as d
        cross join (values (''), ('.type'), ('.volume'), ('.seconds')) as c (path)
    ) as f
    where f.reason is not null
    order by f.place, f.path;
end;
$$;
revoke all on function pricing.list_session_faults(jsonb) from public;
comment on function pricing.list_session_faults(jsonb) is
    'What speaks against pricing a session, with the JSON path and the reason.';

-- Whether a value is a date and time as OCPI writes them: RFC 3339, UTC where no zone is given.
create or replace function pricing.is_moment(p_value jsonb)
returns boolean
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(
        jsonb_typeof(p_value) = 'string'
        and p_value #>> '{}'
        ~ '^(19|20|21)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?$'
        and pg_input_is_valid(p_value #>> '{}', 'timestamptz'),
        false
    );
end;
$$;
revoke all on function pricing.is_moment(jsonb) from public;
comment on function pricing.is_moment(jsonb) is
    'Whether a value is a date and time as OCPI writes them.';

-- Whether a value is a number that a charger may have measured.
create or replace function pricing.is_quantity(p_value jsonb)
returns boolean
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return case
        when jsonb_typeof(p_value) = 'number'
            -- What others worked out in floating point has some twenty decimals.
            then (p_value #>> '{}')::numeric between 0 and 1000000000
            and scale(trim_scale((p_value #>> '{}')::numeric)) <= 30
        else false
    end;
end;
$$;
revoke all on function pricing.is_quantity(jsonb) from public;
comment on function pricing.is_quantity(jsonb) is
    'Whether a value is a number that a charger may have measured.';
