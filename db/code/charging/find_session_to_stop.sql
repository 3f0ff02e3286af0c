-- The session that is to be stopped from afar, by its number or by its transaction id.
--
-- A driver finds their own only, staff those of their tenant, the platform any. A transaction id
-- belongs to its charge point: without the charge point's identity there must be only one such
-- session that has not ended. A session whose end is only presumed may still be going on.
-- Called by: api.remote_stop_transaction.
-- Errors:    PT400 session_required, PT404 session_unknown, PT409 session_ended.
create or replace function charging.find_session_to_stop(
    p_session_id bigint,
    p_transaction_id text,
    p_charge_point text
)
returns core.sessions
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tenant_ids bigint[] := array[claims.tenant_id()];
    v_user_id constant uuid := case when claims.role() = 'customer' then claims.user_id() end;
    v_charge_point_id bigint;
    v_sessions core.sessions[];
    v_running core.sessions[];
begin
    if p_session_id is null and p_transaction_id is null then
        raise exception using
            errcode = 'PT400',
            message = 'say which session to stop',
            detail = '{"error":"session_required"}',
            hint = 'Send session_id, or transaction_id with charge_point.';
    end if;
    if claims.role() = 'platform' then
        v_tenant_ids := array(select t.id from core.tenants as t);
    end if;
    if p_charge_point is not null then
        select i.charge_point_id, array[i.tenant_id] into v_charge_point_id, v_tenant_ids
        from core.charge_point_identities as i
        where
            i.identity_key = lower(p_charge_point)
            and i.tenant_id = any(v_tenant_ids);
    end if;
    v_sessions := array(
        select s
        from core.sessions as s
        where
            s.tenant_id = any(v_tenant_ids)
            and s.id = p_session_id
            and coalesce(s.transaction_id = p_transaction_id, true)
            and (p_charge_point is null or s.charge_point_id = v_charge_point_id)
            and (v_user_id is null or s.user_id = v_user_id)
        union all
        select s
        from core.sessions as s
        where
            p_session_id is null
            and s.tenant_id = any(v_tenant_ids)
            and s.charge_point_id = v_charge_point_id
            and s.transaction_id = p_transaction_id
            and (v_user_id is null or s.user_id = v_user_id)
        union all
        select s
        from core.sessions as s
        where
            p_session_id is null
            and p_charge_point is null
            and s.tenant_id = any(v_tenant_ids)
            and s.transaction_id = p_transaction_id
            and s.state <> 'ended'
            and (v_user_id is null or s.user_id = v_user_id)
        limit 2
    );
    v_running := array(select s from unnest(v_sessions) as s where s.state <> 'ended');
    if cardinality(v_sessions) = 0 then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such session',
            detail = '{"error":"session_unknown"}',
            hint = 'charging_sessions lists those that you may see.';
    elsif cardinality(v_running) = 0 then
        raise exception using
            errcode = 'PT409',
            message = 'the session has ended',
            detail = '{"error":"session_ended"}',
            hint = 'There is nothing left to stop.';
    elsif cardinality(v_running) > 1 then
        raise exception using
            errcode = 'PT400',
            message = 'several sessions have this transaction id',
            detail = '{"error":"session_required"}',
            hint = 'Send session_id, or charge_point as well.';
    end if;
    return v_running[1];
end;
$$;
revoke all on function charging.find_session_to_stop(bigint, text, text) from public;
comment on function charging.find_session_to_stop(bigint, text, text) is
    'The session that is to be stopped from afar.';
