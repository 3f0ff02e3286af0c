-- Insert and update are granted by column: a new column is nobody's to write until somebody says
-- so.
select
    n.nspname || '.' || c.relname as object,
    'gives ' || lower(a.privilege_type) || ' on all columns to '
    || coalesce(r.rolname, 'public') as problem
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
cross join lateral pg_catalog.aclexplode(c.relacl) as a
left join pg_catalog.pg_roles as r on r.oid = a.grantee
where
    n.nspowner = 'voltaro_owner'::regrole
    and c.relkind in ('r', 'p', 'v')
    and a.grantee <> c.relowner
    and a.privilege_type in ('INSERT', 'UPDATE')
