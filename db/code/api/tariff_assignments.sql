-- Where and for whom tariffs apply, writable.
create or replace view api.tariff_assignments
with (security_invoker = true) as
select
    a.tenant_id,
    a.id,
    a.tariff_id,
    a.site_id,
    a.charge_point_group_id,
    a.charge_point_id,
    a.evse_id,
    a.connector_id,
    a.customer_group_id,
    a.id_token_id,
    a.priority,
    a.starts_at,
    a.ends_at,
    a.place,
    a.audience,
    a.created_at,
    a.updated_at
from core.tariff_assignments as a;
alter view api.tariff_assignments alter column tenant_id set default claims.tenant_id();

grant select (
    tenant_id, id, tariff_id, site_id, charge_point_group_id, charge_point_id, evse_id,
    connector_id, customer_group_id, id_token_id, priority, starts_at, ends_at, place, audience,
    created_at, updated_at
) on api.tariff_assignments to staff, platform;
grant insert (
    tenant_id, tariff_id, site_id, charge_point_group_id, charge_point_id, evse_id, connector_id,
    customer_group_id, id_token_id, priority, starts_at, ends_at
) on api.tariff_assignments to staff, platform;
grant update (
    tariff_id, site_id, charge_point_group_id, charge_point_id, evse_id, connector_id,
    customer_group_id, id_token_id, priority, starts_at, ends_at
) on api.tariff_assignments to staff, platform;
grant delete on api.tariff_assignments to staff, platform;

comment on view api.tariff_assignments is
    'Where and for whom a tariff applies; one without a place is for the whole tenant, one '
    'without a group and token for everyone. Of several the one for a token wins, then for a '
    'customer group, then for everyone; among those the smallest place, then the highest '
    'priority.';
comment on column api.tariff_assignments.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.tariff_assignments.id is 'Number of the assignment.';
comment on column api.tariff_assignments.tariff_id is 'The tariff, by its number: id in tariffs.';
comment on column api.tariff_assignments.site_id is 'For the charge points of this site.';
comment on column api.tariff_assignments.charge_point_group_id is
    'For the charge points of this group.';
comment on column api.tariff_assignments.charge_point_id is 'For this charge point.';
comment on column api.tariff_assignments.evse_id is 'For this EVSE.';
comment on column api.tariff_assignments.connector_id is 'For this connector.';
comment on column api.tariff_assignments.customer_group_id is
    'For the people and tokens of this customer group.';
comment on column api.tariff_assignments.id_token_id is 'For this token.';
comment on column api.tariff_assignments.priority is
    'Which wins where place and audience are alike: the higher, of -1000 to 1000.';
comment on column api.tariff_assignments.starts_at is
    'For sessions that start then or later; null since ever.';
comment on column api.tariff_assignments.ends_at is
    'For sessions that start before then; null until further notice.';
comment on column api.tariff_assignments.place is
    'What kind of place it names: connector, evse, charge_point, group, site or tenant.';
comment on column api.tariff_assignments.audience is
    'Whom it names: id_token, customer_group or everyone.';
comment on column api.tariff_assignments.created_at is 'When the row was made.';
comment on column api.tariff_assignments.updated_at is 'When the row was last changed.';
