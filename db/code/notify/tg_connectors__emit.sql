-- Tell of connectors that report a fault.
--
-- Called by: trigger connectors__emit_faulted, after update of status, for each row.
-- Writes:    core.events.
create or replace function notify.tg_connectors__emit()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform notify.emit(
        new.tenant_id,
        'connector.faulted',
        'connector',
        new.id,
        jsonb_build_object(
            'charge_point_id', new.charge_point_id,
            'connector_no', new.ocpp16_connector_id,
            'error_code', new.error_code,
            'error_info', new.error_info,
            'vendor_error_code', new.vendor_error_code,
            'status_at', new.status_at
        )
    );
    return null;
end;
$$;
revoke all on function notify.tg_connectors__emit() from public;
comment on function notify.tg_connectors__emit() is 'Trigger: tell of connectors that fail.';
