-- Run a job if it is due.
--
-- One job a call, and so one transaction a job: what a job locks is free when it is done, and a
-- failure takes nothing else along.
-- A job whose detail ends in 'more is left' has its next turn in 5 seconds at the latest.
-- The schedule's row is locked while its job runs and passed over by others: however many
-- runners there are, each run happens once.
-- A job that fails comes again as usual, then twice as late each time, up to five minutes where its
-- turns are closer; one by the calendar is not left until its next date: it comes again after a
-- minute, then later and later, up to an hour.
-- ops.job_runs gets a row only when something was done or failed.
-- p_next_run_at: the next moment of a job that runs by the calendar, from whoever can read one;
-- null leaves it unplanned. p_is_due: the caller's clock says that it is due (pg_cron).
-- No row when it is not due, is switched off, is running, or does not exist.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner, pg_cron, jobs.run_due.
-- Writes:    ops.job_schedules, ops.job_runs, and what the job writes.
create or replace function jobs.run_job(
    p_job text,
    p_runner text,
    p_next_run_at timestamptz default null,
    p_is_due boolean default false
)
returns table (job text, outcome text, detail text, next_run_at timestamptz)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_started_at constant timestamptz := clock_timestamp();
    v_schedule ops.job_schedules;
    v_outcome text := 'done';
    v_detail text;
    v_failures integer;
    v_next_run_at timestamptz;
begin
    select s.* into v_schedule
    from ops.job_schedules as s
    where s.job = p_job and s.is_enabled and (s.next_run_at <= v_started_at or p_is_due)
    for update skip locked;
    if not found then
        return;
    end if;

    begin
        execute format('select jobs.%I()', p_job) into v_detail;
        set constraints all immediate;
        v_detail := coalesce(v_detail, '');
    exception
        -- A time-out is caught as well, or the job that always hits it would always be the one
        -- that has been due for longest, and no other would ever run.
        when query_canceled or others then
            v_outcome := 'failed';
            v_detail := format('%s: %s', sqlstate, sqlerrm);
            raise log 'job % failed: %', p_job, v_detail;
    end;

    v_failures := case v_outcome when 'failed' then v_schedule.failures + 1 else 0 end;
    v_next_run_at := case
        when v_schedule.cron is not null then coalesce(p_next_run_at, 'infinity')
        else clock_timestamp() + v_schedule.every
    end;
    if v_outcome = 'failed' then
        v_next_run_at := case
            when v_schedule.cron is not null
                then least(v_next_run_at, clock_timestamp() + least(
                    interval '1 minute' * 2 ^ least(v_failures - 1, 10), interval '1 hour'
                ))
            else greatest(v_next_run_at, clock_timestamp() + least(
                v_schedule.every * 2 ^ least(v_failures - 1, 10), interval '5 minutes'
            ))
        end;
    elsif v_detail like '%more is left' then
        v_next_run_at := least(v_next_run_at, clock_timestamp() + interval '5 seconds');
    end if;
    update ops.job_schedules as s
    set next_run_at = v_next_run_at, failures = v_failures
    where s.job = p_job;
    if v_outcome = 'failed' or v_detail <> '' then
        insert into ops.job_runs (job, runner, started_at, finished_at, outcome, detail)
        values (
            p_job, left(coalesce(p_runner, ''), 100), v_started_at, clock_timestamp(), v_outcome,
            left(v_detail, 2000)
        );
    end if;
    return query select p_job, v_outcome, v_detail, v_next_run_at;
end;
$$;
revoke all on function jobs.run_job(text, text, timestamptz, boolean) from public;
grant execute on function jobs.run_job(text, text, timestamptz, boolean) to jobs;
comment on function jobs.run_job(text, text, timestamptz, boolean) is
    'Run a job if it is due; returns what it did, or no row.';
