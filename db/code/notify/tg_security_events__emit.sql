-- Tell of critical security events of charge points.
--
-- Called by: trigger security_events__emit, after insert, for each row that is critical.
-- Writes:    core.events.
create or replace function notify.tg_security_events__emit()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform notify.emit(
        new.tenant_id,
        'security.event',
        'security_event',
        new.id,
        jsonb_build_object(
            'charge_point_id', new.charge_point_id,
            'type', new.type,
            'happened_at', new.happened_at,
            'tech_info', left(new.tech_info, 255)
        )
    );
    return null;
end;
$$;
revoke all on function notify.tg_security_events__emit() from public;
comment on function notify.tg_security_events__emit() is
    'Trigger: tell of critical security events.';
