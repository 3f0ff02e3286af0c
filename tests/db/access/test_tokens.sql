begin;
select plan(15);

select tests.act_as_owner();

-- access.encode_base64url, create_token, hash_token
select is(access.encode_base64url('\xfbff'), '-_8', 'base64url, without padding');
select is(
    access.encode_base64url(repeat('x', 100)::bytea) ~ '^[A-Za-z0-9_-]{134}$', true,
    'without line breaks'
);
select matches(access.create_token(), '^[A-Za-z0-9_-]{43}$', 'a token has 43 characters');
select isnt(access.create_token(), access.create_token(), 'never the same');
select is(access.hash_token('abc'), sha256('abc'), 'a token is stored as its SHA-256');

-- access.sign_jwt: RFC 7515 appendix A.1 signs other bytes, so the signature is checked against
-- one made elsewhere, with the secret below.
update ops.secrets set value = 'a secret for tests, 32 bytes or more of it'
where name = 'jwt_secret';
select is(
    split_part(access.sign_jwt('{"sub": "a"}'), '.', 3),
    'UhKYi2hFpcHbu8RmqlnqhRFAC7vu4JyrV48iN4ZQpD8',
    'a JWT is signed as others sign it'
);

-- access.get_secret, get_setting
select throws_ok(
    $$ select access.get_secret('nothing') $$, '55000', null,
    'a secret that is not there is an error'
);
select is(access.get_setting('access.bcrypt_cost')::integer, 4, 'a setting is read as jsonb');
select throws_ok(
    $$ select access.get_setting('nothing') $$, '55000', null, 'a setting that is not there, too'
);

-- access.issue_token
select is(
    (access.issue_token('OPERATOR@greenway.example', null) ->> 'tenant'), 'greenway',
    'the command line signs a person in by e-mail'
);
select is(
    (access.issue_token('both@example.org', 'bluecharge') ->> 'role'), 'admin',
    'in the tenant named'
);
select throws_ok(
    $$ select access.issue_token('nobody@example.org', null) $$, 'PT404', null, 'nobody is nobody'
);
select throws_ok(
    $$ select access.issue_token('both@example.org', 'nowhere') $$, 'PT404', null,
    'nowhere is nowhere'
);
select throws_ok(
    $$ select access.issue_token('operator@greenway.example', 'bluecharge') $$, 'PT401', null,
    'another tenant is not theirs'
);

select tests.act_as('greenway.platform_admin');
select throws_ok(
    $$ select access.issue_token('operator@greenway.example', null) $$, '42501', null,
    'through the API nobody issues tokens'
);

select * from finish();
rollback;
