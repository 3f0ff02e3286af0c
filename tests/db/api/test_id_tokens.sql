-- Id tokens, their groups and rights, and decisions about them: who reads and writes which rows.
begin;
select plan(27);

-- Reading ----------------------------------------------------------------------------------

select tests.act_as('greenway.support');
select set_eq(
    $$ select t.id from api.id_tokens as t $$, array[1001, 1002, 1003],
    'staff see their tenant''s tokens'
);
select set_eq($$ select g.id from api.id_token_groups as g $$, array[1001], 'its groups');
select set_eq($$ select r.id from api.id_token_rights as r $$, array[1001], 'its rights');
select set_eq(
    $$ select a.id_token from api.authorizations as a $$, array['GWTOKEN1', 'GWTOKEN2'],
    'and what was answered to whom'
);
select tests.act_as('greenway.customer');
select set_eq(
    $$ select t.id_token from api.id_tokens as t $$, array['GWTOKEN1'],
    'a driver sees their own tokens only'
);
select set_eq(
    $$ select t.id_token from (select * from api.id_tokens) as t $$, array['GWTOKEN1'],
    'with all columns'
);
select is_empty($$ select * from api.id_token_groups $$, 'no group');
select throws_ok($$ select from api.id_token_rights $$, '42501', null, 'no right');
select throws_ok($$ select from api.authorizations $$, '42501', null, 'no decision');
select tests.act_as('bluecharge.driver2');
select set_eq(
    $$ select t.id_token from api.id_tokens as t $$, array['BCTOKEN2'],
    'another driver sees another token'
);
select tests.act_as('greenway.platform_admin');
select set_eq(
    $$ select t.id from api.id_tokens as t $$, array[1001, 1002, 1003, 2001, 2002, 2003],
    'the platform sees all'
);

-- Writing ----------------------------------------------------------------------------------

select tests.act_as('greenway.customer');
select throws_ok(
    $$ update api.id_tokens set is_blocked = false $$, '42501', null,
    'a driver changes no token, not even their own'
);
select tests.act_as('greenway.support');
select throws_ok(
    $$ update api.id_tokens set is_blocked = true where id = 1001 $$, 'PT403',
    'your role lacks the permission id_tokens.write', 'support blocks no token'
);
select tests.act_as('greenway.operator');
select results_eq(
    $$ insert into api.id_tokens (id_token) values ('Card-7')
       returning tenant_id, type, is_blocked, max_concurrent_transactions $$,
    $$ values (101::bigint, 'ISO14443', false, 1::smallint) $$,
    'an operator registers a token: a card, for one session at a time'
);
select throws_ok(
    $$ insert into api.id_tokens (id_token) values ('CARD-7') $$, '23505', null,
    'once, whatever its case'
);
select lives_ok(
    $$ insert into api.id_tokens (id_token) values ('BCTOKEN1') $$,
    'though another tenant may have the same card'
);
select throws_ok(
    $$ insert into api.id_tokens (tenant_id, id_token) values (102, 'CARD-8') $$, '42501', null,
    'not for another tenant'
);
select throws_ok(
    format(
        'update api.id_tokens set user_id = %L where id = 1003',
        tests.user_id_of('bluecharge.customer')
    ),
    '23503', null, 'nor for its people'
);
select throws_ok(
    $$ update api.id_tokens set id_token_group_id = 2001 where id = 1003 $$, '23503', null,
    'nor into its groups'
);
select is_empty(
    $$ update api.id_tokens set is_blocked = true where id = 2001 returning id $$,
    'another tenant''s token is not there to be blocked'
);
select results_eq(
    $$ update api.id_tokens set is_blocked = true, block_reason = 'Lost' where id = 1002
       returning block_reason $$,
    array['Lost'], 'their own is'
);
select throws_ok(
    $$ insert into api.id_token_rights (id_token_id) values (1003) $$, '23514', null,
    'a right is somewhere'
);
select throws_ok(
    $$ insert into api.id_token_rights (id_token_id, site_id) values (1003, 2001) $$, '23503',
    null, 'of the tenant''s'
);
select lives_ok(
    $$ insert into api.id_token_rights (id_token_id, site_id) values (1003, 1001) $$,
    'and then it is one'
);
select results_eq(
    $$ delete from api.id_tokens where id = 1003 returning id $$, array[1003::bigint],
    'a token goes with its rights'
);
select throws_ok(
    $$ delete from api.authorizations $$, '42501', null, 'what was answered is not deleted'
);
select tests.act_as_owner();
select results_eq(
    $$ select s.id_token, s.id_token_id from core.sessions as s where s.id = 1002 $$,
    $$ values ('GWTOKEN2', 1002::bigint) $$, 'sessions keep the token as it was shown'
);

select * from finish();
rollback;
