-- Who may charge where: one decision for Authorize, Start and Stop, kept with its reason.
begin;
select plan(34);
select tests.act_as_owner();

-- GWTOKEN1 has a right at site 1001 (charge point 1001), GWTOKEN2 and GWTOKEN3 have none.
create function pg_temp.decide(
    p_id_token text,
    p_source text default 'authorize',
    p_charge_point_id bigint default 1001,
    p_at timestamptz default now(),
    p_session_id bigint default null
)
returns text
language sql
as $$
    select a.status || ' ' || a.reason
    from charging.authorize_id_token(
        101, p_charge_point_id, p_id_token, p_source, p_at, p_session_id
    ) as a;
$$;

-- Who --------------------------------------------------------------------------------------

select is(pg_temp.decide('GWTOKEN3'), 'Accepted accepted', 'a registered token may charge');
select is(pg_temp.decide('gwToken3'), 'Accepted accepted', 'case does not matter');
select is(
    pg_temp.decide(E' \tGWTOKEN3\u0010\u000e\r\n'), 'Accepted accepted',
    'control characters and blanks at the ends do not matter'
);
select is(
    pg_temp.decide(E'GWTOK\u0010EN3'), 'Invalid id_token_malformed',
    'a control character inside makes another token of it, which none can be'
);
select is(pg_temp.decide('BCTOKEN3'), 'Invalid id_token_unknown', 'another tenant''s is unknown');
select is(pg_temp.decide(''), 'Invalid id_token_malformed', 'an empty token is refused');
select is(pg_temp.decide(null), 'Invalid id_token_malformed', 'no token is refused');
select is(
    pg_temp.decide(repeat('A', 37)), 'Invalid id_token_malformed',
    'a token longer than 36 characters is refused'
);
select is(
    pg_temp.decide(repeat('A', 100000)), 'Invalid id_token_malformed', 'however long it is'
);
select set_eq(
    $$ select u.id_token, u.attempts, u.last_charge_point_id
       from core.unknown_id_tokens as u
       where u.tenant_id = 101 and u.id <> 1001 $$,
    $$ values ('BCTOKEN3', 1::bigint, 1001::bigint) $$,
    'an unknown token that could be registered is in the inbox, a malformed one is not'
);

update core.id_tokens set is_blocked = true, expires_at = now() - interval '1 day'
where tenant_id = 101 and id = 1003;
select is(
    pg_temp.decide('GWTOKEN3'), 'Blocked id_token_blocked', 'blocked comes before expired'
);
update core.id_tokens set is_blocked = false where tenant_id = 101 and id = 1003;
select is(pg_temp.decide('GWTOKEN3'), 'Expired id_token_expired', 'an expired token is refused');
select is(
    pg_temp.decide('GWTOKEN3', 'start', 1001, now() - interval '2 days'), 'Accepted accepted',
    'a start from offline days is judged by its own time'
);
update core.id_tokens set expires_at = null, valid_from = now() + interval '1 hour'
where tenant_id = 101 and id = 1003;
select is(
    pg_temp.decide('GWTOKEN3'), 'Expired id_token_not_yet_valid',
    'a token that is not valid yet is refused'
);
update core.id_tokens set valid_from = null where tenant_id = 101 and id = 1003;

update core.memberships set is_active = false
where tenant_id = 101 and user_id = tests.user_id_of('greenway.driver2');
select is(
    pg_temp.decide('GWTOKEN2'), 'Blocked user_inactive',
    'the token of somebody who left the tenant is refused'
);
update core.memberships set is_active = true
where tenant_id = 101 and user_id = tests.user_id_of('greenway.driver2');
update core.users set is_active = false where id = tests.user_id_of('greenway.driver2');
select is(
    pg_temp.decide('GWTOKEN2'), 'Blocked user_inactive',
    'the token of a person who is locked is refused'
);

-- Where ------------------------------------------------------------------------------------

