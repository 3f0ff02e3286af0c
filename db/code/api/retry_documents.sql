-- Try again to make the documents of an invoice, at once.
--
-- Writes:  ops.documents_to_make.
-- Errors:  PT403 permission_missing, PT404 document_unknown.
-- Definer: the queue is written by functions only.
create or replace function api.retry_documents(invoice bigint)
returns setof api.documents_to_make
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform access.require_permission('billing.write');
    return query
    update ops.documents_to_make as d
    set attempts = 0, next_attempt_at = now(), parked_at = null
    where
        d.invoice_id = invoice
        and (d.tenant_id = claims.tenant_id() or claims.role() = 'platform')
    returning
        d.tenant_id, d.invoice_id, d.queued_at, d.attempts, d.next_attempt_at, d.problem,
        d.parked_at;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'no documents of such an invoice wait to be made',
            detail = '{"error":"document_unknown"}',
            hint = 'documents_to_make lists those that do.';
    end if;
end;
$$;
revoke all on function api.retry_documents(bigint) from public;
grant execute on function api.retry_documents(bigint) to staff, platform;
comment on function api.retry_documents(bigint) is
    E'Try again to make the documents of an invoice.\n'
    'invoice is its id in documents_to_make. Needs the permission billing.write.';
