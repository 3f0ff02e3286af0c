-- What the state of a connector, or of the charge point (0), tells of reservations.
--
-- Reserved confirms one whose answer never came; Faulted and Unavailable end it, and those of the
-- charge point all that it has (OCPP 1.6 §5.13).
-- Called by: charging.apply_connector_status, ocpp16.status_notification.
-- Writes:    core.reservations.
create or replace function charging.apply_reservation_status(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_ocpp16_connector_id integer,
    p_status text,
    p_happened_at timestamptz
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_status not in ('Reserved', 'Faulted', 'Unavailable') then
        return;
    end if;
    update core.reservations as r
    set
        state = case when p_status = 'Reserved' then 'reserved' else 'cancelled' end,
        status_reported = p_status
    where
        r.tenant_id = p_tenant_id
        and r.charge_point_id = p_charge_point_id
        and (
            r.ocpp16_connector_id = p_ocpp16_connector_id
            or p_ocpp16_connector_id = 0 and p_status <> 'Reserved'
        )
        and r.created_at <= p_happened_at + interval '1 minute'
        and (
            p_status = 'Reserved' and r.state in ('requested', 'unknown')
            or p_status <> 'Reserved' and r.state in ('reserved', 'unknown')
        );
end;
$$;
revoke all on function charging.apply_reservation_status(
    bigint, bigint, integer, text, timestamptz
) from public;
comment on function charging.apply_reservation_status(
    bigint, bigint, integer, text, timestamptz
) is 'What the state of a connector, or of the charge point, tells of reservations.';
