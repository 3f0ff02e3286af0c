-- EVSEs, writable.
create or replace view api.evses
with (security_invoker = true) as
select
    e.tenant_id,
    e.id,
    e.charge_point_id,
    e.evse_no,
    e.evse_id,
    e.physical_reference,
    e.is_discovered,
    e.created_at,
    e.updated_at
from core.evses as e;
alter view api.evses alter column tenant_id set default claims.tenant_id();

grant select (
    tenant_id, id, charge_point_id, evse_no, evse_id, physical_reference, is_discovered,
    created_at, updated_at
) on api.evses to staff, customer, platform;
grant insert (tenant_id, charge_point_id, evse_no, evse_id, physical_reference)
on api.evses to staff, platform;
grant update (evse_no, evse_id, physical_reference, is_discovered)
on api.evses to staff, platform;
grant delete on api.evses to staff, platform;

comment on view api.evses is 'A part of a charge point that charges one vehicle at a time.';
comment on column api.evses.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.evses.id is 'Number of the EVSE.';
comment on column api.evses.charge_point_id is 'The charge point it is part of.';
comment on column api.evses.evse_no is
    'Its number within the charge point: OCPP 2.0.1 evseId, from 1.';
comment on column api.evses.evse_id is
    'Public EVSE id in ISO 15118 / eMI3 form such as DE*ABC*E1234 (or legacy DIN); brought '
    'into its normal form when written.';
comment on column api.evses.physical_reference is 'What is printed on it for people.';
comment on column api.evses.is_discovered is
    'True when the charger spoke of it before anybody had entered it.';
comment on column api.evses.created_at is 'When the row was made.';
comment on column api.evses.updated_at is 'When the row was last changed.';
