-- Hand new events to whoever wants to know.
--
-- One call at a time (jobs.run_due locks its row), so that events of one object stay in order.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    core.events, ops.outbox, core.webhook_deliveries.
create or replace function jobs.dispatch_events()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit constant integer := 1000;
    v_events bigint[];
    v_sent bigint;
begin
    -- Two calls by hand would tear the order of an object apart.
    perform pg_advisory_xact_lock(hashtext('jobs.dispatch_events'));
    select array_agg(e.id) into v_events
    from (
        select n.id from core.events as n where n.dispatched_at is null order by n.id limit v_limit
    ) as e;
    if v_events is null then
        return '';
    end if;
    v_sent := notify.send_to_webhooks(v_events);
    update core.events as e set dispatched_at = now() where e.id = any (v_events);
    if v_sent = 0 and cardinality(v_events) < v_limit then
        return '';
    end if;
    return format(
        '%s events, %s to webhooks%s', cardinality(v_events), v_sent,
        case when cardinality(v_events) = v_limit then '; more is left' else '' end
    );
end;
$$;
revoke all on function jobs.dispatch_events() from public;
grant execute on function jobs.dispatch_events() to jobs;
comment on function jobs.dispatch_events() is 'Hand new events to whoever wants to know.';
