-- Nobody has a right merely by existing: what public may do, anonymous requests may do.
-- A function without a list of rights has PostgreSQL's default, which lets public execute it.
select n.nspname || '.' || p.proname as object, 'may be executed by public' as problem
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where
    n.nspowner = 'voltaro_owner'::regrole
    and exists (
        select
        from pg_catalog.aclexplode(
            coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))
        ) as a
        where a.grantee = 0
    )
union all
select distinct n.nspname || '.' || c.relname, 'gives rights to public'
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_attribute as t on t.attrelid = c.oid and t.attacl is not null
where
    n.nspowner = 'voltaro_owner'::regrole
    and (
        exists (select from pg_catalog.aclexplode(c.relacl) as a where a.grantee = 0)
        or exists (select from pg_catalog.aclexplode(t.attacl) as a where a.grantee = 0)
    )
union all
select n.nspname, 'is a schema that gives rights to public'
from pg_catalog.pg_namespace as n
where
    n.nspowner = 'voltaro_owner'::regrole
    and exists (select from pg_catalog.aclexplode(n.nspacl) as a where a.grantee = 0)
