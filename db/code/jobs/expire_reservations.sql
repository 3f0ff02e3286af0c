-- End reservations whose time has passed; the charge point ends them by itself (OCPP 1.6 §5.13).
--
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    core.reservations; at most 1,000 a run.
-- Returns:   what was done, empty for nothing; ends in 'more is left' when it is.
create or replace function jobs.expire_reservations()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count integer;
begin
    update core.reservations as r
    set state = 'expired'
    where r.ctid = any(array(
        select o.ctid
        from core.reservations as o
        where
            o.state in ('requested', 'reserved', 'unknown')
            and o.expires_at <= now()
        order by o.expires_at
        limit 1000
        for no key update skip locked
    ));
    get diagnostics v_count = row_count;
    if v_count = 0 then
        return '';
    end if;
    return format('ended %s reservations', v_count)
        || case when v_count = 1000 then '; more is left' else '' end;
end;
$$;
revoke all on function jobs.expire_reservations() from public;
grant execute on function jobs.expire_reservations() to jobs;
comment on function jobs.expire_reservations() is
    'End reservations whose time has passed; returns what was done.';
