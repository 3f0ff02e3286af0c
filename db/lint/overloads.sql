-- One name, one function: grants and db/code find a function by its name alone. But for the
-- relationships that PostgREST embeds: functions of schema api of one row of a view there.
select
    n.nspname || '.' || p.proname as object,
    'exists ' || count(*) || ' times with different arguments' as problem
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
left join pg_catalog.pg_class as v
    on
        n.nspname = 'api'
        and p.pronargs = 1
        and v.reltype = p.proargtypes[0]
        and v.relkind = 'v'
        and v.relnamespace = n.oid
where n.nspowner = 'voltaro_owner'::regrole
group by n.nspname, p.proname
having count(*) > 1 and count(*) > count(v.oid)
