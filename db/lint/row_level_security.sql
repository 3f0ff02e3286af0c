-- Row-level security is on for every table. A partition may do without, as long as nobody but
-- the owner can reach it other than through its parent (see partition_privileges).
select n.nspname || '.' || c.relname as object, 'has row-level security switched off' as problem
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where
    n.nspowner = 'voltaro_owner'::regrole
    and n.nspname <> 'yoyo'
    and c.relkind in ('r', 'p')
    and not c.relrowsecurity
    and not c.relispartition
