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
        ('accountant@greenway.example', 'Anke Thiel', 'de', 'greenway', 'accountant'),
        ('support@greenway.example', 'Selin Kaya', 'de', 'greenway', 'support'),
        ('driver@greenway.example', 'David Lorenz', 'de', 'greenway', 'customer'),
        ('admin@bluecharge.example', 'Amelia Clarke', 'en', 'bluecharge', 'admin'),
        ('operator@bluecharge.example', 'Owen Hughes', 'en', 'bluecharge', 'operator'),
        ('accountant@bluecharge.example', 'Aisha Khan', 'en', 'bluecharge', 'accountant'),
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

-- Tariffs -------------------------------------------------------------------------------
-- What drivers see includes tax. Parking counts once the car is full; at one site of each tenant
-- nights are cheaper; the cars of the house charge for nothing.

with prices (tenant, vat, energy, night_energy, parking, night_site, house_token) as (
    values
        ('greenway', 19, 0.59, 0.39, 6.00, 'Berlin Alexanderplatz', 'FLEET002'),
        ('bluecharge', 20, 0.55, 0.35, 5.00, 'Cardiff Bay', 'POOL001')
),
components as (
    select
        p.tenant,
        jsonb_build_object(
            'type', 'ENERGY', 'price', p.energy, 'vat', p.vat, 'step_size', 1
        ) as energy,
        jsonb_build_object(
            'type', 'ENERGY', 'price', p.night_energy, 'vat', p.vat, 'step_size', 1
        ) as night_energy,
        jsonb_build_object(
            'type', 'PARKING_TIME', 'price', p.parking, 'vat', p.vat, 'step_size', 1
        ) as parking,
        jsonb_build_object('type', 'FLAT', 'price', 0.00, 'vat', p.vat, 'step_size', 1) as nothing
    from prices as p
),
offers as (
    select
        t.id as tenant_id,
        o.tariff_id,
        o.name,
        jsonb_build_object(
            'country_code', t.country_code, 'party_id', t.party_id, 'id', o.tariff_id,
            'currency', t.currency, 'tax_included', 'YES', 'tariff_alt_text', o.alt_text,
            'elements', o.elements, 'last_updated', '2026-01-01T00:00:00Z'
        ) as document
    from core.tenants as t
    inner join components as c on c.tenant = t.slug
    cross join lateral (
        values
        (
            'STANDARD', 'Standard',
            '[
                {"language": "en", "text": "Parking counts once the car is full."},
                {"language": "de", "text": "Parken zählt, sobald das Auto voll ist."}
            ]'::jsonb,
            jsonb_build_array(
                jsonb_build_object('price_components', jsonb_build_array(c.energy, c.parking))
            )
        ),
        (
            'NIGHT', 'Cheaper at night',
            '[
                {"language": "en", "text": "Cheaper from ten to six at night, local time."},
                {"language": "de", "text": "Günstiger von 22 bis 6 Uhr."}
            ]',
            jsonb_build_array(
                jsonb_build_object(
                    'price_components', jsonb_build_array(c.night_energy),
                    'restrictions',
                    jsonb_build_object('start_time', '22:00', 'end_time', '06:00')
                ),
                jsonb_build_object('price_components', jsonb_build_array(c.energy, c.parking))
            )
        ),
        (
            'FREE', 'Free of charge',
            '[
                {"language": "en", "text": "For cars of the house."},
                {"language": "de", "text": "Für Autos des Hauses."}
            ]',
            jsonb_build_array(
                jsonb_build_object('price_components', jsonb_build_array(c.nothing))
            )
        )
    ) as o (tariff_id, name, alt_text, elements)
),
new_tariffs as (
    insert into core.tariffs (tenant_id, tariff_id, name)
    select o.tenant_id, o.tariff_id, o.name from offers as o
    on conflict do nothing
    returning tenant_id, id, tariff_id
),
new_versions as (
    insert into core.tariff_versions (
        tenant_id, tariff_id, version_no, ocpi_version, document, compiled, tariff_hash, currency,
        valid
    )
    select
        n.tenant_id, n.id, 1, '2.3.0', o.document, pricing.compile_tariff(o.document),
        pricing.hash_tariff(o.document), o.document ->> 'currency', '[2026-01-01T00:00:00Z,)'
    from new_tariffs as n
    inner join offers as o on o.tenant_id = n.tenant_id and o.tariff_id = n.tariff_id
),
new_groups as (
    insert into core.customer_groups (tenant_id, name, description)
    select t.id, 'House', 'Cars of the house'
    from core.tenants as t
    inner join prices as p on p.tenant = t.slug
    on conflict do nothing
    returning tenant_id, id
),
new_members as (
    insert into core.customer_group_members (tenant_id, customer_group_id, id_token_id)
    select g.tenant_id, g.id, k.id
    from new_groups as g
    inner join core.tenants as t on t.id = g.tenant_id
    inner join prices as p on p.tenant = t.slug
    inner join core.id_tokens as k on k.tenant_id = g.tenant_id and k.id_token = p.house_token
)
insert into core.tariff_assignments (tenant_id, tariff_id, site_id, customer_group_id)
select n.tenant_id, n.id, s.id, g.id
from new_tariffs as n
inner join core.tenants as t on t.id = n.tenant_id
inner join prices as p on p.tenant = t.slug
left join core.sites as s
    on s.tenant_id = n.tenant_id and n.tariff_id = 'NIGHT' and s.name = p.night_site
