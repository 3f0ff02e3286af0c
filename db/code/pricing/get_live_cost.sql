-- What a running session costs up to its newest reading or change of state; stores nothing.
--
-- as_of is that moment, by the clock of the charge point. result is pricing.price's; null when no
-- tariff applies (p_compiled null) and when the calculation failed, which failure then tells:
-- "SQLSTATE: message". Any error is caught here, as in the job runner: one session whose price
-- cannot be calculated takes none of the others of its batch along. What is caught has written
-- nothing, so that the block costs no transaction id.
-- Called by: pricing.refresh_live_costs.
create or replace function pricing.get_live_cost(
    p_session core.sessions,
    p_compiled jsonb,
    p_time_zone text,
    out as_of timestamptz,
    out result jsonb,
    out failure text
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    as_of := greatest(
        p_session.started_at,
        p_session.last_reading_at,
        (
            select max(e.happened_at)
            from core.session_events as e
            where
                e.tenant_id = p_session.tenant_id
                and e.session_id = p_session.id
                and e.event = 'charging_state_changed'
        )
    );
    if p_compiled is null then
        return;
    end if;
    result := pricing.price(
        p_compiled,
        pricing.cut_session(
            p_compiled, pricing.get_measured_session(p_session, p_time_zone, as_of)
        )
    );
exception
    -- What a second attempt may mend is no problem of the session: the run fails and comes again.
    when
        transaction_rollback or lock_not_available or insufficient_resources
        or operator_intervention
    then
        raise;
    when others then
        result := null;
        failure := format('%s: %s', sqlstate, left(sqlerrm, 500));
        raise log 'live cost of session % of tenant % failed: %',
            p_session.id, p_session.tenant_id, failure;
end;
$$;
revoke all on function pricing.get_live_cost(core.sessions, jsonb, text) from public;
comment on function pricing.get_live_cost(core.sessions, jsonb, text) is
    'What a running session costs up to its newest reading; stores nothing.';
