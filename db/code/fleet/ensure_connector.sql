-- The connector that OCPP 1.6 calls by a number, made when the number is new.
--
-- Called by: ocpp16.status_notification, ocpp16.start_transaction.
-- Writes:    core.evses, core.connectors (marked is_discovered, for an operator to complete).
-- A number outside 1 to 1000 gives null: 0 is the charge point itself (OCPP 1.6 §3.8), and
-- nothing else is a connector. So does a new number where 64 connectors are marked already: one
-- that invents numbers must not fill the table. A new number n becomes EVSE n with connector 1;
-- where an operator has given EVSE n to connectors of other numbers, the next free EVSE number
-- is taken.
create or replace function fleet.ensure_connector(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_ocpp16_connector_id integer
)
returns core.connectors
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_connector core.connectors;
    v_evse_id bigint;
    v_evse_no integer;
begin
    select c.* into v_connector
    from core.connectors as c
    where
        c.tenant_id = p_tenant_id
        and c.charge_point_id = p_charge_point_id
        and c.ocpp16_connector_id = p_ocpp16_connector_id;
    if found or p_ocpp16_connector_id is null or p_ocpp16_connector_id not between 1 and 1000 then
        return v_connector;
    end if;

    -- One at a time per charge point: a burst of first contacts must not take the same number.
    perform
    from core.charge_points as cp
    where cp.tenant_id = p_tenant_id and cp.id = p_charge_point_id
    for no key update;

    if (
        select count(*)
        from core.connectors as c
        where
            c.tenant_id = p_tenant_id
            and c.charge_point_id = p_charge_point_id
            and c.is_discovered
    ) >= 64 then
        -- Somebody else may have made it while we waited.
        select c.* into v_connector
        from core.connectors as c
        where
            c.tenant_id = p_tenant_id
            and c.charge_point_id = p_charge_point_id
            and c.ocpp16_connector_id = p_ocpp16_connector_id;
        return v_connector;
    end if;

    select e.id into v_evse_id
    from core.evses as e
    where
        e.tenant_id = p_tenant_id
        and e.charge_point_id = p_charge_point_id
        and e.evse_no = p_ocpp16_connector_id
        and not exists (
            select
            from core.connectors as c
            where
                c.tenant_id = e.tenant_id
                and c.evse_id = e.id
                and c.ocpp16_connector_id <> p_ocpp16_connector_id
        );
    if v_evse_id is null then
        select case when bool_or(e.evse_no = p_ocpp16_connector_id)
            then max(e.evse_no) + 1 else p_ocpp16_connector_id
        end
        into v_evse_no
        from core.evses as e
        where e.tenant_id = p_tenant_id and e.charge_point_id = p_charge_point_id;
        if v_evse_no > 1000 then
            return null;
        end if;
        insert into core.evses (tenant_id, charge_point_id, evse_no, is_discovered)
        values (p_tenant_id, p_charge_point_id, v_evse_no, true)
        returning id into v_evse_id;
    end if;

    insert into core.connectors (
        tenant_id, charge_point_id, evse_id, connector_no, ocpp16_connector_id, is_discovered
    )
    values (p_tenant_id, p_charge_point_id, v_evse_id, 1, p_ocpp16_connector_id, true)
    on conflict do nothing
    returning * into v_connector;
    if not found then
        select c.* into v_connector
        from core.connectors as c
        where
            c.tenant_id = p_tenant_id
            and c.charge_point_id = p_charge_point_id
            and c.ocpp16_connector_id = p_ocpp16_connector_id;
    end if;
    return v_connector;
end;
$$;
revoke all on function fleet.ensure_connector(bigint, bigint, integer) from public;
comment on function fleet.ensure_connector(bigint, bigint, integer) is
    'The connector of an OCPP 1.6 number, made with its EVSE when the number is new.';
