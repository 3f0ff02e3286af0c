-- Tell of a job that fails: once an hour, for one that fails at every turn.
--
-- It concerns the installation, so the event is nobody's but the platform's.
-- Called by: trigger job_runs__emit_failed, after insert, for each row that failed.
-- Writes:    core.events.
create or replace function notify.tg_job_runs__emit()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (
        select
        from ops.job_runs as r
        where
            r.job = new.job
            and r.started_at > new.started_at - interval '1 hour'
            and r.outcome = 'failed'
            and r.id < new.id
    ) then
        perform notify.emit(
            null, 'job.failed', 'job_run', new.id,
            jsonb_build_object('job', new.job, 'detail', new.detail)
        );
    end if;
    return null;
end;
$$;
revoke all on function notify.tg_job_runs__emit() from public;
comment on function notify.tg_job_runs__emit() is 'Trigger: tell of a job that fails.';
