begin;
select plan(4);

select tests.act_as('greenway.customer');
select is(claims.role(), 'customer', 'a driver acts as customer');
select tests.act_as('greenway.platform_admin');
select is(claims.role(), 'platform', 'a platform admin acts as platform');
select tests.act_as_anonymous();
select is(claims.role(), 'anon', 'a request without a token acts as anon');

select tests.act_as_login('greenway_analyst');
select set_config('request.jwt.claims', '{"role": "platform"}', true);
select is(claims.role(), null, 'a database login has no audience, whatever it sets');

select * from finish();
rollback;
