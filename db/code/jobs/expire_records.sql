-- Delete what is past its time: sign-ins and tokens, old log rows, forgotten inbox entries.
--
-- Each step deletes at most 5,000 rows of one table. Steps repeat until jobs.expire_budget_ms are
-- used, so that a run stays short; every table gets one step at least. A backlog is worked off
-- over several runs: jobs.run_due starts the next one soon when this one says that more is left.
-- What is deleted when stands in ops.retention_rules, the days in ops.settings. Rows that somebody
-- holds are left for the next turn.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Returns:   what was done, empty for nothing; ends in 'more is left' when it is.
create or replace function jobs.delete_expired(
    p_table text,
    p_condition text,
    p_expired_at timestamptz
)
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count bigint;
begin
    execute format(
        'delete from %1$s where ctid = any(array('
        'select ctid from %1$s where %2$s limit 5000 for update skip locked))',
        p_table, p_condition
    ) using p_expired_at;
    get diagnostics v_count = row_count;
    return v_count;
end;
$$;
revoke all on function jobs.delete_expired(text, text, timestamptz) from public;
comment on function jobs.delete_expired(text, text, timestamptz) is
    'Delete up to 5,000 rows of a table that meet a condition on a time ($1); how many it were.';

create or replace function jobs.expire_records()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_stop_at constant timestamptz := clock_timestamp() + make_interval(
        secs => access.get_setting('jobs.expire_budget_ms')::double precision / 1000
    );
    v_done text[] := '{}';
    v_has_more boolean := false;
    v_step record;
    v_step_count bigint;
    v_count bigint;
begin
    for v_step in
        select
            r.table_name,
            r.condition,
            now() - make_interval(days => access.get_setting(r.setting)::integer) as expired_at
        from ops.retention_rules as r
        order by r.id
    loop
        v_count := 0;
        loop
            if v_step.condition is null then
                -- access.expire_people knows which.
                v_step_count := access.expire_people(5000);
            else
                v_step_count := jobs.delete_expired(
                    v_step.table_name, v_step.condition, v_step.expired_at
                );
            end if;
            v_count := v_count + v_step_count;
            exit when v_step_count < 5000;
            if clock_timestamp() >= v_stop_at then
                v_has_more := true;
                exit;
            end if;
        end loop;
        if v_count > 0 then
            v_done := v_done || format('%s of %s', v_count, v_step.table_name);
        end if;
    end loop;
    if v_done = '{}' then
        return '';
    end if;
    return 'deleted ' || array_to_string(v_done, ', ')
        || case when v_has_more then '; more is left' else '' end;
end;
$$;
revoke all on function jobs.expire_records() from public;
grant execute on function jobs.expire_records() to jobs;
comment on function jobs.expire_records() is
    'Delete expired sign-ins, tokens, log rows and inbox entries in small steps.';
