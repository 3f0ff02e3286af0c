-- One name, one function: PostgREST, grants and db/code find a function by its name alone.
select
    n.nspname || '.' || p.proname as object,
    'exists ' || count(*) || ' times with different arguments' as problem
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where n.nspowner = 'voltaro_owner'::regrole
group by n.nspname, p.proname
having count(*) > 1
