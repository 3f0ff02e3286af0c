-- Lock an invoice and its account for whoever is asking, the account first.
--
-- Called by: api functions that change an invoice or what is open of it.
-- Errors:    PT403 permission_missing, PT404 invoice_unknown, also for one of another tenant.
create or replace function billing.lock_invoice(p_invoice_id bigint, p_permission text)
returns core.invoices
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_invoice core.invoices;
begin
    perform access.require_permission(p_permission);
    perform
    from core.accounts as a
    inner join core.invoices as i on i.tenant_id = a.tenant_id and i.account_id = a.id
    where i.tenant_id = claims.tenant_id() and i.id = p_invoice_id
    for no key update of a;
    select i.* into v_invoice
    from core.invoices as i
    where i.tenant_id = claims.tenant_id() and i.id = p_invoice_id
    -- What refers to it (a payment that somebody makes) need not wait.
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such invoice',
            detail = '{"error":"invoice_unknown"}',
            hint = 'Invoices are named by their id.';
    end if;
    return v_invoice;
end;
$$;
revoke all on function billing.lock_invoice(bigint, text) from public;
comment on function billing.lock_invoice(bigint, text) is
    'Lock an invoice of the caller''s tenant and its account, or refuse.';

-- The same for what has to be a draft still.
--
-- Called by: api.update_draft, api.delete_draft, api.finalise_invoice.
-- Errors:    those of billing.lock_invoice, PT409 invoice_finalised_already.
create or replace function billing.lock_draft(p_invoice_id bigint)
returns core.invoices
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_invoice constant core.invoices := billing.lock_invoice(p_invoice_id, 'billing.write');
begin
    if v_invoice.state <> 'draft' then
        raise exception using
            errcode = 'PT409',
            message = format('invoice %s is finalised already', v_invoice.number),
            detail = '{"error":"invoice_finalised_already"}',
            hint = 'A credit note takes it back, in full or in part.';
    end if;
    return v_invoice;
end;
$$;
revoke all on function billing.lock_draft(bigint) from public;
comment on function billing.lock_draft(bigint) is
    'Lock a draft of the caller''s tenant and its account, or refuse.';

-- The same for what has to be finalised, an invoice and no credit note.
--
-- Called by: api.credit_invoice, api.write_off_invoice.
-- Errors:    those of billing.lock_invoice, PT409 invoice_not_finalised, invoice_is_credit_note.
create or replace function billing.lock_finalised(p_invoice_id bigint, p_permission text)
returns core.invoices
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_invoice constant core.invoices := billing.lock_invoice(p_invoice_id, p_permission);
begin
    if v_invoice.state <> 'finalised' then
        raise exception using
            errcode = 'PT409',
            message = 'a draft asks for no money yet',
            detail = '{"error":"invoice_not_finalised"}',
            hint = 'A draft is changed with update_draft or removed with delete_draft.';
    elsif v_invoice.kind <> 'invoice' then
        raise exception using
            errcode = 'PT409',
            message = format('%s is a credit note', v_invoice.number),
            detail = '{"error":"invoice_is_credit_note"}',
            hint = 'Name the invoice.';
    end if;
    return v_invoice;
end;
$$;
revoke all on function billing.lock_finalised(bigint, text) from public;
comment on function billing.lock_finalised(bigint, text) is
    'Lock a finalised invoice of the caller''s tenant and its account, or refuse.';
