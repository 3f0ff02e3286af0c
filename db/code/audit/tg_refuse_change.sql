-- Rows of some tables are written once: what they say is what an invoice rests on.
--
-- The argument names a column that may become null, as when the person that it names is deleted
-- (`on delete set null`).
-- Called by: triggers <table>__refuse_change before update or delete, for each row, and
--            <table>__refuse_truncate before truncate.
-- Errors:    PT403 record_append_only.
create or replace function audit.tg_refuse_change()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if
        tg_op = 'UPDATE'
        and tg_nargs = 1
        and to_jsonb(new) = to_jsonb(old) || jsonb_build_object(tg_argv[0], null)
    then
        return new;
    end if;
    raise exception using
        errcode = 'PT403',
        message = format('%s is append-only: no %s', tg_table_name, lower(tg_op)),
        detail = '{"error":"record_append_only"}',
        hint = 'What was wrong is put right by a new row.';
end;
$$;
revoke all on function audit.tg_refuse_change() from public;
comment on function audit.tg_refuse_change() is
    'Trigger: what is written once stays, but for the name of a person who is deleted.';
