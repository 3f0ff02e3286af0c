-- What a request without a token may do: exactly these functions of the API, what the check of
-- every request needs, and no relation at all.
with allowed (name) as (
    values
        ('login'), ('refresh'), ('token_for_key'), ('sign_up'), ('verify_email'),
        ('request_password_reset'), ('reset_password'), ('payment_webhook'), ('health')
),
functions as (
    select
        n.nspname,
        p.proname,
        pg_catalog.has_function_privilege('anon', p.oid, 'execute') as is_open,
        n.nspname = 'api' and p.proname in (select a.name from allowed as a) as is_listed
    from pg_catalog.pg_proc as p
    inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
    where n.nspowner = 'voltaro_owner'::regrole
)
select
    f.nspname || '.' || f.proname as object,
    case
        when f.is_listed then 'is for anonymous requests, but anon may not execute it'
        else 'may be executed by anon'
    end as problem
from functions as f
where f.is_open <> f.is_listed and f.nspname <> 'claims'
union all
select
    n.nspname || '.' || c.relname,
    'gives rights to anon'
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where
    n.nspowner = 'voltaro_owner'::regrole
    and c.relkind in ('r', 'p', 'v', 'm', 'f')
    and (
        pg_catalog.has_table_privilege(
            'anon', c.oid, 'select, insert, update, delete, truncate, references, trigger'
        )
        or pg_catalog.has_any_column_privilege(
            'anon', c.oid, 'select, insert, update, references'
        )
    )
