-- Have pg_cron run the jobs by the calendar (ops.job_schedules.cron), where that extension is.
--
-- jobs.run_due, which pg_cron calls every ten seconds, runs the others (supabase/README.md).
-- pg_cron reads calendars in the server's cron.timezone; a job of another zone needs that setting.
-- Called again it replaces what it scheduled before. A job that is switched off does not run.
-- Returns how many it were; null without the extension.
-- Called by: whoever installs, as the owner of the database.
create or replace function jobs.schedule_in_pg_cron()
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count bigint;
begin
    if not exists (
        select
        from pg_catalog.pg_proc as p
        where p.pronamespace = to_regnamespace('cron') and p.proname = 'schedule'
    ) then
        return null;
    end if;
    execute $cron$
        select
            count(
                cron.schedule(
                    'voltaro_' || s.job,
                    s.cron,
                    format('select jobs.run_job(%L, ''pg_cron'', p_is_due => true)', s.job)
                )
            )
        from ops.job_schedules as s
        where s.cron is not null
    $cron$
    into v_count;
    return v_count;
end;
$$;
revoke all on function jobs.schedule_in_pg_cron() from public;
comment on function jobs.schedule_in_pg_cron() is
    'Have pg_cron run the jobs by the calendar; returns how many, null without the extension.';
