-- Readers of payloads: tolerant, and null rather than wrong.
begin;
select plan(9);
select tests.act_as_owner();

select results_eq(
    $$ select v.key, ocpp.get_text('{"a": "x", "b": 12, "c": true, "d": null, "e": [1], "f": {},
           "g": "", "h": "04A1\u0010\u000e", "i": "\r\n x y \u007f", "j": 1.50}', v.key)
       from unnest('{a,b,c,d,e,f,g,h,i,j,z}'::text[]) as v (key) $$,
    $$ values ('a', 'x'), ('b', '12'), ('c', 'true'), ('d', null), ('e', null), ('f', null),
           ('g', null), ('h', '04A1'), ('i', 'x y'), ('j', '1.50'), ('z', null) $$,
    'quirk 36: a text loses control characters and blanks at its ends; what is none is null'
);
select is(
    length(ocpp.get_text(jsonb_build_object('a', repeat('x', 100000)), 'a')), 100000,
    'an over-long text is kept whole'
);
select results_eq(
    $$ select v.text, ocpp.parse_numeric(v.text)
       from unnest('{12,-1,+3,.5,5.,1e3,1E-2," 7 ","",NaN,Infinity,-Infinity,"12,5",0x1F,1e99,
           1_000,1e400,12a}'::text[]) as v (text) $$,
    $$ values ('12', 12::numeric), ('-1', -1), ('+3', 3), ('.5', 0.5), ('5.', 5), ('1e3', 1000),
           ('1E-2', 0.01), (' 7 ', 7), ('', null), ('NaN', null), ('Infinity', null),
           ('-Infinity', null), ('12,5', null), ('0x1F', null), ('1e99', null), ('1_000', null),
           ('1e400', null), ('12a', null) $$,
    'quirk 57: what is no finite number of sense is null'
);
select is(ocpp.parse_numeric(repeat('9', 100000)), null, 'a hundred thousand digits are null');
select results_eq(
    $$ select v.key, ocpp.get_integer('{"a": 1, "b": "2", "c": 3.0, "d": 1.5, "e": 2147483648,
           "f": -2147483648, "g": "x", "h": [1], "i": 1e2}', v.key)
       from unnest('{a,b,c,d,e,f,g,h,i,z}'::text[]) as v (key) $$,
    $$ values ('a', 1), ('b', 2), ('c', 3), ('d', null), ('e', null), ('f', -2147483648),
           ('g', null), ('h', null), ('i', 100), ('z', null) $$,
    'rule R14: an integer is within 32 bits, as a number or as text'
);
select results_eq(
    $$ select v.text, ocpp.format_timestamp(ocpp.parse_timestamp(v.text))
       from unnest('{2026-01-02T03:04:05Z,2026-01-02T03:04:05.678Z,2026-01-02T03:04:05+02:00,
           2026-01-02T03:04:05-0530,2026-01-02T03:04:05+01,2026-01-02T03:04:05,
           2026-01-02 03:04:05z,2026-01-02T03:04Z,"2026-01-02T03:04:05,5Z",
           2026-02-30T00:00:00Z,2026-13-01T00:00:00Z,0000-01-01T00:00:00Z,1970-01-01T00:00:00Z,
           9999-12-31T23:59:59Z,now,infinity,"",1767322800,2026-01-02,
           2026-01-02T03:04:05+99:00}'::text[]) as v (text) $$,
    $$ values
           ('2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'),
           ('2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05Z'),
           ('2026-01-02T03:04:05+02:00', '2026-01-02T01:04:05Z'),
           ('2026-01-02T03:04:05-0530', '2026-01-02T08:34:05Z'),
           ('2026-01-02T03:04:05+01', '2026-01-02T02:04:05Z'),
           ('2026-01-02T03:04:05', '2026-01-02T03:04:05Z'),
           ('2026-01-02 03:04:05z', '2026-01-02T03:04:05Z'),
           ('2026-01-02T03:04Z', '2026-01-02T03:04:00Z'),
           ('2026-01-02T03:04:05,5Z', '2026-01-02T03:04:05Z'),
           ('2026-02-30T00:00:00Z', null), ('2026-13-01T00:00:00Z', null),
           ('0000-01-01T00:00:00Z', null), ('1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'),
           ('9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z'), ('now', null), ('infinity', null),
           ('', null), ('1767322800', null), ('2026-01-02', null),
           ('2026-01-02T03:04:05+99:00', null) $$,
    'times are read with fractions and offsets; what is no time is null'
);
set local timezone = 'Pacific/Auckland';
select is(
    ocpp.parse_timestamp('2026-01-02T03:04:05'), timestamptz '2026-01-02 03:04:05+00',
    'a time without a zone is UTC, whatever the session''s zone'
);
set local timezone = 'UTC';

