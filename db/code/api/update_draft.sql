-- Change a draft: its note, when it is finalised, and the lines of a one-off invoice.
--
-- What is left out (null) stays. is_held true takes it out of the hands of the job until somebody
-- finalises it or sets false, which gives it back at once.
-- Writes:  core.invoices, core.invoice_lines, core.invoice_taxes.
-- Errors:  PT403 permission_missing, PT404 invoice_unknown, PT409 invoice_finalised_already,
--          draft_lines_fixed, PT400 invoice_lines_invalid.
-- Definer: invoices are written by functions only.
create or replace function api.update_draft(
    invoice bigint,
    lines jsonb default null,
    note text default null,
    is_held boolean default null
)
returns setof api.invoices
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_invoice constant core.invoices := billing.lock_draft(invoice);
begin
    if update_draft.lines is not null then
        if v_invoice.occasion <> 'one_off' then
            raise exception using
                errcode = 'PT409',
                message = 'the lines of this draft are what was charged',
                detail = '{"error":"draft_lines_fixed"}',
                hint = 'Rate the transaction again, or write it off; the draft follows.';
        end if;
        perform billing.write_draft_lines(v_invoice, update_draft.lines);
    end if;
    update core.invoices as i
    set note = coalesce(update_draft.note, i.note),
        finalise_at = case
            when update_draft.is_held then null
            when not update_draft.is_held then now()
            else i.finalise_at
        end,
        problem = null
    where i.tenant_id = v_invoice.tenant_id and i.id = v_invoice.id;
    return query
    select i.*
    from api.invoices as i
    where i.tenant_id = v_invoice.tenant_id and i.id = v_invoice.id;
end;
$$;
revoke all on function api.update_draft(bigint, jsonb, text, boolean) from public;
grant execute on function api.update_draft(bigint, jsonb, text, boolean) to staff, platform;
comment on function api.update_draft(bigint, jsonb, text, boolean) is
    E'Change a draft; what is left out stays.\n'
    'lines are those of a one-off invoice, in the form of create_invoice, and take the place of '
    'all that it has. is_held true keeps the draft from being finalised by itself, false lets it '
    'be at once. Needs the permission billing.write.';
