-- Which tariff applies: audience, place, priority, time; and only the tenant's own.
begin;
select plan(31);

-- One tariff for each assignment, so that its name says which was chosen.
select tests.act_as_owner();
delete from core.tariff_assignments;
insert into core.customer_groups (tenant_id, id, name)
overriding system value
values (101, 1101, 'Fleet'), (102, 2101, 'Fleet');

create function pg_temp.assign(
    p_name text,
    p_place text default null,
    p_place_id bigint default null,
    p_customer_group_id bigint default null,
    p_id_token_id bigint default null,
    p_priority integer default 0,
    p_starts_at timestamptz default null,
    p_ends_at timestamptz default null,
    p_tenant_id bigint default 101,
    p_valid tstzrange default '[2020-01-01Z,)'
)
returns bigint
language plpgsql
as $$
declare
    v_tariff_id bigint;
    v_id bigint;
begin
    insert into core.tariffs (tenant_id, tariff_id, name)
    values (p_tenant_id, p_name, p_name)
    returning id into v_tariff_id;
    insert into core.tariff_versions (
        tenant_id, tariff_id, version_no, ocpi_version, document, compiled, tariff_hash, currency,
        valid
    )
    values (
        p_tenant_id, v_tariff_id, 1, '2.2.1', '{}', '{}', repeat('0', 64), 'EUR', p_valid
    );
    insert into core.tariff_assignments (
        tenant_id, tariff_id, site_id, charge_point_group_id, charge_point_id, evse_id,
        connector_id, customer_group_id, id_token_id, priority, starts_at, ends_at
    )
    values (
        p_tenant_id, v_tariff_id,
        case when p_place = 'site' then p_place_id end,
        case when p_place = 'group' then p_place_id end,
        case when p_place = 'charge_point' then p_place_id end,
        case when p_place = 'evse' then p_place_id end,
        case when p_place = 'connector' then p_place_id end,
        p_customer_group_id, p_id_token_id, p_priority, p_starts_at, p_ends_at
    )
    returning id into v_id;
    return v_id;
end;
$$;

-- Of greenway's first connector, which is at a site and in a group, unless said otherwise.
create function pg_temp.chosen(
    p_id_token_id bigint default null,
    p_user_id uuid default null,
    p_at timestamptz default '2026-06-01 12:00Z',
    p_id bigint default 1001,
    p_tenant_id bigint default 101
)
returns text
language sql
as $$
    select concat_ws(' ', t.tariff_id, c.place, c.audience)
    from pricing.choose_tariff(
        p_tenant_id, p_id, p_id, p_id, p_id_token_id, p_user_id, p_at
    ) as c
    left join core.tariff_versions as v
        on v.tenant_id = p_tenant_id and v.id = c.tariff_version_id
    left join core.tariffs as t on t.tenant_id = v.tenant_id and t.id = v.tariff_id;
$$;

-- Place ----------------------------------------------------------------------------------------

select is(pg_temp.chosen(), '', 'without any tariff none is chosen');
select is(
    (
        select c.time_zone
        from pricing.choose_tariff(101, 1001, null, null, null, null, now()) as c
    ),
    'Europe/Berlin', 'but the zone is known'
);
update core.sites set time_zone = 'Asia/Tokyo' where tenant_id = 101 and id = 1001;
select is(
    (
        select c.time_zone
        from pricing.choose_tariff(101, 1001, null, null, null, null, now()) as c
    ),
    'Asia/Tokyo', 'it is the site''s'
);
select is(
    (
        select c.time_zone
        from pricing.choose_tariff(101, 1002, null, null, null, null, now()) as c
    ),
    'Europe/Berlin', 'and the tenant''s where there is no site'
);
select pg_temp.assign('OTHER', p_tenant_id => 102);
select is(pg_temp.chosen(), '', 'another tenant''s tariff is none');
select pg_temp.assign('TENANT');
select is(pg_temp.chosen(), 'TENANT tenant everyone', 'the tenant''s applies everywhere');
select is(
    pg_temp.chosen(p_id => 2001, p_tenant_id => 102), 'OTHER tenant everyone',
    'to each tenant its own'
);
select pg_temp.assign('SITE', 'site', 1001);
select is(pg_temp.chosen(), 'SITE site everyone', 'a site beats the tenant');
select is(
    pg_temp.chosen(p_id => 1002), 'TENANT tenant everyone', 'and counts for its charge points only'
);
select pg_temp.assign('GROUP', 'group', 1001);
select is(pg_temp.chosen(), 'GROUP group everyone', 'a group beats the site');
select pg_temp.assign('POINT', 'charge_point', 1001);
select is(pg_temp.chosen(), 'POINT charge_point everyone', 'a charge point beats the group');
select pg_temp.assign('EVSE', 'evse', 1001);
select is(pg_temp.chosen(), 'EVSE evse everyone', 'an EVSE beats the charge point');
select pg_temp.assign('CONNECTOR', 'connector', 1001);
select is(pg_temp.chosen(), 'CONNECTOR connector everyone', 'a connector beats the EVSE');
select is(
    (
        select c.place
        from pricing.choose_tariff(101, 1001, 1001, null, null, null, now()) as c
    ),
    'evse', 'where the connector is unknown its EVSE counts'
);
select is(
    (
        select c.place
        from pricing.choose_tariff(101, 1001, null, null, null, null, now()) as c
    ),
    'charge_point', 'and where that is unknown the charge point'
);

