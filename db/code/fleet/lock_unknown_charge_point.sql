-- The inbox entry of an unknown charger, locked, if the person who is asking may decide on it.
--
-- Called by: api.admit_charge_point, api.ignore_charge_point.
-- Errors:    PT404 inbox_entry_unknown (also for another tenant's), PT409
--            inbox_entry_decided.
create or replace function fleet.lock_unknown_charge_point(p_id bigint)
returns core.unknown_charge_points
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry core.unknown_charge_points;
begin
    select u.* into v_entry
    from core.unknown_charge_points as u
    where u.id = p_id and (claims.role() = 'platform' or u.tenant_id = claims.tenant_id())
    for update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such unknown charge point',
            detail = '{"error":"inbox_entry_unknown"}',
            hint = 'Take the id from unknown_charge_points.';
    end if;
    if v_entry.state = 'admitted' then
        raise exception using
            errcode = 'PT409',
            message = 'this charge point has been admitted already',
            detail = '{"error":"inbox_entry_decided"}',
            hint = 'Look for its identity in charge_points.';
    end if;
    return v_entry;
end;
$$;
revoke all on function fleet.lock_unknown_charge_point(bigint) from public;
comment on function fleet.lock_unknown_charge_point(bigint) is
    'Lock an inbox entry that the person who is asking may decide on.';
