begin;
select plan(17);

select tests.act_as_owner();

-- access.check_password
select lives_ok(
    $$ select access.check_password('ten chars.', 'a@b.c') $$, '10 bytes are enough'
);
select lives_ok(
    $$ select access.check_password(repeat('ä', 36), 'a@b.c') $$, '72 bytes are not too many'
);
select throws_ok(
    $$ select access.check_password('nine char', 'a@b.c') $$, 'PT400', 'the password is too short',
    '9 are too few'
);
select throws_ok(
    $$ select access.check_password(null, 'a@b.c') $$, 'PT400', 'the password is too short',
    'none is too short'
);
select throws_ok(
    $$ select access.check_password(repeat('ä', 36) || 'x', 'a@b.c') $$, 'PT400',
    'the password is too long', '73 bytes are too many: bcrypt would ignore the last'
);
select throws_ok(
    $$ select access.check_password(' Someone@Example.org ', 'someone@example.org') $$, 'PT400',
    'the password is the e-mail address', 'the address is no password'
);

-- access.hash_password
select matches(
    access.hash_password('correct-horse-7'), '^\$2a\$04\$.{53}$',
    'bcrypt at the cost of the setting'
);
select isnt(
    access.hash_password('correct-horse-7'), access.hash_password('correct-horse-7'),
    'salted'
);

-- access.try_password
create function pg_temp.attempt(p_email text, p_password text)
returns text
language sql
as $$
    select case
        when t.wait_s is not null then 'wait'
        when t.user_id is not null then 'right'
        else 'wrong'
    end
    from access.try_password(p_email, p_password) as t;
$$;
select is(
    pg_temp.attempt(' Admin@Greenway.Example', 'correct-horse-7'), 'right',
    'the address is compared without case'
);
select is(
    pg_temp.attempt('admin@greenway.example', 'correct-horse-7' || repeat('x', 60)), 'wrong',
    'a password that goes on past byte 72 is another one'
);
select is(
    array(select pg_temp.attempt('admin@greenway.example', 'guess') from generate_series(1, 6)),
    array['wrong', 'wrong', 'wrong', 'wrong', 'wait', 'wait'],
    'with the failure above five attempts are free, then the address has to wait'
);
select is(
    pg_temp.attempt('admin@greenway.example', 'correct-horse-7'), 'wait',
    'with the right password too'
);
select is(
    array(select pg_temp.attempt('nobody@greenway.example', 'guess') from generate_series(1, 6)),
    array['wrong', 'wrong', 'wrong', 'wrong', 'wrong', 'wait'],
    'an unknown address is treated the same'
);

-- Each failure after a wait doubles it, up to the longest.
update ops.login_attempts set locked_until = clock_timestamp();
select pg_temp.attempt('nobody@greenway.example', 'guess');
select results_eq(
    $$ select la.failures, round(extract(epoch from la.locked_until - la.last_failed_at))
       from ops.login_attempts as la
       where la.subject_hash = access.hash_token('login nobody@greenway.example') $$,
    $$ values (6, 8::numeric) $$,
    'the second wait is 8 seconds'
);
update ops.login_attempts set locked_until = clock_timestamp(), failures = 1000;
select pg_temp.attempt('nobody@greenway.example', 'guess');
select results_eq(
    $$ select la.failures, la.locked_until - la.last_failed_at <= '15 min'
           and la.locked_until - la.last_failed_at > '14 min'
       from ops.login_attempts as la
       where la.subject_hash = access.hash_token('login nobody@greenway.example') $$,
    $$ values (1001, true) $$,
    'and the longest is a quarter of an hour'
);

update ops.login_attempts
set locked_until = null, last_failed_at = clock_timestamp() - interval '25 hours';
select pg_temp.attempt('nobody@greenway.example', 'guess');
select is(
    la.failures, 1, 'a day without failures forgets them'
)
from ops.login_attempts as la
where la.subject_hash = access.hash_token('login nobody@greenway.example');

select pg_temp.attempt('admin@greenway.example', 'correct-horse-7');
select is(
    (
        select count(*) from ops.login_attempts as la
        where la.subject_hash = access.hash_token('login admin@greenway.example')
    ),
    0::bigint, 'and so does the right password'
);

select * from finish();
rollback;
