-- What cannot be priced is refused with the path and the reason.
begin;
select plan(32);
select tests.act_as_owner();

create function pg_temp.session(p_path text[], p_value jsonb) returns jsonb
language sql as $$
    select jsonb_set(
        '{
            "time_zone": "Europe/Berlin",
            "start_date_time": "2026-03-10T10:00:00Z", "end_date_time": "2026-03-10T11:00:00Z",
            "charging_periods": [
                {
                    "start_date_time": "2026-03-10T10:00:00Z", "tariff_id": "T",
                    "dimensions": [
                        {"type": "ENERGY", "volume": 5},
                        {"type": "TIME", "volume": 0.5, "seconds": 1800}
                    ]
                },
                {
                    "start_date_time": "2026-03-10T10:30:00Z",
                    "dimensions": [{"type": "PARKING_TIME", "volume": 0.5}]
                }
            ]
        }',
        p_path, p_value
    )
$$;

select is_empty(
    $$ select f.* from pricing.list_session_faults(pg_temp.session('{other}', '1')) as f $$,
    'a session as OCPI has it has no faults'
);
select lives_ok(
    format('select pricing.check_session(%L)', pg_temp.session(t.path, t.value)), t.description
)
from (
    values
    ('{other}'::text[], '1'::jsonb, 'other keys are passed over'),
    ('{end_date_time}', '"2026-03-10T11:00:00"', 'a time without a zone is UTC'),
    ('{end_date_time}', '"2026-03-10T12:30:00.5+01:00"', 'a time may be of another zone'),
    ('{charging_periods,1,start_date_time}', '"2026-03-10T10:00:00Z"', 'a period may last no time'),
    ('{charging_periods,1,tariff_id}', 'null', 'what is null is not given'),
    (
        '{charging_periods,1,dimensions,0}', '{"type": "PARKING_TIME", "seconds": 1800}',
        'exact seconds need no volume beside them'
    ),
    (
        '{charging_periods,0,dimensions,0,volume}', '0.30000000000000004',
        'a volume may come from floating point'
    )
) as t (path, value, description);

select is(
    (
        select f.path || ' ' || f.reason
        from pricing.list_session_faults(pg_temp.session(t.path, t.value)) as f
        limit 1
    ),
    t.fault,
    t.fault
)
from (
    values
    (
        '{time_zone}'::text[], '"Europe/Nowhere"'::jsonb,
        '$.time_zone is not the name of a time zone'
    ),
    ('{time_zone}', '"Foo+5"', '$.time_zone is not the name of a time zone'),
    ('{time_zone}', 'null', '$.time_zone is not the name of a time zone'),
    ('{start_date_time}', '1', '$.start_date_time is not a date and time'),
    ('{end_date_time}', '"2026-02-30T10:00:00Z"', '$.end_date_time is not a date and time'),
    ('{end_date_time}', '"2026-03-10T09:59:59Z"', '$.end_date_time is before the start'),
    (
        '{end_date_time}', '"2027-03-10T11:00:00Z"',
        '$.end_date_time is more than a year after the start'
    ),
    ('{reservation_expired}', '"yes"', '$.reservation_expired is not true or false'),
    ('{charging_periods}', '[]', '$.charging_periods is not a list of 1 to 5000 periods'),
    ('{charging_periods}', '{}', '$.charging_periods is not a list of 1 to 5000 periods'),
    ('{charging_periods,1}', '5', '$.charging_periods[1] is not an object'),
    (
        '{charging_periods,1,start_date_time}', '"10:30"',
        '$.charging_periods[1].start_date_time is not a date and time'
    ),
    (
        '{charging_periods,0,start_date_time}', '"2026-03-10T09:00:00Z"',
        '$.charging_periods[0].start_date_time is before the session'
    ),
    (
        '{charging_periods,1,start_date_time}', '"2026-03-10T11:00:01Z"',
        '$.charging_periods[1].start_date_time is after the session'
    ),
    (
        '{charging_periods,0,start_date_time}', '"2026-03-10T10:45:00Z"',
        '$.charging_periods[1].start_date_time is before the period before'
    ),
    ('{charging_periods,0,tariff_id}', '5', '$.charging_periods[0].tariff_id is not a text'),
    ('{charging_periods,1,dimensions}', '{}', '$.charging_periods[1].dimensions is not a list'),
    (
        '{charging_periods,0,dimensions,1}', '[]',
        '$.charging_periods[0].dimensions[1] is not an object'
    ),
    (
        '{charging_periods,0,dimensions,1,type}', '"FLAT"',
        '$.charging_periods[0].dimensions[1].type is not a dimension of OCPI'
    ),
    (
        '{charging_periods,0,dimensions,0,volume}', '-1',
        '$.charging_periods[0].dimensions[0].volume is not a number from 0 to 1000000000'
        || ' with at most 30 decimals'
    ),
    (
        '{charging_periods,0,dimensions,0,volume}', '1e-31',
        '$.charging_periods[0].dimensions[0].volume is not a number from 0 to 1000000000'
        || ' with at most 30 decimals'
    ),
    (
        '{charging_periods,0,dimensions,1,seconds}', '"1800"',
        '$.charging_periods[0].dimensions[1].seconds is not a number from 0 to 1000000000'
        || ' with at most 30 decimals'
    )
) as t (path, value, fault);

select throws_ok(
    format('select pricing.check_session(%L)', pg_temp.session('{time_zone}', '"UTC+1"')),
    'PT400',
    'the session cannot be priced: $.time_zone is not the name of a time zone',
    'the first fault is the error'
);
select throws_ok(
    'select pricing.check_session(null)', 'PT400',
    'the session cannot be priced: $ is not an object',
    'no session is refused as well'
);
select * from finish();
rollback;
