-- Remove a draft: it never had a number. What a billing run put into it, the next run bills.
--
-- Writes:  core.invoices and what belongs to it.
-- Errors:  PT403 permission_missing, PT404 invoice_unknown, PT409 invoice_finalised_already.
-- Definer: invoices are written by functions only.
create or replace function api.delete_draft(invoice bigint)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_invoice constant core.invoices := billing.lock_draft(invoice);
begin
    delete from core.invoices as i
    where i.tenant_id = v_invoice.tenant_id and i.id = v_invoice.id;
end;
$$;
revoke all on function api.delete_draft(bigint) from public;
grant execute on function api.delete_draft(bigint) to staff, platform;
comment on function api.delete_draft(bigint) is
    E'Remove a draft.\n'
    'Sessions that were in it are billed by the next billing run. Needs the permission '
    'billing.write.';
