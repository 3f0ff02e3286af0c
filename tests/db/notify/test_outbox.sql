-- The outbox: put once, decided on by the own tenant's operators only, put off and reaped.
begin;
select plan(33);

select tests.act_as_owner();
delete from ops.outbox;
insert into ops.outbox_kinds (kind, max_attempts, first_delay, longest_delay, description)
values ('parcel', 2, '1 minute', '4 minutes', 'a test');
select is(
    notify.put_outbox(101, 'parcel', 'a', '{"n": 1}', 'order'),
    notify.put_outbox(101, 'parcel', 'a', '{"n": 2}', 'order'),
    'asked for twice it is one effect'
);
select throws_ok(
    $$ select notify.put_outbox(102, 'parcel', 'a', '{}') $$, '23505', null,
    'the key of another tenant''s effect is a mistake'
);
select notify.put_outbox(101, 'parcel', 'b', '{}', 'order');
select notify.put_outbox(102, 'parcel', 'theirs', '{}');
create temporary table numbers as
select o.idempotency_key as key, o.id from ops.outbox as o;
grant select on pg_temp.numbers to public;
create function pg_temp.id_of(p_key text) returns bigint language sql as $$
    select n.id from pg_temp.numbers as n where n.key = p_key
$$;
create function pg_temp.state_of(p_key text) returns text language sql as $$
    select o.state from ops.outbox as o where o.idempotency_key = p_key
$$;
grant execute on function pg_temp.id_of(text) to public;

select tests.act_as_login('jobs');
select results_eq(
    $$ select t.outbox_id, t.number, t.is_ask, t.tenant_id, t.idempotency_key
       from jobs.take_outbox('here', 'parcel', true) as t $$,
    $$ select pg_temp.id_of('a'), 1, false, 101::bigint, 'a' $$,
    'the one that is due for longest is taken'
);
select results_eq(
    $$ select t.idempotency_key from jobs.take_outbox('here', 'parcel', true) as t $$,
    array['theirs'], 'what is behind it in its order waits, what is not does not'
);
select is_empty(
    $$ select from jobs.take_outbox('here', 'parcel', true) $$, 'then nothing is due'
);
select is_empty($$ select from jobs.take_outbox('here', 'email', true) $$, 'of another kind');
select is(
    jobs.prepare_outbox(pg_temp.id_of('a'), 1), '{"n": 1}', 'the payload is what was put first'
);
select is(
    jobs.prepare_outbox(pg_temp.id_of('a'), 2), null, 'there is none for another call'
);
select throws_ok(
    $$ select jobs.finish_outbox(pg_temp.id_of('a'), 1, 'fine', null, null) $$, '22023', null,
    'an outcome is one of four'
);
select is(
    jobs.finish_outbox(pg_temp.id_of('a'), 1, 'retry', 503, 'closed', 600), 'waiting',
    'what may be tried again waits'
);
select throws_ok($$ select from ops.outbox $$, '42501', null, 'the runner reads no table');

select tests.act_as_owner();
select results_eq(
    $$ select o.attempts, o.last_error,
           o.next_attempt_at between now() + interval '9 minutes' and now() + interval '11 minutes'
       from ops.outbox as o where o.idempotency_key = 'a' $$,
    $$ values (1, 'closed', true) $$, 'as long as the other side asked for'
);
select jobs.tend_outbox();
select ok(
    (select o.next_attempt_at > now() + interval '5 minutes' from ops.outbox as o
     where o.idempotency_key = 'b'),
    'what is behind it is put off as well'
);
update ops.outbox as o set next_attempt_at = now() where o.idempotency_key = 'a';
select tests.act_as_login('jobs');
select is(
    (select t.number from jobs.take_outbox('here', 'parcel', false) as t), 2, 'a second try'
);
select is(
    jobs.finish_outbox(pg_temp.id_of('a'), 2, 'unknown', null, 'silence'), 'unknown',
    'that nobody answers'
);
select is_empty(
    $$ select from jobs.take_outbox('here', 'parcel', false) $$,
    'is not repeated, and holds up its order'
);

