begin;
select plan(10);

select tests.act_as_owner();
select is(
    array(
        select access.send_token(
            tests.user_id_of('greenway.customer'), 'password_reset', 'password_reset', '1 hour'
        )
        from generate_series(1, 5)
    ),
    array[true, true, true, false, false],
    'three e-mails of a kind an hour go to one person'
);
select is(
    (
        select count(*) from core.one_time_tokens as ot
        where ot.user_id = tests.user_id_of('greenway.customer')
    ),
    3::bigint, 'each with a token of its own'
);
select ok(
    access.send_token(
        tests.user_id_of('greenway.customer'), 'account_exists', null, null, 101
    ),
    'another kind is counted by itself'
);
select results_eq(
    $$ select o.tenant_id, o.kind, o.payload from ops.outbox as o order by o.id desc limit 1 $$,
    $$ values (101::bigint, 'email', jsonb_build_object(
        'template', 'account_exists', 'to', 'customer@greenway.example',
        'full_name', 'Greenway Customer', 'language', 'en')) $$,
    'an e-mail without a purpose has no token'
);
select ok(
    not exists (
        select from core.one_time_tokens as ot
        inner join ops.outbox as o on o.payload ->> 'token' is not null
        where ot.token_hash = convert_to(o.payload ->> 'token', 'UTF8')
    )
    and (
        select count(*) from core.one_time_tokens as ot
        inner join ops.outbox as o on ot.token_hash = access.hash_token(o.payload ->> 'token')
    ) = 3,
    'only the hash of a token is stored beside the e-mail'
);

-- access.use_token
select
    set_config('tests.first', (array_agg(o.payload ->> 'token' order by o.id))[1], true),
    set_config('tests.last', (array_agg(o.payload ->> 'token' order by o.id desc))[1], true)
from ops.outbox as o
where o.payload ? 'token';
select is(
    (access.use_token(current_setting('tests.first'), 'password_reset')).user_id,
    tests.user_id_of('greenway.customer'), 'a token tells whose it is'
);
select throws_ok(
    format(
        'select access.use_token(%L, ''password_reset'')',
        current_setting('tests.first')
    ),
    'PT400', 'this token is unknown, used or expired', 'once'
);
select is(
    (
        select count(*) from core.one_time_tokens as ot
        where ot.user_id = tests.user_id_of('greenway.customer') and ot.used_at is null
    ),
    0::bigint, 'and voids the person''s others'
);
update core.one_time_tokens set used_at = null
where token_hash = access.hash_token(current_setting('tests.last'));
select throws_ok(
    format(
        'select access.use_token(%L, ''email_verification'')',
        current_setting('tests.last')
    ),
    'PT400', null, 'and for its purpose only'
);
update core.one_time_tokens set expires_at = now();
select throws_ok(
    format(
        'select access.use_token(%L, ''password_reset'')',
        current_setting('tests.last')
    ),
    'PT400', null, 'in time'
);

select * from finish();
rollback;
