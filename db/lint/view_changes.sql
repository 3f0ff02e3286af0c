-- A view that PostgreSQL cannot update by itself answers attempts with 55000, a 500 to the API's
-- clients: with audit.tg_view__refuse_change in its place they hear that they may not.
select n.nspname || '.' || c.relname as object, 'is a view whose change is a 500' as problem
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
cross join (values ('staff'), ('customer'), ('platform')) as r (role)
where
    n.nspowner = 'voltaro_owner'::regrole
    and n.nspname = 'api'
    and c.relkind = 'v'
    and pg_catalog.has_any_column_privilege(r.role, c.oid, 'select')
    -- 28: insert, update and delete.
    and pg_catalog.pg_relation_is_updatable(c.oid, true) & 28 <> 28
group by n.nspname, c.relname
