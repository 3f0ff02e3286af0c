-- Say that an alarm has been seen. Repeatable: the first to say so stays.
--
-- Writes:  core.alarms (row locked).
-- Errors:  PT403 permission_missing, PT404 alarm_unknown (also for another tenant's).
-- Definer: alarms are written by functions only.
create or replace function api.acknowledge_alarm(alarm_id bigint)
returns setof api.alarms
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_alarm core.alarms;
begin
    v_alarm := fleet.lock_alarm(alarm_id);
    update core.alarms as a
    set acknowledged_at = now(), acknowledged_by = claims.user_id()
    where a.tenant_id = v_alarm.tenant_id and a.id = v_alarm.id and a.acknowledged_at is null;
    return query
    select a.* from api.alarms as a
    where a.tenant_id = v_alarm.tenant_id and a.id = v_alarm.id;
end;
$$;
revoke all on function api.acknowledge_alarm(bigint) from public;
grant execute on function api.acknowledge_alarm(bigint) to staff, platform;
comment on function api.acknowledge_alarm(bigint) is
    E'Say that an alarm has been seen.\n'
    'It stays open and goes on counting; who saw it first stays in the row.';
