-- Say why a batch of direct debits gets no file: what was to be in it is not allowed there. A
-- person cancels the batch and mends what it says.
--
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner.
-- Writes:    core.debit_batches.
create or replace function jobs.refuse_debit_batch(
    p_tenant_id bigint,
    p_debit_batch_id bigint,
    p_problem text
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update core.debit_batches as b
    set problem = left(p_problem, 1000)
    where b.tenant_id = p_tenant_id and b.id = p_debit_batch_id and b.state = 'created';
end;
$$;
revoke all on function jobs.refuse_debit_batch(bigint, bigint, text) from public;
grant execute on function jobs.refuse_debit_batch(bigint, bigint, text) to jobs;
comment on function jobs.refuse_debit_batch(bigint, bigint, text) is
    'Say why a batch of direct debits gets no file.';
