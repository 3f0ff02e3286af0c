-- Take the export that has been due for longest, if any; the caller goes on with
-- jobs.begin_export.
--
-- One that runs is locked by its runner's transaction: a free one is that of a runner that died,
-- and is begun again. Given up are those that failed exports.max_attempts times, and those whose
-- person may no longer export.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner.
-- Writes:    core.exports.
create or replace function jobs.take_export(p_runner text)
returns table (tenant_id bigint, export_id bigint, attempt integer, list text)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_max_attempts constant integer := access.get_setting('exports.max_attempts')::integer;
    v_export core.exports;
    v_problem text;
begin
    loop
        select e.* into v_export
        from core.exports as e
        where e.state in ('waiting', 'running') and e.next_attempt_at <= now()
        order by e.next_attempt_at, e.id
        limit 1
        for update skip locked;
        if not found then
            return;
        end if;
        v_problem := case
            when
                not access.is_permitted(
                    v_export.tenant_id, v_export.requested_by, 'exports.write'
                )
                then 'whoever asked for it may no longer export'
            when v_export.attempts >= v_max_attempts
                then coalesce(v_export.problem, 'its runner ended while it was written')
        end;
        exit when v_problem is null;
        update core.exports as e
        set state = 'failed', problem = v_problem, finished_at = now()
        where e.tenant_id = v_export.tenant_id and e.id = v_export.id;
    end loop;
    update core.exports as e
    set state = 'running',
        attempts = e.attempts + 1,
        started_at = now(),
        runner = left(p_runner, 100),
        -- Free until jobs.begin_export locks it: nobody else takes it meanwhile.
        next_attempt_at = now() + interval '10 seconds'
    where e.tenant_id = v_export.tenant_id and e.id = v_export.id;
    return query select v_export.tenant_id, v_export.id, v_export.attempts + 1, v_export.list;
end;
$$;
revoke all on function jobs.take_export(text) from public;
grant execute on function jobs.take_export(text) to jobs;
comment on function jobs.take_export(text) is
    'Take the export that has been due for longest; no row when none is.';
