-- Raise an alarm, or count it on the one that is open.
--
-- One open row a charge point and kind (a charge point of null: the tenant's own), so that what
-- recurs a thousand times is one thing to look at. What was acknowledged stays so while it
-- recurs; after it was cleared the next one is a new row. Message and details are those of the
-- latest time, the severity is the highest so far. A single statement: cheap enough for a
-- message handler.
-- p_kind:     lower case with underscores, a stable name.
-- p_severity: info, warning or critical.
-- Called by: handlers of messages, jobs.
-- Writes:    core.alarms.
create or replace function fleet.raise_alarm(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_kind text,
    p_severity text,
    p_message text,
    p_details jsonb
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    insert into core.alarms as a (
        tenant_id, charge_point_id, kind, severity, message, details
    )
    values (
        p_tenant_id, p_charge_point_id, p_kind, p_severity, left(p_message, 500),
        coalesce(p_details, '{}')
    )
    on conflict (tenant_id, charge_point_id, kind) where cleared_at is null do update
    set occurrences = a.occurrences + 1,
        last_raised_at = now(),
        severity = case
            when 'critical' in (a.severity, excluded.severity) then 'critical'
            when 'warning' in (a.severity, excluded.severity) then 'warning'
            else excluded.severity
        end,
        message = excluded.message,
        details = excluded.details;
$$;
revoke all on function fleet.raise_alarm(bigint, bigint, text, text, text, jsonb) from public;
comment on function fleet.raise_alarm(bigint, bigint, text, text, text, jsonb) is
    'Raise an alarm, or count it on the open one of its charge point and kind.';
