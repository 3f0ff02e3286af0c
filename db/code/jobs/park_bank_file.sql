-- Put a file of statements aside with the reason; nothing of it is in the books.
--
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner (statement_unreadable and why), jobs.book_bank_statement.
-- Writes:    core.bank_files.
create or replace function jobs.park_bank_file(
    p_tenant_id bigint,
    p_bank_file_id bigint,
    p_reason text,
    p_problem text
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update core.bank_files as f
    set state = 'parked',
        reason = p_reason,
        problem = left(p_problem, 1000),
        finished_at = now()
    where f.tenant_id = p_tenant_id and f.id = p_bank_file_id and f.state = 'waiting';
end;
$$;
revoke all on function jobs.park_bank_file(bigint, bigint, text, text) from public;
grant execute on function jobs.park_bank_file(bigint, bigint, text, text) to jobs;
comment on function jobs.park_bank_file(bigint, bigint, text, text) is
    'Put a file of statements aside with the reason.';
