-- Remember the events that people may have to be told of.
--
-- Called by: trigger events__tell, after insert, for each statement.
-- Writes:    ops.events_to_tell.
create or replace function notify.tg_events__tell()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.events_to_tell (event_id)
    select e.id
    from new_rows as e
    where exists (
        select
        from core.notification_kinds as k
        where e.type = any(k.event_types)
    )
    on conflict (event_id) do nothing;
    return null;
end;
$$;
revoke all on function notify.tg_events__tell() from public;
comment on function notify.tg_events__tell() is
    'Trigger: remember the events that people may have to be told of.';