-- Decided on by people.
select tests.act_as('greenway.support');
select throws_ok(
    format($$ select from api.retry_outbox(%s) $$, pg_temp.id_of('a')), 'PT403', null,
    'it takes the permission jobs.write'
);
select tests.act_as('bluecharge.admin');
select throws_ok(
    format($$ select from api.retry_outbox(%s) $$, pg_temp.id_of('a')), 'PT404', null,
    'another tenant has no such effect'
);
select throws_ok(
    format($$ select from api.discard_outbox(%s, 'because') $$, pg_temp.id_of('a')), 'PT404',
    null, 'to give up neither'
);
select results_eq(
    $$ select o.idempotency_key from api.outbox as o $$, array['theirs'], 'each sees its own'
);
select tests.act_as('greenway.operator');
select throws_ok(
    format($$ select from api.discard_outbox(%s, ' ') $$, pg_temp.id_of('a')), 'PT400', null,
    'giving up takes a reason'
);
select results_eq(
    format($$ select o.state, o.attempts from api.retry_outbox(%s) as o $$, pg_temp.id_of('a')),
    $$ values ('waiting', 0) $$, 'an operator may have it tried again'
);
select results_eq(
    format(
        $$ select o.state, o.last_error from api.discard_outbox(%s, 'nobody wants it') as o $$,
        pg_temp.id_of('a')
    ),
    $$ values ('dead', 'nobody wants it') $$, 'or give it up'
);
select results_eq(
    $$ select a.number, a.outcome, a.code, a.detail
       from api.outbox_attempts as a order by a.number $$,
    $$ values (1, 'retry', 503, 'closed'), (2, 'unknown', null, 'silence') $$,
    'the log keeps what the calls came to'
);
select throws_ok(
    $$ delete from api.outbox_attempts $$, '42501', null, 'and is not to be changed'
);
select tests.act_as_login('jobs');
select results_eq(
    $$ select t.idempotency_key from jobs.take_outbox('here', 'parcel', false) as t $$,
    array['b'], 'the next in its order goes on at once'
);

-- A runner that dies.
select tests.act_as_owner();
update ops.outbox as o set taken_at = now() - interval '3 minutes' where o.state = 'running';
select is(jobs.tend_outbox(), '2 calls without an outcome', 'two calls were under way');
select is(pg_temp.state_of('b'), 'unknown', 'whether this one was made nobody knows');
select tests.act_as('greenway.operator');
select throws_ok(
    $$ select from api.retry_outbox(0) $$, 'PT404', null, 'a number that nobody has'
);
select tests.act_as_login('jobs');
select is(
    jobs.finish_outbox(pg_temp.id_of('b'), 1, 'delivered', 200, 'late'), 'delivered',
    'a report that comes late counts while the outcome is open'
);

-- A tenant with many receivers that do not answer leaves room for the others.
select tests.act_as_owner();
delete from ops.outbox;
insert into ops.outbox (tenant_id, kind, idempotency_key, payload, lane)
select 101, 'parcel', 'slow' || n, '{}', 'receiver' || n from generate_series(1, 6) as n;
insert into ops.outbox (tenant_id, kind, idempotency_key, payload, next_attempt_at)
values (102, 'parcel', 'quick', '{}', now());
select tests.act_as_login('jobs');
select results_eq(
    $$ select t.idempotency_key from generate_series(1, 4) as n
       cross join lateral jobs.take_outbox('here' || n, 'parcel', false) as t
       where t.tenant_id = 101 $$,
    array['slow1', 'slow2', 'slow3', 'slow4'], 'four of a tenant are called at once'
);
select results_eq(
    $$ select t.idempotency_key from jobs.take_outbox('here', 'parcel', false) as t $$,
    array['quick'], 'then it is the turn of another'
);

-- What the other side can be asked for is not made again on a person's word.
select tests.act_as_owner();
delete from ops.outbox;
insert into ops.outbox (tenant_id, kind, idempotency_key, payload, state, next_attempt_at)
values
    (101, 'card_refund', 'asked', '{}', 'unknown', now() + interval '1 hour'),
    (101, 'email', 'repeated', '{}', 'unknown', now() + interval '1 hour');
select tests.act_as('greenway.operator');
select results_eq(
    $$ select r.idempotency_key, r.state, r.next_attempt_at <= now()
       from api.outbox as o cross join lateral api.retry_outbox(o.id) as r
       where o.state = 'unknown' order by o.id $$,
    $$ values ('asked', 'unknown', true), ('repeated', 'waiting', true) $$,
    'an unknown refund is asked for at once, an e-mail sent'
);
select * from finish();
rollback;
