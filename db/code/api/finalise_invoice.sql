-- Finalise a draft now, whatever is left of its grace period.
--
-- Writes:  what billing.finalise_invoices writes.
-- Errors:  PT403 permission_missing, PT404 invoice_unknown, PT409 invoice_finalised_already,
--          draft_not_ready with the problem, draft_empty.
-- Definer: invoices are written by functions only.
create or replace function api.finalise_invoice(invoice bigint)
returns setof api.invoices
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_invoice constant core.invoices := billing.lock_draft(invoice);
    v_problem text;
begin
    if cardinality(billing.finalise_invoices(v_invoice.tenant_id, array[v_invoice.id])) = 0 then
        select i.problem into v_problem
        from core.invoices as i
        where i.tenant_id = v_invoice.tenant_id and i.id = v_invoice.id;
        if not found then
            raise exception using
                errcode = 'PT409',
                message = 'nothing in this draft is to be charged any more',
                detail = '{"error":"draft_empty"}',
                hint = 'Its transactions were rated again, held or written off: delete it.';
        end if;
        raise exception using
            errcode = 'PT409',
            message = format('the draft cannot be issued: %s', replace(v_problem, '_', ' ')),
            detail = json_build_object('error', 'draft_not_ready', 'problem', v_problem)::text,
            hint = 'Complete customer and legal entity, then finalise it again.';
    end if;
    return query
    select i.*
    from api.invoices as i
    where i.tenant_id = v_invoice.tenant_id and i.id = v_invoice.id;
end;
$$;
revoke all on function api.finalise_invoice(bigint) from public;
grant execute on function api.finalise_invoice(bigint) to staff, platform;
comment on function api.finalise_invoice(bigint) is
    E'Finalise a draft: it gets its number and never changes again.\n'
    'What a draft cannot be issued for is in its problem. A second call is refused with '
    'invoice_finalised_already. Needs the permission billing.write.';
