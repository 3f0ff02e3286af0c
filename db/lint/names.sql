-- Relations and columns are snake_case: they reach the API's clients as they are.
select n.nspname || '.' || c.relname as object, 'is not named in snake_case' as problem
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where
    n.nspowner = 'voltaro_owner'::regrole
    and n.nspname <> 'yoyo'
    and c.relkind in ('r', 'p', 'v', 'm')
    and c.relname !~ '^[a-z][a-z0-9]*(_[a-z0-9]+)*$'
union all
select
    n.nspname || '.' || c.relname || '.' || t.attname,
    'is not named in snake_case'
from pg_catalog.pg_attribute as t
inner join pg_catalog.pg_class as c on c.oid = t.attrelid
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where
    n.nspowner = 'voltaro_owner'::regrole
    and n.nspname <> 'yoyo'
    and c.relkind in ('r', 'p', 'v', 'm')
    and t.attnum > 0
    and not t.attisdropped
    and t.attname !~ '^[a-z][a-z0-9]*(_[a-z0-9]+)*$'
