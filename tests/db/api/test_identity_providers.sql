begin;
select plan(8);

select tests.act_as('greenway.platform_admin');
select lives_ok(
    $$ insert into api.identity_providers (issuer, audience)
       values ('https://id.example', 'app') $$,
    'the platform registers an issuer'
);
select lives_ok(
    format(
        'insert into api.identities (issuer, subject, user_id) values (%L, %L, %L)',
        'https://id.example', 'abc', tests.user_id_of('greenway.support')
    ),
    'and who its subjects are'
);
select throws_ok(
    format(
        'insert into api.identities (issuer, subject, user_id) values (%L, %L, %L)',
        'https://nobody.example', 'abc', tests.user_id_of('greenway.support')
    ),
    '23503', null, 'of an issuer that is registered'
);

create function pg_temp.claims_of_abc()
returns jsonb
language sql
as $$
    select jsonb_build_object(
        'iss', 'https://id.example', 'aud', 'app', 'sub', 'abc',
        'exp', extract(epoch from now())::bigint + 60
    );
$$;
grant execute on function pg_temp.claims_of_abc() to public;

select tests.act_with(pg_temp.claims_of_abc());
select lives_ok('select claims.check_request()', 'then they come in');

select tests.act_as('greenway.platform_admin');
update api.identity_providers set is_active = false where issuer = 'https://id.example';
select tests.act_with(pg_temp.claims_of_abc());
select throws_ok(
    'select claims.check_request()', 'PT401', 'the access token is not valid here: claim iss',
    'until the issuer is switched off'
);

select tests.act_as('greenway.admin');
select throws_ok(
    'select issuer from api.identity_providers', '42501', null, 'others see no issuers'
);
select throws_ok('select issuer from api.identities', '42501', null, 'and no subjects');
select throws_ok(
    format(
        'insert into api.identities (issuer, subject, user_id) values (%L, %L, %L)',
        'https://id.greenway.example', 'me', tests.user_id_of('greenway.platform_admin')
    ),
    '42501', null, 'nor become somebody else by one'
);

select * from finish();
rollback;