select is(pg_temp.decide('GWTOKEN1'), 'Accepted accepted', 'a right at the site covers it');
select is(
    pg_temp.decide('GWTOKEN1', p_charge_point_id => 1002), 'Blocked no_right_here',
    'and no charge point elsewhere'
);
insert into core.charge_point_group_members (
    tenant_id, charge_point_group_id, charge_point_id
) values (101, 1001, 1002);
insert into core.id_token_rights (tenant_id, id_token_group_id, charge_point_group_id)
values (101, 1001, 1001);
select is(
    pg_temp.decide('GWTOKEN1', p_charge_point_id => 1002), 'Accepted accepted',
    'a right of the token''s group is added to its own'
);
delete from core.id_token_rights where tenant_id = 101 and id_token_id = 1001;
update core.charge_points set site_id = null where tenant_id = 101 and id = 1001;
select is(
    pg_temp.decide('GWTOKEN1'), 'Accepted accepted', 'a right at a group of charge points covers it'
);
delete from core.charge_point_group_members where tenant_id = 101 and charge_point_id = 1001;
select is(
    pg_temp.decide('GWTOKEN1'), 'Blocked no_right_here',
    'the group''s rights bind a token that has none of its own'
);
delete from core.id_token_rights where tenant_id = 101;
select is(
    pg_temp.decide('GWTOKEN1'), 'Accepted accepted', 'without any right it may charge everywhere'
);

-- How many at a time -----------------------------------------------------------------------

update core.sessions set state = 'active', ended_at = null where tenant_id = 101 and id = 1001;
select is(
    pg_temp.decide('GWTOKEN1', 'start'), 'ConcurrentTx too_many_transactions',
    'a second start is refused while a session runs'
);
select is(
    pg_temp.decide('GWTOKEN1', 'authorize'), 'Accepted accepted',
    'showing the card is not a start: it may be meant to end the session (OCPP 1.6 §7.2)'
);
select is(
    pg_temp.decide('GWTOKEN1', 'start', p_session_id => 1001), 'Accepted accepted',
    'a session does not count against itself'
);
update core.sessions set authorization_status = 'Blocked' where tenant_id = 101 and id = 1001;
select is(
    pg_temp.decide('GWTOKEN1', 'start'), 'Accepted accepted',
    'a session that was refused does not count'
);
update core.sessions set authorization_status = 'Accepted' where tenant_id = 101 and id = 1001;
update core.id_tokens set max_concurrent_transactions = 2 where tenant_id = 101 and id = 1001;
select is(pg_temp.decide('GWTOKEN1', 'start'), 'Accepted accepted', 'two are two');
update core.id_tokens set max_concurrent_transactions = 0 where tenant_id = 101 and id = 1001;
select is(pg_temp.decide('GWTOKEN1', 'start'), 'Accepted accepted', 'zero is any number');

-- A charge point that was not accepted ---------------------------------------------------------

update core.charge_points set registration_status = 'Pending' where tenant_id = 101 and id = 1001;
select is(
    pg_temp.decide('GWTOKEN1', 'start'), 'Invalid charge_point_not_accepted',
    'OCPP 1.6 §4.2: a charge point that is not accepted starts nothing'
);
update core.charge_points set registration_status = 'Rejected' where tenant_id = 101 and id = 1001;
select is(
    pg_temp.decide('GWTOKEN1', 'start'), 'Invalid charge_point_not_accepted', 'nor a rejected one'
);
select is(
    pg_temp.decide('GWTOKEN1', 'stop'), 'Accepted accepted', 'what runs there may be stopped'
);
update core.charge_points set registration_status = 'Accepted' where tenant_id = 101 and id = 1001;

-- What is kept -----------------------------------------------------------------------------

delete from core.authorizations where tenant_id = 101;
select pg_temp.decide(E'gwtoken1\u0010', 'stop', 1002, now() - interval '400 days');
select set_eq(
    $$ select a.charge_point_id, a.id_token, a.id_token_id, a.user_id, a.source, a.status,
           a.reason, a.decided_at = now()
       from core.authorizations as a
       where a.tenant_id = 101 $$,
    $$ values (
           1002::bigint, 'gwtoken1', 1001::bigint, tests.user_id_of('greenway.customer'), 'stop',
           'Accepted', 'accepted', true
       ) $$,
    'a decision is kept with the token as shown, whose it is and why'
);
select throws_ok(
    $$ select pg_temp.decide('GWTOKEN1', 'StartTransaction') $$, '23514', null,
    'a source that is none is a mistake of ours'
);

-- Who may call it --------------------------------------------------------------------------

select tests.act_as('greenway.admin');
select throws_ok(
    $$ select charging.authorize_id_token(101, 1001, 'GWTOKEN1', 'start', now(), null) $$,
    '42501', null, 'nobody calls it through the API'
);

select * from finish();
rollback;
