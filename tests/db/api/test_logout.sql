begin;
select plan(5);

select tests.act_as('greenway.operator');
select lives_ok('select api.logout()', 'somebody signs out');
select throws_ok(
    'select claims.check_request()', 'PT401', 'the sign-in of this access token has ended',
    'their token is refused'
);
select tests.act_as('greenway.support');
select lives_ok('select claims.check_request()', 'nobody else''s is');

select tests.act_with(
    jsonb_build_object(
        'iss', 'https://id.greenway.example', 'aud', 'voltaro', 'sub', 'subject|greenway.support',
        'exp', 9e15
    )
);
select claims.check_request();
select api.logout();
select tests.act_with(
    jsonb_build_object(
        'iss', 'https://id.greenway.example', 'aud', 'voltaro', 'sub', 'subject|greenway.support',
        'exp', 9e15
    )
);
select throws_ok(
    'select claims.check_request()', 'PT401', 'the sign-in of this access token has ended',
    'a token of an outside issuer is refused, too, however long it says to live'
);

select tests.act_as_anonymous();
select throws_ok('select api.logout()', '42501', null, 'anonymous is not signed in');

select * from finish();
rollback;
