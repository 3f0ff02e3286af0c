-- Note the state of a connector, or of the charge point itself (connector 0, OCPP 1.6 §3.8).
--
-- Returns whether this is the newest that is known, so that it may have effects: one that
-- arrives late by its own time goes to the history and no further, and one that is there already
-- leaves everything as it is, status_at included, which says since when.
-- Called by: ocpp16.status_notification.
-- Writes:    core.connectors (row locked), core.connector_status_changes on a change.
-- p_connector has a number and no id for connector 0, and for one that was not made; of those the
-- history tells the newest state. Status and error code are kept as text, whatever
-- they say (quirk 51).
create or replace function fleet.record_connector_status(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_connector core.connectors,
    p_status text,
    p_error_code text,
    p_info text,
    p_vendor_id text,
    p_vendor_error_code text,
    p_reported_at timestamptz,
    p_received_at timestamptz
)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_number constant smallint := coalesce(p_connector.ocpp16_connector_id, 0);
    v_connector core.connectors;
    v_newest core.connector_status_changes;
    v_is_changed boolean;
begin
    if p_connector.id is not null then
        select c.* into v_connector
        from core.connectors as c
        where c.tenant_id = p_tenant_id and c.id = p_connector.id
        for no key update;
        v_newest.status := v_connector.status;
        v_newest.error_code := v_connector.error_code;
        v_newest.info := v_connector.error_info;
        v_newest.vendor_error_code := v_connector.vendor_error_code;
        v_newest.reported_at := v_connector.status_at;
    else
        -- These states have no row to wait on but the charge point's.
        perform
        from core.charge_points as cp
        where cp.tenant_id = p_tenant_id and cp.id = p_charge_point_id
        for no key update;
        select h.* into v_newest
        from core.connector_status_changes as h
        where
            h.tenant_id = p_tenant_id
            and h.charge_point_id = p_charge_point_id
            and h.ocpp16_connector_id = v_number
        order by h.reported_at desc, h.id desc
        limit 1;
    end if;

    v_is_changed := (
        v_newest.reported_at is null
        or (v_newest.status, v_newest.error_code, v_newest.info, v_newest.vendor_error_code)
        is distinct from (p_status, p_error_code, p_info, p_vendor_error_code)
    );
    -- States of one second are told apart by their order of arrival, and what is in the history
    -- to the letter has come before.
    if v_is_changed and p_reported_at <= v_newest.reported_at and exists (
        select
        from core.connector_status_changes as h
        where
            h.tenant_id = p_tenant_id
            and h.charge_point_id = p_charge_point_id
            and h.ocpp16_connector_id = v_number
            and h.reported_at = p_reported_at
            and (h.status, h.error_code, h.info, h.vendor_error_code)
            is not distinct from (p_status, p_error_code, p_info, p_vendor_error_code)
    ) then
        return false;
    end if;

    if
        v_is_changed
        and fleet.is_within_volume(p_tenant_id, p_charge_point_id, 'status_changes')
    then
        insert into core.connector_status_changes (
            tenant_id, charge_point_id, ocpp16_connector_id, status, error_code, info, vendor_id,
            vendor_error_code, reported_at, received_at
        )
        values (
            p_tenant_id, p_charge_point_id, v_number, p_status, p_error_code, p_info, p_vendor_id,
            p_vendor_error_code, p_reported_at, p_received_at
        );
    end if;
    if p_reported_at < v_newest.reported_at then
        return false;
    end if;
    if p_connector.id is not null and v_is_changed then
        update core.connectors as c
        set status = p_status,
            status_at = p_reported_at,
            error_code = p_error_code,
            error_info = p_info,
            vendor_error_code = p_vendor_error_code,
            status_received_at = p_received_at
        where c.tenant_id = p_tenant_id and c.id = v_connector.id;
    end if;
    return true;
end;
$$;
revoke all on function fleet.record_connector_status(
    bigint, bigint, core.connectors, text, text, text, text, text, timestamptz, timestamptz
) from public;
comment on function fleet.record_connector_status(
    bigint, bigint, core.connectors, text, text, text, text, text, timestamptz, timestamptz
) is 'Note the state of a connector; true when it is the newest known.';
