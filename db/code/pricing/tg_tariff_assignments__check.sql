-- Refuse a second tariff for the same place, audience, priority and time.
--
-- The exclusion constraint would do, but what it says reaches a client as 400. Writers of one
-- tenant wait for each other here, so that the constraint has nothing left to find.
-- Called by: trigger tariff_assignments__check, before insert or update, for each row.
-- Errors:    PT409 assignment_overlaps (its detail has the other one's "tariff_assignment_id").
-- Definer:   the roles of the API have no way to core but its views.
create or replace function pricing.tg_tariff_assignments__check()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    -- As the generated column, which has no value yet in a trigger before the row.
    v_target constant text := coalesce(
        'connector ' || new.connector_id, 'evse ' || new.evse_id,
        'charge_point ' || new.charge_point_id, 'group ' || new.charge_point_group_id,
        'site ' || new.site_id, 'tenant'
    ) || coalesce(
        ' id_token ' || new.id_token_id, ' customer_group ' || new.customer_group_id, ' everyone'
    );
    v_other_id bigint;
begin
    -- The policy refuses another tenant's row in a moment; what that tenant has stays untold.
    if claims.role() = 'staff' and new.tenant_id is distinct from claims.tenant_id() then
        return new;
    end if;
    perform pg_advisory_xact_lock(
        hashtextextended('core.tariff_assignments', new.tenant_id)
    );
    select a.id into v_other_id
    from core.tariff_assignments as a
    where
        a.tenant_id = new.tenant_id
        and a.target = v_target
        and a.priority = new.priority
        and a.id is distinct from new.id
        and coalesce(a.starts_at < new.ends_at, true)
        and coalesce(new.starts_at < a.ends_at, true)
    order by a.id
    limit 1;
    if found then
        raise exception using
            errcode = 'PT409',
            message = format(
                'assignment %s is for the same place, audience and priority at that time',
                v_other_id
            ),
            detail = jsonb_build_object(
                'error', 'assignment_overlaps', 'tariff_assignment_id', v_other_id
            )::text,
            hint = 'End the other one first, or give one of them a higher priority.';
    end if;
    return new;
end;
$$;
revoke all on function pricing.tg_tariff_assignments__check() from public;
comment on function pricing.tg_tariff_assignments__check() is
    'Trigger: refuse a second tariff for the same place, audience, priority and time.';
