-- Say that an alarm is over. Repeatable.
--
-- Writes:  core.alarms (row locked).
-- Errors:  PT403 permission_missing, PT404 alarm_unknown (also for another tenant's).
-- Definer: alarms are written by functions only.
create or replace function api.clear_alarm(alarm_id bigint)
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
    set cleared_at = now(),
        acknowledged_at = coalesce(a.acknowledged_at, now()),
        acknowledged_by = case
            when a.acknowledged_at is null then claims.user_id() else a.acknowledged_by
        end
    where a.tenant_id = v_alarm.tenant_id and a.id = v_alarm.id and a.cleared_at is null;
    return query
    select a.* from api.alarms as a
    where a.tenant_id = v_alarm.tenant_id and a.id = v_alarm.id;
end;
$$;
revoke all on function api.clear_alarm(bigint) from public;
grant execute on function api.clear_alarm(bigint) to staff, platform;
comment on function api.clear_alarm(bigint) is
    E'Say that an alarm is over.\n'
    'It counts as acknowledged, too. Should its cause come back, a new alarm is raised.';
