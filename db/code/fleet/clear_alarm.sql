-- Clear the open alarm of a charge point and kind, if there is one: its cause is gone.
--
-- Called by: handlers of messages, jobs.
-- Writes:    core.alarms.
create or replace function fleet.clear_alarm(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_kind text
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    update core.alarms as a
    set cleared_at = now()
    where
        a.tenant_id = p_tenant_id
        and (
            a.charge_point_id = p_charge_point_id
            or (a.charge_point_id is null and p_charge_point_id is null)
        )
        and a.kind = p_kind
        and a.cleared_at is null;
$$;
revoke all on function fleet.clear_alarm(bigint, bigint, text) from public;
comment on function fleet.clear_alarm(bigint, bigint, text) is
    'Clear the open alarm of a charge point and kind, if there is one.';
