begin;
select plan(17);

-- As whoever PostgREST acts for when it calls the check.
select tests.act_as('greenway.operator');

create function pg_temp.refusal_of(p_changes jsonb)
returns text
language sql
as $$
    select throws_ok(
        format(
            'select claims.resolve_request(%L)',
            jsonb_strip_nulls(tests.claims_of('greenway.operator') || p_changes)
        ),
        'PT401', null, 'refused: ' || p_changes::text
    );
$$;

select is(
    claims.resolve_request(c) - 'exp' - 'iat', c - 'exp' - 'iat', 'good claims stay as they are'
)
from (select tests.claims_of('greenway.operator') as c) as good;

select pg_temp.refusal_of('{"exp": 1}');
select pg_temp.refusal_of('{"exp": "tomorrow"}');
select pg_temp.refusal_of('{"aud": "elsewhere"}');
select pg_temp.refusal_of('{"iss": null}');
select pg_temp.refusal_of('{"jti": null}');
select pg_temp.refusal_of('{"jti": "not a uuid"}');
select pg_temp.refusal_of('{"jti": "00000000-0000-4000-a000-000000000001"}');
select pg_temp.refusal_of('{"sid": "00000000-0000-4000-9000-00000000ffff"}');
select pg_temp.refusal_of('{"sid": "00000000-0000-4000-9000-000000003002"}');
select pg_temp.refusal_of('{"tenant_id": 102}');
select pg_temp.refusal_of('{"tenant_id": 1e30}');
select pg_temp.refusal_of('{"sub": "00000000-0000-4000-8000-000000002001"}');

select throws_ok(
    format('select claims.resolve_request(%L)', tests.claims_of('greenway.inactive')),
    'PT401', 'this account is switched off here', 'a membership that is off is refused'
);

select tests.act_as_owner();
update core.login_sessions set revoked_at = now(), revoke_reason = 'test'
where id = '00000000-0000-4000-9000-000000003001';
update core.users set is_active = false where id = tests.user_id_of('greenway.support');
update core.tenants set is_active = false where id = 102;
select tests.act_as('greenway.operator');
select throws_ok(
    format('select claims.resolve_request(%L)', tests.claims_of('greenway.operator')),
    'PT401', 'the sign-in of this access token has ended', 'a revoked sign-in is refused'
);
select throws_ok(
    format('select claims.resolve_request(%L)', tests.claims_of('greenway.support')),
    'PT401', 'this account is switched off here', 'a person who is switched off is refused'
);
select throws_ok(
    format('select claims.resolve_request(%L)', tests.claims_of('bluecharge.admin')),
    'PT401', 'this account is switched off here', 'a tenant that is switched off is refused'
);

select * from finish();
rollback;
