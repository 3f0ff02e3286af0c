-- A finalised invoice never changes and never goes: what was wrong is put right by a credit note.
--
-- Only the name of a person who is deleted may become null.
-- Called by: trigger invoices__keep_finalised, before update or delete, for each finalised row.
-- Errors:    PT403 invoice_finalised.
create or replace function billing.tg_invoices__keep_finalised()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'UPDATE' then
        if to_jsonb(new) = to_jsonb(old) || '{"created_by": null}' then
            return new;
        end if;
    end if;
    raise exception using
        errcode = 'PT403',
        message = format('invoice %s is finalised: no %s', old.number, lower(tg_op)),
        detail = '{"error":"invoice_finalised"}',
        hint = 'A credit note takes it back, in full or in part.';
end;
$$;
revoke all on function billing.tg_invoices__keep_finalised() from public;
comment on function billing.tg_invoices__keep_finalised() is
    'Trigger: a finalised invoice never changes and never goes.';
