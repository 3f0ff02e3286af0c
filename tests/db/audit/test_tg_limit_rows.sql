begin;
select plan(6);

select tests.act_as_owner();
insert into core.identity_providers (issuer, audience)
select 'https://' || n || '.example', 'voltaro' from generate_series(1, 101) as n;

select tests.act_as('greenway.platform_admin');
select throws_ok(
    'update api.identity_providers set audience = ''x''', 'PT400',
    'one request may change at most 100 rows of identity_providers',
    'an API statement may not change more than 100 rows'
);
select throws_ok(
    $$ delete from api.identity_providers where issuer not like '%charge.example'
       and issuer not like '%way.example' $$,
    'PT400', null, 'nor delete them'
);
select lives_ok(
    $$ update api.identity_providers set audience = 'x'
       where issuer like 'https://_.example' or issuer like 'https://__.example' $$,
    '99 are fine'
);
select lives_ok(
    $$ update api.identity_providers set audience = 'y'
       where issuer like 'https://_.example' or issuer like 'https://__.example'
           or issuer = 'https://100.example' $$,
    'and 100 are'
);
select lives_ok(
    $$ delete from api.identity_providers where issuer = 'https://nobody.example' $$,
    'and none is'
);

select tests.act_as_owner();
select lives_ok(
    $$ delete from core.identity_providers as p
       where not exists (select from core.identities as i where i.issuer = p.issuer) $$,
    'the limit is the API''s alone'
);

select * from finish();
rollback;
