-- Every table, view and function says what it is; the API is described from these comments.
select n.nspname || '.' || c.relname as object, 'has no comment' as problem
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where
    n.nspowner = 'voltaro_owner'::regrole
    and n.nspname <> 'yoyo'
    and c.relkind in ('r', 'p', 'v', 'm')
    and not c.relispartition
    and pg_catalog.obj_description(c.oid, 'pg_class') is null
union all
select n.nspname || '.' || p.proname, 'has no comment'
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where
    n.nspowner = 'voltaro_owner'::regrole
    and pg_catalog.obj_description(p.oid, 'pg_proc') is null
