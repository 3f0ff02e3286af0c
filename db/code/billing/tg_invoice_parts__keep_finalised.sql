-- Lines and taxes of a finalised invoice never change, never go and never become more.
--
-- One look at the invoices for all rows of a statement. Somebody who finalises meanwhile is waited
-- for by the foreign key of a new row, and is seen here then: a trigger's query sees what was
-- committed until it began.
-- Called by: triggers <table>__keep_inserted, _updated and _deleted on core.invoice_lines and
--            core.invoice_taxes, after the statement, with its rows as changed_rows.
-- Errors:    PT403 invoice_finalised.
create or replace function billing.tg_invoice_parts__keep_finalised()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_number text;
begin
    select i.number into v_number
    from changed_rows as c
    inner join core.invoices as i on i.tenant_id = c.tenant_id and i.id = c.invoice_id
    where i.state = 'finalised'
    limit 1;
    if found then
        raise exception using
            errcode = 'PT403',
            message = format('invoice %s is finalised: no %s', v_number, lower(tg_op)),
            detail = '{"error":"invoice_finalised"}',
            hint = 'A credit note takes it back, in full or in part.';
    end if;
    return null;
end;
$$;
revoke all on function billing.tg_invoice_parts__keep_finalised() from public;
comment on function billing.tg_invoice_parts__keep_finalised() is
    'Trigger: lines and taxes of a finalised invoice never change.';
