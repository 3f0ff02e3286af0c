-- Small parts of the dispatcher: handlers by name, JSON in and out.
begin;
select plan(16);
select tests.act_as_owner();

create function ocpp16.test_a_b2_c(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb language sql as $$ select '{}'::jsonb $$;
select is(ocpp.find_handler('ocpp1.6', v.action), v.statement, v.description)
from (
    values
        ('Heartbeat', 'select ocpp16.heartbeat($1, $2)', 'an action of one word'),
        ('BootNotification', 'select ocpp16.boot_notification($1, $2)', 'of two words'),
        ('TestAB2C', null, 'capitals in a row name nothing'),
        ('heartbeat', null, 'nor does a small letter first'),
        ('Heart.Beat', null, 'nor what is no word'),
        ('Heartbeat' || repeat('x', 100), null, 'nor an endless one'),
        (null, null, 'nor null')
) as v (action, statement, description);
select is(ocpp.find_handler('ocpp9.9', 'Heartbeat'), null, 'a version without a schema has none');

select is(ocpp.compact_json(v.value::jsonb), v.text, v.description)
from (
    values
        ('{}', '{}', 'an empty object'),
        ('{"a": [1, 2.50, null, true], "b": {"c": "d"}}',
            '{"a":[1,2.50,null,true],"b":{"c":"d"}}', 'no space between tokens'),
        ('{"a, b": "c: \"d, e\\", "f": "x , y: z"}', '{"f":"x , y: z","a, b":"c: \"d, e\\"}',
            'spaces within strings stay')
) as v (value, text, description);

select is(ocpp.strip_nul(v.json), v.text, v.description)
from (
    values
        ('{"a":"\u0000b\u0000\u0000"}', '{"a":"b"}', 'escapes of NUL go'),
        ('{"a":"\\u0000 \\\\u0000"}', '{"a":"\\u0000 \\\\u0000"}',
            'behind an escaped backslash there is none'),
        ('{"a":"\\\u0000\u00001"}', '{"a":"\\1"}', 'behind it and one more there is'),
        (null, null, 'null is null')
) as v (json, text, description);
select is(
    ocpp.drop_half_surrogates('"\ud83d\ude00 \ud83d \ude00\ud83d\ud83d\ude00 \\ud83d \u00e9"'),
    '"\ud83d\ude00  \ud83d\ude00 \\ud83d \u00e9"',
    'halves of a pair go, pairs stay'
);
select * from finish();
rollback;
