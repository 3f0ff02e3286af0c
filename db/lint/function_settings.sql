-- A function pins its search_path, or its caller decides what its names mean. Where it runs with
-- the owner's rights the path is exactly `pg_catalog, pg_temp`: anything else, even an empty
-- path, finds temporary tables first.
select
    n.nspname || '.' || p.proname as object,
    case
        when s.path is null then 'has no search_path of its own'
        else 'is security definer with search_path ' || s.path
            || ' instead of pg_catalog, pg_temp'
    end as problem
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
cross join lateral (
    select (
        select substr(c.setting, 13)
        from unnest(p.proconfig) as c (setting)
        where c.setting like 'search\_path=%'
    ) as path
) as s
where
    n.nspowner = 'voltaro_owner'::regrole
    and (s.path is null or (p.prosecdef and s.path <> 'pg_catalog, pg_temp'))
