-- Code is replaced, state stays: a constraint, default, index or policy that depends on a
-- function would stand in the way of replacing it. Only claims, whose signatures are frozen, and
-- functions of PostgreSQL and its extensions may be used. Views are code as well.
with users as (
    select d.refclassid, d.refobjid, d.classid, d.objid
    from pg_catalog.pg_depend as d
    left join pg_catalog.pg_index as i
        on d.classid = 'pg_catalog.pg_class'::regclass and i.indexrelid = d.objid
    where
        d.deptype = 'n'
        and (
            i.indexrelid is not null
            or d.classid in (
                'pg_catalog.pg_policy'::regclass,
                'pg_catalog.pg_attrdef'::regclass,
                'pg_catalog.pg_constraint'::regclass
            )
        )
)
select
    pg_catalog.pg_describe_object(u.classid, u.objid, 0) as object,
    'depends on ' || pg_catalog.pg_describe_object(u.refclassid, u.refobjid, 0) as problem
from users as u
left join pg_catalog.pg_proc as p
    on u.refclassid = 'pg_catalog.pg_proc'::regclass and p.oid = u.refobjid
left join pg_catalog.pg_class as c
    on u.refclassid = 'pg_catalog.pg_class'::regclass and c.oid = u.refobjid and c.relkind = 'v'
inner join pg_catalog.pg_namespace as n on n.oid in (p.pronamespace, c.relnamespace)
where
    n.nspowner = 'voltaro_owner'::regrole
    and n.nspname <> 'claims'
