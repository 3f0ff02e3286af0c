-- The register of what is known about persons is complete, and every row of it runs.
begin;
select plan(5);

select tests.act_as_owner();

-- A table that names a person, or a customer, is in the register or here with the reason.
select set_eq(
    $$
    select c.oid::regclass::text
    from pg_catalog.pg_class as c
    where
        c.relkind in ('r', 'p')
        and not c.relispartition
        and c.relnamespace in ('core'::regnamespace, 'ops'::regnamespace)
        and exists (
            select
            from pg_catalog.pg_attribute as a
            where
                a.attrelid = c.oid
                and a.attnum > 0
                and not a.attisdropped
                and (
                    a.attname in ('user_id', 'customer_id', 'account_id', 'id_token_id', 'id_token')
                    or a.attname in ('email', 'phone', 'full_name', 'account_holder')
                    or a.attname ~ '^counterparty_'
                )
        )
        and not exists (
            select from ops.personal_data as p where p.table_name = c.oid::regclass::text
        )
    $$,
    array[
        -- Statements of the bank are part of the books.
        'core.bank_transactions',
        -- Figures of invoices that are in the register.
        'core.billing_run_accounts', 'core.billing_run_held', 'core.invoice_taxes',
        'core.low_wallets',
        -- A company of the tenant.
        'core.legal_entities',
        -- Rights and prices of a card, by its number in our tables only.
        'core.id_token_rights', 'core.tariff_assignments',
        -- What chargers hold until their next list, and cards that nobody knows.
        'core.local_list_entries', 'core.unknown_id_tokens'
    ],
    'every table that knows persons is in the register'
);
select is_empty(
    $$
    select p.table_name, k.name
    from ops.personal_data as p
    cross join lateral (
        select h.name from unnest(p.hidden || p.masked) as h (name)
        union all
        select c.name from jsonb_object_keys(p.cleared) as c (name)
    ) as k
    where not exists (
        select
        from pg_catalog.pg_attribute as a
        where
            a.attrelid = to_regclass(p.table_name)
            and a.attname = k.name
            and not a.attisdropped
    )
    $$,
    'its columns exist'
);
select is_empty(
    $$
    select p.table_name, a.attname
    from ops.personal_data as p
    inner join pg_catalog.pg_attribute as a
        on a.attrelid = to_regclass(p.table_name) and a.attgenerated <> ''
    inner join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where
        not a.attname = any (p.masked)
        and exists (
            select
            from jsonb_object_keys(p.cleared) as c (name)
            where pg_get_expr(d.adbin, d.adrelid) ~ format('\m%s\M', c.name)
        )
    $$,
    'what is made of a column that is cleared is masked in the audit log as well'
);
select lives_ok(
    $$select access.export_person(101, tests.user_id_of('greenway.customer'))$$,
    'its conditions can be asked'
);
select is_empty(
    $$
    select k.key
    from jsonb_each(access.export_person(102, tests.user_id_of('greenway.customer')) -> 'data') as k
    where k.key not in (select p.table_name from ops.personal_data as p where p.is_shared)
    $$,
    'another tenant knows nothing of a person but what is shared'
);

select tests.reset();
select * from finish();
rollback;
