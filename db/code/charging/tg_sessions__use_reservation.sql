-- Tie a session that begins to the reservation that it uses.
--
-- A charge point names it (OCPP 1.6 §5.13); where it does not, an open reservation of this token,
-- or of its group, for this connector or any, is meant.
-- Called by: trigger sessions__use_reservation, after insert or update of reservation_id, for each
--            row.
-- Writes:    core.reservations.
create or replace function charging.tg_sessions__use_reservation()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Most sessions begin where nothing is reserved.
    if
        new.reservation_id is null
        and not exists (
            select
            from core.reservations as o
            where
                o.tenant_id = new.tenant_id
                and o.charge_point_id = new.charge_point_id
                and o.state in ('requested', 'reserved', 'unknown')
        )
    then
        return null;
    end if;
    update core.reservations as r
    set state = 'used', session_id = new.id
    where
        r.tenant_id = new.tenant_id
        and r.id = (
            select o.id
            from core.reservations as o
            where
                o.tenant_id = new.tenant_id
                and o.charge_point_id = new.charge_point_id
                and (
                    o.reservation_no = new.reservation_id
                    and o.state in ('requested', 'reserved', 'unknown', 'expired')
                    or o.state in ('requested', 'reserved', 'unknown')
                    and new.started_at between o.created_at - interval '1 minute' and o.expires_at
                    and (
                        lower(o.id_token) = lower(new.id_token)
                        or exists (
                            select
                            from core.id_tokens as t
                            inner join core.id_token_groups as g
                                on g.tenant_id = t.tenant_id and g.id = t.id_token_group_id
                            where
                                t.tenant_id = new.tenant_id
                                and t.id = new.id_token_id
                                and lower(g.group_token) = lower(o.parent_id_token)
                        )
                    )
                    and (
                        o.ocpp16_connector_id = 0
                        or exists (
                            select
                            from core.connectors as c
                            where
                                c.tenant_id = new.tenant_id
                                and c.id = new.connector_id
                                and c.ocpp16_connector_id = o.ocpp16_connector_id
                        )
                    )
                )
            order by
                o.reservation_no is not distinct from new.reservation_id desc,
                o.ocpp16_connector_id desc,
                o.id
            limit 1
        );
    return null;
end;
$$;
revoke all on function charging.tg_sessions__use_reservation() from public;
comment on function charging.tg_sessions__use_reservation() is
    'Trigger: tie a session that begins to the reservation that it uses.';
