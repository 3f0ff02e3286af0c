begin;
select plan(6);

select tests.act_as('greenway.both');
select is(
    api.me() -> 'tenants' -> 0 ->> 'slug' || ' ' || (api.me() -> 'tenants' -> 1 ->> 'role'),
    'bluecharge operator', 'me lists the tenants, with the roles there'
);
select is(api.me() ->> 'role', 'operator', 'and says the role here');
select tests.act_as('greenway.support');
select is(
    api.me() ->> 'permissions', '["billing.read","messages.read","users.read"]', 'with its permissions'
);
select tests.act_as('greenway.customer');
select is(api.me() ->> 'permissions', '[]', 'a driver has none');

-- api.update_profile
select api.update_profile(full_name => ' Somebody Else ', language => 'de-AT');
select is(
    (api.me() ->> 'full_name') || ' ' || (api.me() ->> 'language'), 'Somebody Else de-AT',
    'one may change one''s name and language'
);
select throws_ok(
    $$ select api.update_profile(language => 'German') $$, 'PT400', 'this is no language',
    'to a language'
);

select * from finish();
rollback;