-- Audience -------------------------------------------------------------------------------------

select pg_temp.assign('FLEET', p_customer_group_id => 1101);
select is(
    pg_temp.chosen(1001), 'CONNECTOR connector everyone', 'who is in no group pays as everyone'
);
insert into core.customer_group_members (tenant_id, customer_group_id, user_id)
values (101, 1101, tests.user_id_of('greenway.customer'));
select is(
    pg_temp.chosen(1001, tests.user_id_of('greenway.customer')), 'FLEET tenant customer_group',
    'a group of customers beats every place for everyone'
);
select is(
    pg_temp.chosen(null, tests.user_id_of('greenway.customer')), 'FLEET tenant customer_group',
    'with each token of that person'
);
select is(
    pg_temp.chosen(1002, tests.user_id_of('greenway.driver2')), 'CONNECTOR connector everyone',
    'and for no other person'
);
insert into core.customer_group_members (tenant_id, customer_group_id, id_token_id)
values (101, 1101, 1003);
select is(pg_temp.chosen(1003), 'FLEET tenant customer_group', 'a token can be in a group, too');
select pg_temp.assign('FLEET-SITE', 'site', 1001, p_customer_group_id => 1101);
select is(
    pg_temp.chosen(1003), 'FLEET-SITE site customer_group', 'within a group the place decides'
);
select pg_temp.assign('TOKEN', p_id_token_id => 1003);
select is(pg_temp.chosen(1003), 'TOKEN tenant id_token', 'a token beats its group');
select is(pg_temp.chosen(1002), 'CONNECTOR connector everyone', 'and is nobody else''s');

-- Priority and time ----------------------------------------------------------------------------

select pg_temp.assign('TOKEN-HIGH', p_id_token_id => 1003, p_priority => 5);
select is(pg_temp.chosen(1003), 'TOKEN-HIGH tenant id_token', 'the higher priority wins');
select pg_temp.assign('TOKEN-LOW', p_id_token_id => 1003, p_priority => -5);
select is(pg_temp.chosen(1003), 'TOKEN-HIGH tenant id_token', 'and not the newer');
select pg_temp.assign(
    'SPRING', 'connector', 1001, p_id_token_id => 1003, p_starts_at => '2026-06-01 12:00Z',
    p_ends_at => '2026-07-01Z'
);
select is(
    pg_temp.chosen(1003), 'SPRING connector id_token', 'an assignment counts from its start'
);
select is(
    pg_temp.chosen(1003, p_at => '2026-06-01 11:59:59Z'), 'TOKEN-HIGH tenant id_token',
    'and not before'
);
select is(
    pg_temp.chosen(1003, p_at => '2026-07-01Z'), 'TOKEN-HIGH tenant id_token', 'nor at its end'
);
select pg_temp.assign('FUTURE', 'evse', 1001, p_id_token_id => 1003, p_valid => '[2027-01-01Z,)');
select is(
    pg_temp.chosen(1003, p_at => '2026-08-01Z'), 'TOKEN-HIGH tenant id_token',
    'a tariff without a version then does not count'
);
select is(
    pg_temp.chosen(1003, p_at => '2027-01-01Z'), 'FUTURE evse id_token',
    'and does from its first version on'
);
select is(
    pg_temp.chosen(1003, p_at => '2019-01-01Z'), '', 'before all versions there is no tariff'
);

select * from finish();
rollback;
