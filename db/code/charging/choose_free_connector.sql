-- The connector where a token may begin a session now, of those that are meant.
--
-- p_connectors are one, or all of an EVSE or charge point: then whichever is free, one with a plug
-- in it (Preparing) before one without. What its state lets begin:
--     Available, Preparing, Finishing (the plug is still in), and Unknown, which nobody has told;
--     Reserved for this token or its group; nothing else (OCPP 1.6 §4.9).
-- Called by: charging.choose_connector, charging.send_driver_start.
-- Errors:    PT404 connector_unknown, PT400 connector_required, PT409 connector_unavailable (its
--            detail has "status").
create or replace function charging.choose_free_connector(
    p_connectors core.connectors[],
    p_id_token core.id_tokens
)
returns core.connectors
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_free core.connectors[];
    v_ready core.connectors[];
begin
    if cardinality(p_connectors) = 0 then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such connector',
            detail = '{"error":"connector_unknown"}',
            hint = 'Leave connector out to take the one that is free.';
    end if;
    v_free := array(
        select k
        from unnest(p_connectors) as k
        where
            k.status in ('Available', 'Preparing', 'Finishing', 'Unknown')
            or k.status = 'Reserved' and charging.is_reserved_for(k, p_id_token)
        order by k.ocpp16_connector_id
    );
    if cardinality(v_free) = 0 then
        raise exception using
            errcode = 'PT409',
            message = 'the connector is not free',
            detail = jsonb_build_object(
                'error', 'connector_unavailable', 'status', p_connectors[1].status
            )::text,
            hint = 'Wait until it is available, or take another one.';
    end if;
    v_ready := array(
        select k from unnest(v_free) as k where k.status = 'Preparing'
    );
    if cardinality(v_ready) = 1 then
        return v_ready[1];
    elsif cardinality(v_free) > 1 then
        raise exception using
            errcode = 'PT400',
            message = 'several connectors are free',
            detail = '{"error":"connector_required"}',
            hint = 'Plug in first, or send connector, its number.';
    end if;
    return v_free[1];
end;
$$;
revoke all on function charging.choose_free_connector(
    core.connectors[], core.id_tokens
) from public;
comment on function charging.choose_free_connector(core.connectors[], core.id_tokens) is
    'The connector where a token may begin a session now, of those that are meant.';

-- Whether an open reservation of a connector, or of any of its charge point, is for a token.
create or replace function charging.is_reserved_for(
    p_connector core.connectors,
    p_id_token core.id_tokens
)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select
        from core.reservations as r
        where
            r.tenant_id = p_connector.tenant_id
            and r.charge_point_id = p_connector.charge_point_id
            and r.ocpp16_connector_id in (p_connector.ocpp16_connector_id, 0)
            and r.state in ('reserved', 'unknown')
            and r.expires_at > now()
            and (
                lower(r.id_token) = p_id_token.id_token_key
                or lower(r.parent_id_token) = (
                    select lower(g.group_token)
                    from core.id_token_groups as g
                    where
                        g.tenant_id = p_id_token.tenant_id
                        and g.id = p_id_token.id_token_group_id
                )
            )
    );
end;
$$;
revoke all on function charging.is_reserved_for(core.connectors, core.id_tokens) from public;
comment on function charging.is_reserved_for(core.connectors, core.id_tokens) is
    'Whether an open reservation of a connector is for a token.';
