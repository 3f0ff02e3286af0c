-- A view runs with its owner's rights, past row-level security, unless it says otherwise; and
-- `create or replace view` forgets the option when it is left out.
select n.nspname || '.' || c.relname as object, 'is a view without security_invoker' as problem
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where
    n.nspowner = 'voltaro_owner'::regrole
    and n.nspname = 'api'
    and c.relkind = 'v'
    and not ('security_invoker=true' = any(coalesce(c.reloptions, '{}')))
union all
select n.nspname || '.' || c.relname, 'is neither a view nor a function'
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = 'api' and c.relkind in ('r', 'p', 'm', 'f', 'S')