select results_eq(
    $$ select v.text, ocpp.format_timestamp(j.happened_at), j.flag
       from unnest('{2026-06-01T12:00:00Z,2026-06-01T12:04:00Z,2026-06-01T12:10:00Z,
           2026-06-01T14:00:30Z,2026-06-01T10:00:00Z,2026-05-28T11:20:00Z,2026-03-03T12:00:00Z,
           2026-03-03T11:59:59Z,2016-01-01T00:00:10Z,1970-01-01T00:00:10Z,
           2036-02-07T06:28:16Z,junk}'::text[]) as v (text)
       cross join lateral ocpp.judge_timestamp(v.text, '2026-06-01 12:00:00+00') as j
       union all
       select null, ocpp.format_timestamp(j.happened_at), j.flag
       from ocpp.judge_timestamp(null, '2026-06-01 12:00:00+00') as j $$,
    $$ values
           ('2026-06-01T12:00:00Z', '2026-06-01T12:00:00Z', null),
           ('2026-06-01T12:04:00Z', '2026-06-01T12:04:00Z', null),
           ('2026-06-01T12:10:00Z', '2026-06-01T12:00:00Z', 'time_ahead'),
           ('2026-06-01T14:00:30Z', '2026-06-01T12:00:00Z', 'clock_off_whole_hours'),
           ('2026-06-01T10:00:00Z', '2026-06-01T10:00:00Z', 'clock_off_whole_hours'),
           ('2026-05-28T11:20:00Z', '2026-05-28T11:20:00Z', null),
           ('2026-03-03T12:00:00Z', '2026-03-03T12:00:00Z', null),
           ('2026-03-03T11:59:59Z', '2026-06-01T12:00:00Z', 'time_implausible'),
           ('2016-01-01T00:00:10Z', '2026-06-01T12:00:00Z', 'time_implausible'),
           ('1970-01-01T00:00:10Z', '2026-06-01T12:00:00Z', 'time_implausible'),
           ('2036-02-07T06:28:16Z', '2026-06-01T12:00:00Z', 'time_ahead'),
           ('junk', '2026-06-01T12:00:00Z', 'time_unreadable'),
           (null, '2026-06-01T12:00:00Z', 'time_missing') $$,
    'quirks 58 and 59: what to make of a time that cannot be true'
);
select results_eq(
    $$ select v.text, ocpp.make_event_key('1', v.token, v.text, '5.0', v.boot)
       from (values
           ('2026-01-02T03:04:05Z', 'Ab', null::bigint),
           ('2026-01-02T04:04:05.000+01:00', 'aB', null), ('2016-01-01T00:00:00Z', 'AB', 3),
           (null, null, 3)
       ) as v (text, token, boot) $$,
    $$ values
           ('2026-01-02T03:04:05Z', '1|ab|2026-01-02T03:04:05.000000Z|5'),
           ('2026-01-02T04:04:05.000+01:00', '1|ab|2026-01-02T03:04:05.000000Z|5'),
           ('2016-01-01T00:00:00Z', '1|ab|2016-01-01T00:00:00Z|boot 3|5'),
           (null, '1|||boot 3|5') $$,
    'rule R3: a natural key compares moments, and takes the boot where the time is none'
);
select * from finish();
rollback;
