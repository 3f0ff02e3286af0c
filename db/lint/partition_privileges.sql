-- Partitions do not inherit policies: whoever has a right on a partition sees all of it. Rights
-- belong on the parent alone.
select distinct
    n.nspname || '.' || c.relname as object,
    'is a partition that ' || coalesce(r.rolname, 'public') || ' has rights on' as problem
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_attribute as t on t.attrelid = c.oid and t.attacl is not null
cross join lateral (
    select e.grantee from pg_catalog.aclexplode(c.relacl) as e
    union
    select e.grantee from pg_catalog.aclexplode(t.attacl) as e
) as a
left join pg_catalog.pg_roles as r on r.oid = a.grantee
where
    n.nspowner = 'voltaro_owner'::regrole
    and c.relispartition
    and c.relkind in ('r', 'p')
    and a.grantee <> c.relowner
