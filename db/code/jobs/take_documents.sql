-- Take the invoices whose documents have been due for longest.
--
-- Who takes one has it for documents.take_s; then it is due again, for its runner is dead. One
-- whose runners died documents.max_attempts times is parked.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner, which goes on with jobs.describe_invoice.
-- Writes:    ops.documents_to_make.
create or replace function jobs.take_documents(p_runner text, p_limit integer)
returns table (tenant_id bigint, invoice_id bigint, attempt integer)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_max_attempts constant integer := access.get_setting('documents.max_attempts')::integer;
    v_take constant interval := make_interval(
        secs => access.get_setting('documents.take_s')::integer
    );
begin
    perform billing.park_documents(
        d.tenant_id, d.invoice_id, coalesce(d.problem, 'its runner ended while they were made')
    )
    from ops.documents_to_make as d
    where
        d.parked_at is null
        and d.next_attempt_at <= now()
        and d.attempts >= v_max_attempts
    for update skip locked;
    return query
    update ops.documents_to_make as d
    set attempts = d.attempts + 1,
        runner = left(p_runner, 100),
        next_attempt_at = now() + v_take
    from (
        select q.tenant_id, q.invoice_id
        from ops.documents_to_make as q
        where q.parked_at is null and q.next_attempt_at <= now()
        order by q.next_attempt_at, q.tenant_id, q.invoice_id
        limit p_limit
        for update skip locked
    ) as due
    where d.tenant_id = due.tenant_id and d.invoice_id = due.invoice_id
    returning d.tenant_id, d.invoice_id, d.attempts;
end;
$$;
revoke all on function jobs.take_documents(text, integer) from public;
grant execute on function jobs.take_documents(text, integer) to jobs;
comment on function jobs.take_documents(text, integer) is
    'Take the invoices whose documents have been due for longest.';
