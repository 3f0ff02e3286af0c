-- Everything in our schemas belongs to voltaro_owner: definer functions run as it, and only an
-- owner without login keeps row-level security meaningful.
with ours as (
    select n.oid, n.nspname
    from pg_catalog.pg_namespace as n
    where n.nspowner = 'voltaro_owner'::regrole
)
select o.nspname || '.' || c.relname as object, 'is not owned by voltaro_owner' as problem
from pg_catalog.pg_class as c
inner join ours as o on o.oid = c.relnamespace
where c.relowner <> 'voltaro_owner'::regrole and c.relkind in ('r', 'p', 'v', 'm', 'S')
union all
select o.nspname || '.' || p.proname, 'is not owned by voltaro_owner'
from pg_catalog.pg_proc as p
inner join ours as o on o.oid = p.pronamespace
where p.proowner <> 'voltaro_owner'::regrole
