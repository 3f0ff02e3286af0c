-- Keep the file of a batch of direct debits.
--
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner, in the transaction of jobs.take_debit_batch.
-- Writes:    core.documents.
create or replace function jobs.store_debit_file(
    p_tenant_id bigint,
    p_debit_batch_id bigint,
    p_content bytea
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into core.documents (
        tenant_id, kind, debit_batch_id, file_name, content_type, content, sha256
    )
    select
        b.tenant_id, 'debit_file', b.id, b.message_id || '.xml', 'application/xml', p_content,
        encode(sha256(p_content), 'hex')
    from core.debit_batches as b
    where b.tenant_id = p_tenant_id and b.id = p_debit_batch_id and b.state = 'created';
end;
$$;
revoke all on function jobs.store_debit_file(bigint, bigint, bytea) from public;
grant execute on function jobs.store_debit_file(bigint, bigint, bytea) to jobs;
comment on function jobs.store_debit_file(bigint, bigint, bytea) is
    'Keep the file of a batch of direct debits.';
