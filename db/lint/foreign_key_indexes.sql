-- A foreign key without an index makes every delete or key change of its target read the whole
-- table. An index serves when its leading columns are columns of the key and the key's last one,
-- the id itself, is among them: tenant and parent stand before it and may be left out.
with keys as (
    select
        k.conrelid,
        k.conname,
        k.conkey,
        k.conkey[cardinality(k.conkey)] as id
    from pg_catalog.pg_constraint as k
    inner join pg_catalog.pg_namespace as n on n.oid = k.connamespace
    where
        k.contype = 'f'
        and k.conparentid = 0
        and n.nspowner = 'voltaro_owner'::regrole
        and n.nspname <> 'yoyo'
)
select k.conrelid::regclass::text as object, 'has no index for ' || k.conname as problem
from keys as k
where not exists (
    select
    from pg_catalog.pg_index as i
    cross join generate_series(1, cardinality(k.conkey)) as length
    cross join lateral (
        select array_agg(c.attnum) as columns
        from unnest(i.indkey::int2[]) with ordinality as c (attnum, place)
        where c.place <= length and c.place <= i.indnkeyatts
    ) as prefix
    where
        i.indrelid = k.conrelid
        and i.indisvalid
        and (
            i.indpred is null
            or pg_catalog.pg_get_expr(i.indpred, i.indrelid) ~ '^\(\w+ IS NOT NULL\)$'
        )
        and prefix.columns <@ k.conkey
        and k.id = any(prefix.columns)
)
