-- A policy is for named roles and one command; an update is checked before and after; permissive
-- policies of one role and command are joined by `or`, which costs the index, so there is one;
-- and what it asks claims is wrapped in a select, so that it is asked once a query.
with policies as (
    select
        n.nspname || '.' || c.relname as relation,
        p.*,
        coalesce(pg_catalog.pg_get_expr(p.polqual, p.polrelid), '')
        || coalesce(pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), '') as expression
    from pg_catalog.pg_policy as p
    inner join pg_catalog.pg_class as c on c.oid = p.polrelid
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspowner = 'voltaro_owner'::regrole
)
select p.polname || ' on ' || p.relation as object, 'is a policy for everybody' as problem
from policies as p
where p.polroles @> '{0}'
union all
select p.polname || ' on ' || p.relation, 'is a policy for all commands'
from policies as p
where p.polcmd = '*'
union all
select p.polname || ' on ' || p.relation, 'is a policy for update that lacks using or with check'
from policies as p
where p.polcmd = 'w' and (p.polqual is null or p.polwithcheck is null)
union all
select
    p.relation,
    'has ' || count(*) || ' permissive policies for one role and command: '
    || string_agg(p.polname, ', ' order by p.polname)
from policies as p
cross join lateral unnest(p.polroles) as r (role)
cross join lateral unnest(
    case when p.polcmd = '*' then '{r,a,w,d}' else array[p.polcmd] end::"char"[]
) as k (command)
where p.polpermissive
group by p.relation, r.role, k.command
having count(*) > 1
union all
select p.polname || ' on ' || p.relation, 'calls claims without a select around it'
from policies as p
where
    regexp_count(p.expression, 'claims\.\w+\(')
    <> regexp_count(p.expression, 'SELECT claims\.\w+\(')
