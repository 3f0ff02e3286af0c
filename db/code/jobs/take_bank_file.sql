-- Take the file of statements that waits longest, if any; the caller reads it and goes on with
-- jobs.book_bank_statement or jobs.park_bank_file.
--
-- It is the caller's for two minutes. A file whose runner ended several times is parked: it may
-- have been the file.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner.
-- Writes:    core.bank_files.
create or replace function jobs.take_bank_file()
returns table (tenant_id bigint, bank_file_id bigint, content bytea)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_file core.bank_files;
begin
    update core.bank_files as f
    set state = 'parked',
        reason = 'runner_lost',
        problem = 'the runner ended each time it read this file',
        finished_at = now()
    where
        f.state = 'waiting'
        and f.next_attempt_at <= now()
        and f.attempts >= access.get_setting('bank.max_attempts')::integer;
    select f.* into v_file
    from core.bank_files as f
    where f.state = 'waiting' and f.next_attempt_at <= now()
    order by f.next_attempt_at, f.id
    limit 1
    for update skip locked;
    if not found then
        return;
    end if;
    update core.bank_files as f
    set attempts = f.attempts + 1,
        next_attempt_at = now() + interval '2 minutes'
    where f.tenant_id = v_file.tenant_id and f.id = v_file.id;
    return query select v_file.tenant_id, v_file.id, v_file.content;
end;
$$;
revoke all on function jobs.take_bank_file() from public;
grant execute on function jobs.take_bank_file() to jobs;
comment on function jobs.take_bank_file() is
    'Take the file of statements that waits longest; no row when none does.';
