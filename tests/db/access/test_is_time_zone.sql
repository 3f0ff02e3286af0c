-- Names of time zones are known, what PostgreSQL takes for zones besides is not.
begin;
select plan(4);
select tests.act_as_owner();

select is_empty(
    $$
    select z.name
    from pg_timezone_names as z
    where
        z.name !~ '^(posix|right)/'
        and z.name not in ('Factory', 'localtime', 'posixrules')
        and z.name ~ '/'
        and not access.is_time_zone(z.name)
    $$,
    'every zone of a place is known'
);
select results_eq(
    $$
    select n.name, access.is_time_zone(n.name)
    from unnest(array['UTC', 'CET', 'Japan', 'EST5EDT', 'Etc/GMT-14']) as n (name)
    $$,
    $$
    select n.name, true
    from unnest(array['UTC', 'CET', 'Japan', 'EST5EDT', 'Etc/GMT-14']) as n (name)
    $$,
    'and those with names of their own'
);
select is_empty(
    $$
    select n.name
    from unnest(array[
        null, '', 'Europe/Nowhere', 'europe/berlin', 'Mars/Base5', 'Foo+5', 'UTC+3', '<+03>-3', 'PST',
        'BC', 'Europe/Berlin ', 'posix/UTC', 'right/UTC', 'Factory', 'localtime', 'posixrules',
        repeat('A', 200), 'Europe/Berlin BC'
    ]) as n (name)
    where access.is_time_zone(n.name)
    $$,
    'forms of POSIX, abbreviations and other texts are none'
);
-- The list of names that PostgreSQL has would take three seconds.
select performs_ok(
    $$ select access.is_time_zone('Europe/Berlin') from generate_series(1, 100) $$, 1000,
    'a usual name is judged at once'
);
select * from finish();
rollback;
