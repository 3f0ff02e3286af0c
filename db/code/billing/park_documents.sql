-- Give the documents of an invoice up, until somebody asks for another attempt; tell of it.
--
-- It is told once an hour and tenant: what is wrong with one invoice is wrong with all of a run.
-- Called by: jobs.take_documents, jobs.store_documents, jobs.fail_documents.
-- Writes:    ops.documents_to_make, core.events.
create or replace function billing.park_documents(
    p_tenant_id bigint, p_invoice_id bigint, p_problem text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_told constant boolean := exists (
        select
        from ops.documents_to_make as d
        where d.tenant_id = p_tenant_id and d.parked_at > now() - interval '1 hour'
    );
begin
    update ops.documents_to_make as d
    set problem = p_problem, parked_at = clock_timestamp()
    where d.tenant_id = p_tenant_id and d.invoice_id = p_invoice_id and d.parked_at is null;
    if found and not v_is_told then
        perform notify.emit(
            p_tenant_id, 'job.failed', 'invoice', p_invoice_id,
            jsonb_build_object('job', 'documents', 'detail', p_problem)
        );
    end if;
end;
$$;
revoke all on function billing.park_documents(bigint, bigint, text) from public;
comment on function billing.park_documents(bigint, bigint, text) is
    'Give the documents of an invoice up, until somebody asks for another attempt.';
