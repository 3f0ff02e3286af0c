-- EVSEs, for analysts.
create or replace view report.evses
with (security_barrier = true) as
select
    e.tenant_id,
    e.id as evse_id,
    e.charge_point_id,
    c.site_id,
    e.evse_no,
    e.evse_id as evse_code,
    e.physical_reference,
    n.connectors,
    n.max_power_w,
    e.created_at
from core.evses as e
inner join core.charge_points as c on c.tenant_id = e.tenant_id and c.id = e.charge_point_id
left join lateral (
    select
        count(*) as connectors,
        coalesce(max(n.max_power_w), c.max_power_w) as max_power_w
    from core.connectors as n
    where n.tenant_id = e.tenant_id and n.evse_id = e.id
) as n on true
where e.tenant_id = (select claims.tenant_id());

grant select on report.evses to analyst;

comment on view report.evses is
    'Parts of charge points that charge one vehicle at a time.';
comment on column report.evses.tenant_id is 'Your tenant.';
comment on column report.evses.evse_id is 'Number of the EVSE.';
comment on column report.evses.charge_point_id is 'The charge point, of charge_points.';
comment on column report.evses.site_id is 'The site of the charge point now; null without one.';
comment on column report.evses.evse_no is 'OCPP number of the EVSE.';
comment on column report.evses.evse_code is 'Its public EVSE id, such as DE*ABC*E1.';
comment on column report.evses.physical_reference is 'What is written on it.';
comment on column report.evses.connectors is 'How many connectors it has.';
comment on column report.evses.max_power_w is
    'What its strongest connector can deliver, in watts; else its charge point.';
comment on column report.evses.created_at is 'When it was entered.';
