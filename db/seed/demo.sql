-- Two demo tenants in two time zones, with people of every role, a few charge points and tokens.
--
-- Runs as voltaro_owner in one transaction. The password of all accounts is the setting
-- voltaro.demo_password, the key of CP001 voltaro.demo_charge_point_key. Repeatable: what is
-- there stays as it is. The accounts are those of ACCOUNTS in db/seed.py.

insert into core.tenants (
    slug, name, country_code, party_id, time_zone, currency, language, allows_sign_up
)
values
    ('greenway', 'Greenway Charging', 'DE', 'GRW', 'Europe/Berlin', 'EUR', 'de', true),
    ('bluecharge', 'Bluecharge Networks', 'GB', 'BLU', 'Europe/London', 'GBP', 'en', false)
on conflict do nothing;

-- People --------------------------------------------------------------------------------

with accounts (email, full_name, language, tenant, role) as (
    values
        ('platform@voltaro.example', 'Pat Voltaro', 'en', 'greenway', 'platform_admin'),
        ('admin@greenway.example', 'Anna Berger', 'de', 'greenway', 'admin'),
        ('operator@greenway.example', 'Ole Petersen', 'de', 'greenway', 'operator'),
        ('support@greenway.example', 'Selin Kaya', 'de', 'greenway', 'support'),
        ('driver@greenway.example', 'David Lorenz', 'de', 'greenway', 'customer'),
        ('admin@bluecharge.example', 'Amelia Clarke', 'en', 'bluecharge', 'admin'),
        ('operator@bluecharge.example', 'Owen Hughes', 'en', 'bluecharge', 'operator'),
        ('support@bluecharge.example', 'Sian Parry', 'en', 'bluecharge', 'support'),
        ('driver@bluecharge.example', 'Daniel Okoro', 'en', 'bluecharge', 'customer')
),
people as (
    insert into core.users (email, full_name, language, email_verified_at)
    select a.email, a.full_name, a.language, now()
    from accounts as a
    on conflict (lower(email)) do nothing
    returning id, email
),
passwords as (
    insert into core.credentials (user_id, password_hash)
    select p.id, access.hash_password(current_setting('voltaro.demo_password'))
    from people as p
    returning user_id
)
insert into core.memberships (tenant_id, user_id, role_id, accepted_at)
select t.id, p.id, r.id, now()
from people as p
inner join passwords as w on w.user_id = p.id
inner join accounts as a on a.email = p.email
inner join core.tenants as t on t.slug = a.tenant
inner join core.roles as r on r.tenant_id = t.id and r.name = a.role;

-- Fleet ---------------------------------------------------------------------------------

insert into core.sites (
    tenant_id, name, address, postal_code, city, country_code, latitude, longitude, time_zone
)
select
    t.id, s.name, s.address, s.postal_code, s.city, t.country_code, s.latitude, s.longitude,
    t.time_zone
from core.tenants as t
inner join (
    values
        (
            'greenway', 'Hamburg Hafencity', 'Am Sandtorkai 30', '20457', 'Hamburg',
            53.543650, 9.990310
        ),
        (
            'greenway', 'Berlin Alexanderplatz', 'Alexanderstraße 7', '10178', 'Berlin',
            52.521230, 13.416080
        ),
        (
            'bluecharge', 'London Canary Wharf', '25 Churchill Place', 'E14 5RB', 'London',
            51.503560, -0.014830
        ),
        (
            'bluecharge', 'Cardiff Bay', '12 Mermaid Quay', 'CF10 5BZ', 'Cardiff',
            51.463410, -3.164270
        )
) as s (tenant, name, address, postal_code, city, latitude, longitude) on s.tenant = t.slug
on conflict do nothing;

-- The triggers of charge_points fill the directory of identities.
insert into core.charge_points (tenant_id, identity, site_id, name, max_power_w)
select t.id, c.identity, s.id, c.name, c.max_power_w
from core.tenants as t
inner join (
    values
        ('greenway', 'CP001', 'Hamburg Hafencity', 'Hafencity 1', 72000),
        ('greenway', 'CP002', 'Hamburg Hafencity', 'Hafencity 2', 22000),
        ('greenway', 'CP003', 'Berlin Alexanderplatz', 'Alexanderplatz 1', 300000),
        ('bluecharge', 'BC001', 'London Canary Wharf', 'Canary Wharf 1', 22000),
        ('bluecharge', 'BC002', 'Cardiff Bay', 'Cardiff Bay 1', 150000)
) as c (tenant, identity, site, name, max_power_w) on c.tenant = t.slug
inner join core.sites as s on s.tenant_id = t.id and s.name = c.site
where not exists (
    select from core.charge_point_identities as i where i.identity_key = lower(c.identity)
);

-- Only CP001 has a key; api.create_charge_point_key gives the others theirs.
insert into core.charge_point_keys (tenant_id, charge_point_id, key_hash)
select i.tenant_id, i.charge_point_id, k.key_hash
from core.charge_point_identities as i
cross join (
    select fleet.hash_charge_point_key(
        convert_to(current_setting('voltaro.demo_charge_point_key'), 'UTF8')
    ) as key_hash
) as k
where i.identity_key = 'cp001' and not exists (
    select
    from core.charge_point_keys as h
    where h.tenant_id = i.tenant_id and h.charge_point_id = i.charge_point_id
);

