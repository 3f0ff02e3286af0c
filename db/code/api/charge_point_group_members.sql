-- Which charge points are in which group, writable.
create or replace view api.charge_point_group_members
with (security_invoker = true) as
select
    m.tenant_id,
    m.charge_point_group_id,
    m.charge_point_id
from core.charge_point_group_members as m;
alter view api.charge_point_group_members alter column tenant_id set default claims.tenant_id();

grant select (tenant_id, charge_point_group_id, charge_point_id)
on api.charge_point_group_members to staff, platform;
grant insert (tenant_id, charge_point_group_id, charge_point_id)
on api.charge_point_group_members to staff, platform;
grant delete on api.charge_point_group_members to staff, platform;

comment on view api.charge_point_group_members is 'A charge point being in a group.';
comment on column api.charge_point_group_members.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.charge_point_group_members.charge_point_group_id is 'The group.';
comment on column api.charge_point_group_members.charge_point_id is 'The charge point in it.';
