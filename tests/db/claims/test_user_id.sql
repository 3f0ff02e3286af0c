begin;
select plan(3);

select tests.act_as('greenway.customer');
select is(
    claims.user_id(), tests.user_id_of('greenway.customer'),
    'the person is the subject of the JWT'
);

select tests.act_as_anonymous();
select is(claims.user_id(), null, 'nobody without a token');

select tests.act_as_login('greenway_analyst');
select set_config(
    'request.jwt.claims', '{"sub": "00000000-0000-4000-8000-000000005001"}', true
);
select is(claims.user_id(), null, 'a database login is no person, whatever it sets');

select * from finish();
rollback;