with outlets (
    identity_key, evse_no, evse_id, connector_type, format, power_type, max_voltage_v,
    max_current_a, max_power_w
) as (
    values
        ('cp001', 1, 'DE*GRW*E001*1', 'IEC_62196_T2', 'SOCKET', 'AC_3_PHASE', 230, 32, 22000),
        ('cp001', 2, 'DE*GRW*E001*2', 'IEC_62196_T2_COMBO', 'CABLE', 'DC', 500, 125, 50000),
        ('cp002', 1, 'DE*GRW*E002*1', 'IEC_62196_T2', 'SOCKET', 'AC_3_PHASE', 230, 32, 22000),
        ('cp003', 1, 'DE*GRW*E003*1', 'IEC_62196_T2_COMBO', 'CABLE', 'DC', 920, 500, 150000),
        ('cp003', 2, 'DE*GRW*E003*2', 'IEC_62196_T2_COMBO', 'CABLE', 'DC', 920, 500, 150000),
        ('bc001', 1, 'GB*BLU*E001*1', 'IEC_62196_T2', 'SOCKET', 'AC_3_PHASE', 230, 32, 22000),
        ('bc002', 1, 'GB*BLU*E002*1', 'IEC_62196_T2_COMBO', 'CABLE', 'DC', 920, 200, 150000)
),
new_evses as (
    insert into core.evses (tenant_id, charge_point_id, evse_no, evse_id)
    select i.tenant_id, i.charge_point_id, o.evse_no, o.evse_id
    from outlets as o
    inner join core.charge_point_identities as i on i.identity_key = o.identity_key
    on conflict do nothing
    returning tenant_id, id, charge_point_id, evse_no, evse_id
)
insert into core.connectors (
    tenant_id, charge_point_id, evse_id, connector_no, ocpp16_connector_id, connector_type,
    format, power_type, max_voltage_v, max_current_a, max_power_w
)
select
    e.tenant_id, e.charge_point_id, e.id, 1, e.evse_no, o.connector_type, o.format, o.power_type,
    o.max_voltage_v, o.max_current_a, o.max_power_w
from new_evses as e
inner join outlets as o on o.evse_id = e.evse_id;

insert into core.charge_point_groups (tenant_id, name, description)
select t.id, g.name, g.description
from core.tenants as t
inner join (
    values
        ('greenway', 'Fast chargers', 'Direct current, 50 kW and more'),
        ('bluecharge', 'Staff car park', 'Not for the public')
) as g (tenant, name, description) on g.tenant = t.slug
on conflict do nothing;

insert into core.charge_point_group_members (tenant_id, charge_point_group_id, charge_point_id)
select g.tenant_id, g.id, i.charge_point_id
from core.charge_point_groups as g
inner join (
    values ('Fast chargers', 'cp001'), ('Fast chargers', 'cp003'), ('Staff car park', 'bc001')
) as m (name, identity_key) on m.name = g.name
inner join core.charge_point_identities as i
    on i.identity_key = m.identity_key and i.tenant_id = g.tenant_id
on conflict do nothing;

-- Id tokens -----------------------------------------------------------------------------

insert into core.id_token_groups (tenant_id, group_token, name)
select t.id, g.group_token, g.name
from core.tenants as t
inner join (
    values ('greenway', 'GWFLEET', 'Delivery vans'), ('bluecharge', 'BCPOOL', 'Pool cars')
) as g (tenant, group_token, name) on g.tenant = t.slug
on conflict do nothing;

-- VALID001 may run any number of sessions at a time: it is the card of every trial.
insert into core.id_tokens (
    tenant_id, id_token, label, user_id, contract_id, id_token_group_id, is_blocked,
    block_reason, valid_from, expires_at, max_concurrent_transactions
)
select
    t.id, k.id_token, k.label, u.id, k.contract_id, g.id, k.block_reason is not null,
    k.block_reason, k.valid_from, k.expires_at, k.max_concurrent_transactions
from core.tenants as t
inner join (
    values
        (
            'greenway', 'VALID001', 'Card of David', 'driver@greenway.example',
            'DE-GRW-C00000001', null, null, null::timestamptz, null::timestamptz, 0
        ),
        (
            'greenway', 'BLOCKED001', 'Lost card', 'driver@greenway.example', null, null,
            'Reported lost', null, null, 1
        ),
        (
            'greenway', 'EXPIRED001', 'Trade fair card', null, null, null, null,
            '2025-03-01T00:00:00+01:00', '2025-04-01T00:00:00+02:00', 1
        ),
        ('greenway', 'FLEET001', 'Van 1', null, null, 'GWFLEET', null, null, null, 1),
        ('greenway', 'FLEET002', 'Van 2', null, null, 'GWFLEET', null, null, null, 1),
        (
            'bluecharge', 'BLUE001', 'Card of Daniel', 'driver@bluecharge.example',
            'GB-BLU-C00000001', null, null, null, null, 1
        ),
        ('bluecharge', 'POOL001', 'Pool car 1', null, null, 'BCPOOL', null, null, null, 2)
) as k (
    tenant, id_token, label, email, contract_id, group_token, block_reason, valid_from,
    expires_at, max_concurrent_transactions
) on k.tenant = t.slug
left join core.users as u on lower(u.email) = k.email
left join core.id_token_groups as g on g.tenant_id = t.id and g.group_token = k.group_token
on conflict do nothing;

-- The vans charge in Hamburg only, the pool cars at the staff car park.
insert into core.id_token_rights (
    tenant_id, id_token_group_id, site_id, charge_point_group_id
)
select g.tenant_id, g.id, s.id, c.id
from core.id_token_groups as g
left join core.sites as s
    on s.tenant_id = g.tenant_id and g.group_token = 'GWFLEET' and s.name = 'Hamburg Hafencity'
left join core.charge_point_groups as c
    on c.tenant_id = g.tenant_id and g.group_token = 'BCPOOL' and c.name = 'Staff car park'
where num_nonnulls(s.id, c.id) = 1
on conflict do nothing;
