-- Bill a held session as it is.
--
-- Writes:  core.session_resolutions, core.transactions, core.ratings; with a tariff,
--          core.session_tariffs. The session is locked.
-- Errors:  PT400 reason_required, PT403 permission_missing, PT404 session_unknown, tariff_unknown,
--          PT409 session_running, session_not_held, session_still_held, tariff_not_valid.
-- Definer: these tables are written by functions only.
create or replace function api.release_session(
    session bigint,
    reason text,
    tariff text default null
)
returns setof api.transactions
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session constant core.sessions := pricing.lock_session(session);
    v_transaction core.transactions;
begin
    if not exists (
        select
        from core.transactions as t
        where
            t.tenant_id = v_session.tenant_id
            and t.session_id = v_session.id
            and t.state = 'held'
    ) then
        raise exception using
            errcode = 'PT409',
            message = 'the session is not held',
            detail = '{"error":"session_not_held"}',
            hint = 'See held_sessions for those that wait for a decision.';
    end if;
    if tariff is not null then
        perform pricing.set_operator_tariff(v_session, tariff, v_session.started_at);
    end if;
    v_transaction := pricing.resolve_session(v_session, 'released', reason);
    return query
    select t.*
    from api.transactions as t
    where t.tenant_id = v_transaction.tenant_id and t.id = v_transaction.id;
end;
$$;
revoke all on function api.release_session(bigint, text, text) from public;
grant execute on function api.release_session(bigint, text, text) to staff, platform;
comment on function api.release_session(bigint, text, text) is
    E'Bill a held session as it is; the reason is kept.\n'
    'Missing registers follow from the energy that is known. Should the session change later, '
    'the decision ends and it is judged anew. tariff is the id of one to price it with.';
