-- How a kind of outside effect is tried; the table's defaults when nobody said anything.
--
-- Called by: jobs.finish_outbox, jobs.tend_outbox.
create or replace function notify.get_outbox_kind(p_kind text)
returns ops.outbox_kinds
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_kind ops.outbox_kinds;
begin
    select k.* into v_kind from ops.outbox_kinds as k where k.kind = p_kind;
    if not found then
        v_kind := row(p_kind, false, 12, '10 seconds', '6 hours', '2 minutes', '', false);
    end if;
    return v_kind;
end;
$$;
revoke all on function notify.get_outbox_kind(text) from public;
comment on function notify.get_outbox_kind(text) is
    'How a kind of outside effect is tried; the defaults when nobody said anything.';
