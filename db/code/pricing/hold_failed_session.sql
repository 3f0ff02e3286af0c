-- Hold a session that could not be priced because our own code failed on it.
--
-- tried_at makes every attempt a change, by which jobs.retry_failed_ratings takes turns.
-- Called by: jobs.rate_sessions, which has the session locked.
-- Writes:    core.transactions.
create or replace function pricing.hold_failed_session(
    p_tenant_id bigint,
    p_session_id bigint,
    p_sqlstate text,
    p_message text
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    insert into core.transactions as t (
        tenant_id, session_id, state, user_id, started_at, ended_at, hold_reasons, hold_details,
        held_at
    )
    select
        s.tenant_id, s.id, 'held', s.user_id, s.started_at, s.ended_at, '{pricing_failed}',
        jsonb_build_array(jsonb_build_object(
            'reason', 'pricing_failed', 'sqlstate', p_sqlstate, 'message', left(p_message, 500),
            'tried_at', now()
        )),
        now()
    from core.sessions as s
    where s.tenant_id = p_tenant_id and s.id = p_session_id
    on conflict (tenant_id, session_id) do update
    set state = excluded.state,
        hold_reasons = excluded.hold_reasons,
        hold_details = excluded.hold_details,
        held_at = coalesce(t.held_at, excluded.held_at);
$$;
revoke all on function pricing.hold_failed_session(bigint, bigint, text, text) from public;
comment on function pricing.hold_failed_session(bigint, bigint, text, text) is
    'Hold a session that could not be priced because our own code failed on it.';
