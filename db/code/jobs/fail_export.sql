-- Note why an export could not be written: it is tried again after some minutes, or has failed.
--
-- Returned:  its state, waiting or failed; null when the attempt is no longer the newest.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner.
-- Writes:    core.exports.
create or replace function jobs.fail_export(
    p_tenant_id bigint,
    p_export_id bigint,
    p_attempt integer,
    p_problem text
)
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_max_attempts constant integer := access.get_setting('exports.max_attempts')::integer;
    v_state text;
begin
    update core.exports as e
    set state = case when e.attempts >= v_max_attempts then 'failed' else 'waiting' end,
        problem = left(p_problem, 1000),
        finished_at = case when e.attempts >= v_max_attempts then clock_timestamp() end,
        next_attempt_at = clock_timestamp() + e.attempts * interval '1 minute'
    where
        e.tenant_id = p_tenant_id
        and e.id = p_export_id
        and e.state = 'running'
        and e.attempts = p_attempt
    returning e.state into v_state;
    return v_state;
end;
$$;
revoke all on function jobs.fail_export(bigint, bigint, integer, text) from public;
grant execute on function jobs.fail_export(bigint, bigint, integer, text) to jobs;
comment on function jobs.fail_export(bigint, bigint, integer, text) is
    'Note why an export could not be written: it is tried again later, or has failed.';
