begin;
select plan(6);

select tests.act_as('greenway.operator');
select is(claims.tenant_id(), 101::bigint, 'through PostgREST the JWT names the tenant');

select tests.act_as_anonymous();
select is(claims.tenant_id(), null, 'a request without a token has no tenant');

select tests.act_with('{}');
select is(claims.tenant_id(), null, 'claims without a tenant are no tenant');

select tests.act_as_login('greenway_analyst');
select is(claims.tenant_id(), 101::bigint, 'a database login has the tenant registered for it');
select set_config('request.jwt.claims', '{"tenant_id": 102, "role": "platform"}', true);
select is(claims.tenant_id(), 101::bigint, 'and setting the claims by hand changes nothing');

select tests.act_as_login('bridge');
select set_config('request.jwt.claims', '{"tenant_id": 102}', true);
select throws_ok(
    'select claims.tenant_id()', '42501', null, 'a login that is no analyst may not even ask'
);

select * from finish();
rollback;
