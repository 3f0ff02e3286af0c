-- Unknown chargers and tokens: who sees them, who admits or ignores them, what comes of it.
begin;
select plan(36);

-- Who sees them ----------------------------------------------------------------------------

select tests.act_as('greenway.support');
select set_eq(
    $$ select u.id from api.unknown_charge_points as u $$, array[1001],
    'staff see the chargers that named their tenant'
);
select set_eq(
    $$ select u.id from api.unknown_id_tokens as u $$, array[1001],
    'and the tokens shown at their chargers'
);
select tests.act_as('greenway.platform_admin');
select set_eq(
    $$ select u.id from api.unknown_charge_points as u $$, array[1001, 1999, 2001],
    'the platform sees all, those without a tenant included'
);
select set_eq(
    $$ select u.id from api.unknown_id_tokens as u $$, array[1001, 2001], 'and all tokens'
);
select tests.act_as('greenway.customer');
select throws_ok(
    $$ select from api.unknown_charge_points $$, '42501', null, 'drivers see no inbox of chargers'
);
select throws_ok(
    $$ select from api.unknown_id_tokens $$, '42501', null, 'and none of tokens'
);

-- Who decides ------------------------------------------------------------------------------

select throws_ok(
    $$ select api.admit_charge_point(1001) $$, '42501', null, 'a driver cannot admit a charger'
);
select tests.act_as_anonymous();
select throws_ok(
    $$ select api.admit_charge_point(1001) $$, '42501', null, 'and nobody without a name'
);
select tests.act_as('greenway.support');
select throws_ok(
    $$ select api.admit_charge_point(1001) $$, 'PT403',
    'your role lacks the permission onboarding.write', 'support cannot admit a charger'
);
select throws_ok(
    $$ select api.ignore_charge_point(1001) $$, 'PT403', null, 'or ignore it'
);
select throws_ok($$ select api.admit_id_token(1001) $$, 'PT403', null, 'or admit a token');
select throws_ok($$ select api.ignore_id_token(1001) $$, 'PT403', null, 'or ignore it');
select throws_ok(
    $$ select api.create_charge_point_key(1001) $$, 'PT403', null, 'or make a key'
);
select tests.act_as('greenway.inactive');
select throws_ok(
    $$ select api.admit_charge_point(1001) $$, 'PT403', null, 'nor somebody who left'
);

select tests.act_as('greenway.operator');
select throws_ok(
    $$ select api.admit_charge_point(2001) $$, 'PT404', 'there is no such unknown charge point',
    'another tenant''s entry does not exist'
);
select throws_ok(
    $$ select api.admit_charge_point(1999) $$, 'PT404', null,
    'a charger without a tenant is the platform''s'
);
select throws_ok(
    $$ select api.admit_charge_point(1001, tenant_id => 102) $$, 'PT404',
    'there is no such tenant', 'and nobody admits into another tenant'
);
select throws_ok(
    $$ select api.admit_charge_point(1001, site_id => 2001) $$, '23503', null,
    'or at another tenant''s site'
);
select throws_ok(
    $$ select api.ignore_charge_point(2001) $$, 'PT404', null, 'or ignores its entries'
);
select throws_ok(
    $$ select api.create_charge_point_key(2001) $$, 'PT404', 'there is no such charge point',
    'or makes keys for its chargers'
);
select throws_ok(
    $$ select api.admit_id_token(2001) $$, 'PT404', 'there is no such unknown id token',
    'or admits its tokens'
);
select throws_ok(
    format(
        'select api.admit_id_token(1001, user_id => %L)',
        tests.user_id_of('bluecharge.customer')
    ),
    '23503', null, 'a token belongs to a person of the tenant'
);

-- What comes of it -------------------------------------------------------------------------

select is(
    api.ignore_charge_point(1001), '{"unknown_charge_point_id": 1001, "state": "ignored"}',
    'an ignored charger says so'
);
select is(
    api.ignore_charge_point(1001) ->> 'state', 'ignored', 'ignoring twice is the same as once'
);
select results_eq(
    $$ select u.state, u.decided_by from api.unknown_charge_points as u $$,
    $$ values ('ignored', tests.user_id_of('greenway.operator')) $$,
    'it stays in the list, marked with who decided'
);
create temporary table admitted as
select api.admit_charge_point(1001, site_id => 1001, name => 'New one') as answer;
select is_empty(
    $$ select from api.unknown_charge_points $$,
    'an admitted charger leaves the list, ignored or not'
);
select results_eq(
    $$ select c.identity, c.site_id, c.name, c.registration_status, c.is_online
       from api.charge_points as c
       where c.id = (select (a.answer ->> 'charge_point_id')::bigint from pg_temp.admitted as a) $$,
    $$ values ('GW-NEW-1', 1001::bigint, 'New one', 'Accepted', false) $$, 'and is a charge point'
);
select throws_ok(
    $$ select api.admit_charge_point(1001) $$, 'PT409',
    'this charge point has been admitted already', 'admitting twice is a conflict'
);
select throws_ok($$ select api.ignore_charge_point(1001) $$, 'PT409', null, 'so is ignoring then');
grant select on pg_temp.admitted to public;
select tests.act_as_owner();
select ok(
    exists (
        select
        from core.charge_point_keys as k
        inner join pg_temp.admitted as a
            on k.charge_point_id = (a.answer ->> 'charge_point_id')::bigint
        where k.key_hash = fleet.hash_charge_point_key((a.answer ->> 'key')::bytea)
    ),
    'the key that was shown is the one that opens'
);

select tests.act_as('greenway.operator');
select is(
    api.admit_id_token(
        1001, user_id => tests.user_id_of('greenway.customer'), id_token_group_id => 1001,
        label => 'Second card'
    ) ->> 'id_token',
    'GWNEW1', 'an unknown token is admitted'
);
select results_eq(
    $$ select t.user_id, t.id_token_group_id, t.label
       from api.id_tokens as t where t.id_token = 'GWNEW1' $$,
    $$ values (tests.user_id_of('greenway.customer'), 1001::bigint, 'Second card') $$,
    'for the person and the group that were named'
);
select throws_ok(
    $$ select api.admit_id_token(1001) $$, 'PT409', 'this id token has been admitted already',
    'once'
);

-- The platform -----------------------------------------------------------------------------

select tests.act_as('greenway.platform_admin');
select throws_ok(
    $$ select api.admit_charge_point(1999) $$, 'PT400',
    'the charger named no tenant: say which one it is for',
    'a charger that named no tenant needs one'
);
select lives_ok(
    $$ select api.admit_charge_point(1999, tenant_id => 102, site_id => 2001) $$,
    'the platform gives it one'
);
select lives_ok(
    $$ select api.create_charge_point_key(c.id)
       from api.charge_points as c where c.identity = 'STRAY-1' $$,
    'and makes keys for any tenant''s chargers'
);

select * from finish();
rollback;
