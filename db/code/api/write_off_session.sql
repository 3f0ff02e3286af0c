-- Never bill a session. A price that it had is credited (cdrs).
--
-- Writes:  core.session_resolutions, core.transactions. The session is locked.
-- Errors:  PT400 reason_required, PT403 permission_missing, PT404 session_unknown,
--          PT409 session_running.
-- Definer: these tables are written by functions only.
create or replace function api.write_off_session(session bigint, reason text)
returns setof api.transactions
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session constant core.sessions := pricing.lock_session(session);
    v_transaction constant core.transactions := pricing.resolve_session(
        v_session, 'written_off', reason
    );
begin
    return query
    select t.*
    from api.transactions as t
    where t.tenant_id = v_transaction.tenant_id and t.id = v_transaction.id;
end;
$$;
revoke all on function api.write_off_session(bigint, text) from public;
grant execute on function api.write_off_session(bigint, text) to staff, platform;
comment on function api.write_off_session(bigint, text) is
    E'Never bill a session; the reason is kept.\n'
    'A price that it had is credited. Should the session change later, the decision ends and it '
    'is judged anew.';
