-- Lock an alarm that the person asking may decide on.
--
-- Called by: api.acknowledge_alarm, api.clear_alarm.
-- Errors:    PT403 permission_missing, PT404 alarm_unknown (also for another tenant's).
create or replace function fleet.lock_alarm(p_alarm_id bigint)
returns core.alarms
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_alarm core.alarms;
begin
    perform access.require_permission('charge_points.write');
    select a.* into v_alarm
    from core.alarms as a
    where
        a.id = p_alarm_id
        and (claims.role() = 'platform' or a.tenant_id = claims.tenant_id())
    for update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such alarm',
            detail = '{"error":"alarm_unknown"}',
            hint = 'Take the id from alarms.';
    end if;
    return v_alarm;
end;
$$;
revoke all on function fleet.lock_alarm(bigint) from public;
comment on function fleet.lock_alarm(bigint) is
    'Lock an alarm of one''s own tenant, or refuse as if there were none.';
