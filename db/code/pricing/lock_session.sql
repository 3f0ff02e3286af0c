-- Lock a session that is over and about whose price the person who is asking may decide.
--
-- Called by: api.release_session, api.correct_session, api.write_off_session.
-- Errors:    PT403 permission_missing, PT404 session_unknown (also for another tenant's),
--            PT409 session_running.
create or replace function pricing.lock_session(p_session_id bigint)
returns core.sessions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    -- By tenant and id, as the key has them: an `or` would read through all sessions there are.
    v_tenant_ids constant bigint[] := case
        when claims.role() = 'platform' then array(select t.id from core.tenants as t)
        else array[claims.tenant_id()]
    end;
    v_session core.sessions;
begin
    perform access.require_permission('transactions.write');
    select s.* into v_session
    from core.sessions as s
    where s.tenant_id = any(v_tenant_ids) and s.id = p_session_id
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such session',
            detail = '{"error":"session_unknown"}',
            hint = 'See charging_sessions for those that exist.';
    end if;
    if v_session.state = 'active' then
        raise exception using
            errcode = 'PT409',
            message = 'the session is still running',
            detail = '{"error":"session_running"}',
            hint = 'Wait for its end, or stop it.';
    end if;
    return v_session;
end;
$$;
revoke all on function pricing.lock_session(bigint) from public;
comment on function pricing.lock_session(bigint) is
    'Lock a session that is over and about whose price the person may decide.';
