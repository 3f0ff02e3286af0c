-- Everything that the documents of an invoice need; see billing.describe_invoice for the shape.
--
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner, for what jobs.take_documents gave it.
-- Errors:    PT404 invoice_unknown.
create or replace function jobs.describe_invoice(p_tenant_id bigint, p_invoice_id bigint)
returns jsonb
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select billing.describe_invoice(p_tenant_id, p_invoice_id);
$$;
revoke all on function jobs.describe_invoice(bigint, bigint) from public;
grant execute on function jobs.describe_invoice(bigint, bigint) to jobs;
comment on function jobs.describe_invoice(bigint, bigint) is
    'Everything that the documents of an invoice need, for the jobs runner.';