left join new_groups as g on g.tenant_id = n.tenant_id and n.tariff_id = 'FREE'
where n.tariff_id = 'STANDARD' or num_nonnulls(s.id, g.id) = 1;

-- Billing -------------------------------------------------------------------------------
-- David is collected from by direct debit, the company with the van by one invoice a month that it
-- pays by transfer, Daniel pays by card.

insert into core.legal_entities (
    tenant_id, name, address_line, postal_code, city, vat_id, registration, email, vat_rate, iban,
    bic, bank_name, creditor_id, pre_notification_days
)
select
    t.id, e.name, e.address_line, e.postal_code, e.city, e.vat_id, e.registration, e.email,
    e.vat_rate, e.iban, e.bic, e.bank_name, e.creditor_id, 2
from core.tenants as t
inner join (
    values
        (
            'greenway', 'Greenway Charging GmbH', 'Am Sandtorkai 30', '20457', 'Hamburg',
            'DE123456789', 'Amtsgericht Hamburg, HRB 123456', 'billing@greenway.example', 19,
            'DE89370400440532013000', 'COBADEFFXXX', 'Commerzbank', 'DE98ZZZ09999999999'
        ),
        (
            'bluecharge', 'Bluecharge Networks Ltd', '25 Churchill Place', 'E14 5RB', 'London',
            'GB123456789', 'Companies House 01234567', 'billing@bluecharge.example', 20,
            'GB29NWBK60161331926819', 'NWBKGB2LXXX', 'NatWest', null
        )
) as e (
    tenant, name, address_line, postal_code, city, vat_id, registration, email, vat_rate, iban,
    bic, bank_name, creditor_id
) on e.tenant = t.slug
on conflict do nothing;

insert into core.customers (tenant_id, number, kind, name, contact_name, email, user_id, vat_id)
select t.id, p.number, p.kind, p.name, p.contact_name, p.email, m.user_id, p.vat_id
from core.tenants as t
inner join (
    values
        (
            'greenway', 'C1001', 'person', 'David Lorenz', null, 'driver@greenway.example', null
        ),
        (
            'greenway', 'C1002', 'company', 'Elbe Logistik GmbH', 'Britta Voss',
            'invoices@elbe-logistik.example', 'DE999999999'
        ),
        (
            'bluecharge', 'C1001', 'person', 'Daniel Okoro', null, 'driver@bluecharge.example',
            null
        )
) as p (tenant, number, kind, name, contact_name, email, vat_id) on p.tenant = t.slug
left join core.users as u on lower(u.email) = p.email
left join core.memberships as m on m.tenant_id = t.id and m.user_id = u.id
on conflict do nothing;

insert into core.customer_addresses (
    tenant_id, customer_id, kind, address_line, postal_code, city, country_code
)
select c.tenant_id, c.id, 'billing', a.address_line, a.postal_code, a.city, t.country_code
from core.tenants as t
inner join (
    values
        ('greenway', 'C1001', 'Deichstraße 5', '20459', 'Hamburg'),
        ('greenway', 'C1002', 'Veddeler Damm 12', '20457', 'Hamburg'),
        ('bluecharge', 'C1001', '4 Narrow Street', 'E14 8DP', 'London')
) as a (tenant, customer, address_line, postal_code, city) on a.tenant = t.slug
inner join core.customers as c on c.tenant_id = t.id and c.number = a.customer
on conflict do nothing;

insert into core.accounts (tenant_id, number, customer_id, name, payment_method)
select c.tenant_id, a.number, c.id, a.name, a.payment_method
from core.tenants as t
inner join (
    values
        ('greenway', 'C1001', 'A1001', 'Private', 'sepa_debit'),
        ('greenway', 'C1002', 'A1002', 'Vans', 'bank_transfer'),
        ('bluecharge', 'C1001', 'A1001', 'Private', 'card')
) as a (tenant, customer, number, name, payment_method) on a.tenant = t.slug
inner join core.customers as c on c.tenant_id = t.id and c.number = a.customer
on conflict do nothing;

insert into core.contracts (tenant_id, account_id, id_token_id, starts_at)
select a.tenant_id, a.id, k.id, timestamptz '2026-01-01T00:00:00Z'
from core.tenants as t
inner join (
    values
        ('greenway', 'A1001', 'VALID001'), ('greenway', 'A1002', 'FLEET001'),
        ('bluecharge', 'A1001', 'BLUE001')
) as w (tenant, account, id_token) on w.tenant = t.slug
inner join core.accounts as a on a.tenant_id = t.id and a.number = w.account
inner join core.id_tokens as k on k.tenant_id = t.id and k.id_token = w.id_token
where not exists (
    select from core.contracts as c where c.tenant_id = t.id and c.id_token_id = k.id
);

insert into core.mandates (
    tenant_id, account_id, reference, account_holder, iban, signed_on, state
)
select a.tenant_id, a.id, 'GRW-A1001-1', 'David Lorenz', 'DE02120300000000202051', '2026-01-02',
    'active'
from core.tenants as t
inner join core.accounts as a on a.tenant_id = t.id and a.number = 'A1001'
where t.slug = 'greenway'
on conflict do nothing;
