-- Secrets are masked before a frame is stored.
begin;
select plan(62);
select tests.act_as_owner();

select is(ocpp.mask_payload(v.payload), v.masked, v.description)
from (
    values
        (
            '{"key":"AuthorizationKey","value":"0123abcd"}',
            '{"key":"AuthorizationKey","value":"***"}', 'a charger''s key in ChangeConfiguration'
        ),
        (
            '{"key":" AuthorizationKey","value":"0123abcd"}',
            '{"key":" AuthorizationKey","value":"***"}', 'for a charger that trims names, too'
        ),
        (
            '{"value":"0123abcd","key":"AuthorizationKey\t"}',
            '{"value":"***","key":"AuthorizationKey\t"}', 'whatever it trims'
        ),
        (
            '{"data":"{\"key\":\"AuthorizationKey\\t\",\"value\":\"x\"}"}',
            '{"data":"{\"key\":\"AuthorizationKey\\t\",\"value\":\"***\"}"}', 'and within a string'
        ),
        (
            '{"value" : "0123abcd" , "key" : "authorizationkey"}',
            '{"value" : "***" , "key" : "authorizationkey"}', 'in any order and case'
        ),
        (
            '{"configurationKey":[{"key":"HeartbeatInterval","value":"300"},'
            '{"key":"AuthorizationKey","readonly":false,"value":"s3\"cr}et"},'
            '{"key":"X","value":"1"}]}',
            '{"configurationKey":[{"key":"HeartbeatInterval","value":"300"},'
            '{"key":"AuthorizationKey","readonly":false,"value":"***"},'
            '{"key":"X","value":"1"}]}',
            'among others, which stay'
        ),
        (
            '{"Password":"a\"b\\","x":1,"userPasswd" : "é","client_secret":"y"}',
            '{"Password":"***","x":1,"userPasswd" : "***","client_secret":"***"}',
            'members named so, whatever is in the text'
        ),
        ('{"token":12345,"apiKey":true}', '{"token":"***","apiKey":"***"}', 'numbers, too'),
        ('[2,"1","DataTransfer",{"password":"trunc', '[2,"1","DataTransfer",{"password":"***"',
            'a frame that was cut short'),
        ('{"data":"{\"password\":\"hunter2\",\"x\":1}"}',
            '{"data":"{\"password\":\"***\",\"x\":1}"}', 'JSON within a string'),
        (
            '{"data":"-----BEGIN EC PRIVATE KEY-----\nMHc=\n-----END EC PRIVATE KEY-----\n"}',
            '{"data":"***\n"}', 'private keys'
        ),
        (
            '{"data":"-----BEGIN CERTIFICATE-----\nMHc=\n-----END CERTIFICATE-----\n"}',
            '{"data":"-----BEGIN CERTIFICATE-----\nMHc=\n-----END CERTIFICATE-----\n"}',
            'certificates are public'
        ),
        ('{"a":"eyJhbGciOi.eyJzdWIi.abc-_"}', '{"a":"***"}', 'JSON web tokens'),
        ('{"a":"eyJub3QiOiJhIGp3dCJ9"}', '{"a":"eyJub3QiOiJhIGp3dCJ9"}', 'base64 alone is none'),
        ('{"location":"ftp://user:pass@host/x?y=1"}', '{"location":"ftp://***@host/x?y=1"}',
            'user and password in an address'),
        ('{"location":"https://host/x?a=1&token=abc&sig=d%2F"}',
            '{"location":"https://host/x?a=1&token=***&sig=***"}', 'a signature in an address'),
        ('{"password":["x",{"a":"]"}],"b":[1]}', '{"password":"***","b":[1]}',
            'a list, whole'),
        ('{"Password" : {"v":{"w":["x"]}},"b":{"c":1}}', '{"Password" : "***","b":{"c":1}}',
            'an object, whole'),
        ('{"password":[[[[[["x"]]]]]],"b":1}', '{"password":"***"',
            'beyond a depth of four the rest of the frame goes'),
        ('{"a":[{"key":"AuthorizationKey","value":["x"]},{"key":"X","value":["1"]}]}',
            '{"a":[{"key":"AuthorizationKey","value":"***"},{"key":"X","value":["1"]}]}',
            'the list of a configuration key'),
        ('{"key":"WifiPassword","extra":{"y":[1]},"value":"x"}',
            '{"key":"WifiPassword","extra":{"y":[1]},"value":"***"}',
            'a configuration key with other members before its value'),
        ('{"data":"AuthorizationKey=SECRET456; Password: hunter3, site=7"}',
            '{"data":"AuthorizationKey=***; Password: ***, site=7"}', 'free text'),
        ('{"techInfo":"pin=1234\nauthorization: Bearer abc"}',
            '{"techInfo":"pin=***\nauthorization: Bearer ***"}', 'free text of two lines'),
        ('{"pass\u0077ord":"x","a":"\u00e4"}', '{"password":"***","a":"\u00e4"}',
            'a name with escapes'),
        ('{"a":"\u0041\u00e4"}', '{"a":"\u0041\u00e4"}', 'other escapes stay'),
        ('{"data":"{\"password\":[\"x\"],\"pin\":1,\"y\":2}"}',
            '{"data":"{\"password\":\"***\",\"pin\":\"***\",\"y\":2}"}',
            'a list within a string'),
        ('{"data":"{\"key\":\"AuthorizationKey\",\"value\":\"x\"}"}',
            '{"data":"{\"key\":\"AuthorizationKey\",\"value\":\"***\"}"}',
            'a configuration key within a string'),
        ('{"data":"{\u0022password\u0022:\u0022x\u0022}"}',
            '{"data":"{\"password\":\"***\"}"}', 'and with quotes as escapes'),
        ('{"type":"pinned","a":"passed: yes, compass","spin":"2"}',
            '{"type":"pinned","a":"passed: yes, compass","spin":"2"}',
            'words that look alike stay'),
        ('{"idToken":"ABC","idTag":"T","parentIdTag":"P","groupIdToken":"G"}',
            '{"idToken":"ABC","idTag":"T","parentIdTag":"P","groupIdToken":"G"}',
            'id tokens are no secrets'),
        ('{"key":"HeartbeatInterval","value":"300"}', '{"key":"HeartbeatInterval","value":"300"}',
            'other configuration stays'),
        (
            '{"fileName":"x/vt_abcdefghijklmnopqrstuvwxyz0123456789-_ABCDE/y"}',
            '{"fileName":"x/***/y"}', 'a one-time ticket, wherever it stands'
        ),
        ('', '', 'nothing is nothing'),
        (null, null, 'null is null')
) as v (payload, masked, description);

select ok(
    ocpp.has_secret(format('{"%s":"x"}', v.name))
    and ocpp.mask_payload(format('{"%s":"x"}', v.name)) = format('{"%s":"***"}', v.name),
    v.name || ' passes the filter and is masked'
)
from unnest(
    '{password,passwd,passphrase,passcode,pass,pwd,psk,pin,pin_code,token,authToken,auth-token,
    xAuthToken,refresh_token,accessToken,AuthorizationKey,BasicAuthPassword,apiKey,api-key,
    MqttPsk,FtpPass,ApiToken,apn.pwd,wlan_psk}'::text[]
) as v (name);

-- A frame made to be slow: each of these took well under a second for a megabyte, and what grows
-- with the square of the length takes minutes.
set local statement_timeout = '30s';
select lives_ok(
    format(
        'select ocpp.mask_payload(%L || repeat(%L, %s))', v.start, v.text,
        1000000 / length(v.text)
    ),
    'a megabyte of ' || v.text
)
from (
    values
        ('{', '"password":"aaaa",'), ('{', '"key":"password","value":'),
        ('"secret', '{"value":"a","key":"x'), ('"secret', '\"password\":\"\\\"')
) as v (start, text);
select * from finish();
rollback;
