-- Turn events into messages to people.
--
-- Each event in an exception-free step of its own: what it says is looked up now, so that a
-- message tells what is true when it goes out. One whose attachment is still being made waits a
-- little and then goes without. Several runners share the queue.
-- Called by: jobs.run_due, pg_cron.
-- Writes:    ops.events_to_tell, core.notifications, ops.outbox.
-- Definer:   the jobs runner has no right on any table.
create or replace function jobs.send_notifications()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit constant integer := 200;
    v_event core.events;
    v_taken integer := 0;
    v_told integer := 0;
begin
    for v_event in
        select e.*
        from ops.events_to_tell as q
        inner join core.events as e on e.id = q.event_id
        where q.not_before <= now()
        order by q.event_id
        limit v_limit
        for update of q skip locked
    loop
        v_taken := v_taken + 1;
        if notify.tell(v_event) then
            delete from ops.events_to_tell as q where q.event_id = v_event.id;
            v_told := v_told + 1;
        else
            -- The longer it has waited the longer it waits: ten thousand invoices of a run do not
            -- stand in the way of what happens meanwhile.
            update ops.events_to_tell as q
            set not_before = now() + greatest(
                interval '15 seconds', (now() - v_event.occurred_at) / 2
            )
            where q.event_id = v_event.id;
        end if;
    end loop;
    return case
        when v_told > 0 then
            format('%s events told', v_told)
            || case when v_taken = v_limit then '; more is left' else '' end
        else ''
    end;
end;
$$;
revoke all on function jobs.send_notifications() from public;
grant execute on function jobs.send_notifications() to jobs;
comment on function jobs.send_notifications() is 'Turn events into messages to people.';
