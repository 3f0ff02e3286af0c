-- How many different tokens one charge point may have authorised within an hour.
begin;
select plan(16);
select tests.act_as_owner();

update ops.settings set value = '3' where name = 'charging.max_id_tokens_per_hour';

create function pg_temp.decide(p_id_token text, p_source text default 'authorize')
returns text
language sql
as $$
    select a.status || ' ' || a.reason
    from charging.authorize_id_token(101, 1001, p_id_token, p_source, now(), null) as a;
$$;

create function pg_temp.get_window()
returns table (tokens integer, refusals bigint)
language sql
as $$
    select cardinality(w.token_hashes), w.refusals
    from ops.id_token_windows as w
    where w.tenant_id = 101 and w.charge_point_id = 1001;
$$;

select is(pg_temp.decide('GUESS-1'), 'Invalid id_token_unknown', 'a first token is looked at');
select is(pg_temp.decide('GUESS-2'), 'Invalid id_token_unknown', 'a second, too');
select is(pg_temp.decide('guess-2'), 'Invalid id_token_unknown', 'again, in another case');
select is(pg_temp.decide('GWTOKEN3'), 'Accepted accepted', 'a third one');
select results_eq(
    'select * from pg_temp.get_window()', 'values (3, 0::bigint)', 'a repetition counts once'
);
select is(pg_temp.decide('GUESS-4'), 'Invalid too_many_id_tokens', 'past the limit nobody looks');
select is(
    pg_temp.decide('GWTOKEN2'), 'Invalid too_many_id_tokens', 'not even for a token that is good'
);
select is(pg_temp.decide('GWTOKEN3'), 'Accepted accepted', 'those of this hour go on');
select is(
    pg_temp.decide('GWTOKEN2', 'start'), 'Accepted accepted', 'a start is judged all the same'
);
select is(
    pg_temp.decide('GUESS-5', 'stop'), 'Invalid id_token_unknown', 'a stop, too'
);
select is_empty(
    $$
        select from core.unknown_id_tokens where id_token = 'GUESS-4'
        union all
        select from core.authorizations where id_token = 'GUESS-4'
    $$,
    'what was not looked at leaves nothing behind'
);
select results_eq(
    $$
        select kind, severity, occurrences, details ->> 'id_tokens'
        from core.alarms
        where tenant_id = 101 and charge_point_id = 1001 and kind = 'id_token_flood'
    $$,
    $$ values ('id_token_flood', 'warning', 1::bigint, '3') $$,
    'an alarm says so once'
);
select is(
    (
        select a.status
        from charging.authorize_id_token(101, 1002, 'GWTOKEN3', 'authorize', now(), null) as a
    ),
    'Accepted', 'another charge point has a window of its own'
);

update ops.id_token_windows
set began_at = now() - interval '61 minutes'
where tenant_id = 101 and charge_point_id = 1001;
select is(pg_temp.decide('GWTOKEN2'), 'Accepted accepted', 'the next hour is another one');
select results_eq(
    'select * from pg_temp.get_window()', 'values (1, 0::bigint)', 'and begins with its token'
);

update ops.settings set value = '1000' where name = 'charging.max_id_tokens_per_hour';
select is(
    (
        select count(*) filter (
            where pg_temp.decide('N-' || n) = 'Invalid id_token_unknown'
        )
        from generate_series(1, 300) as n
    ),
    300::bigint, 'the setting counts'
);

select * from finish();
rollback;
