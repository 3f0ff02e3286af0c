-- A view that joins tables is read-only.
--
-- A view that PostgreSQL cannot update by itself answers 55000, which is a 500 to the API's
-- clients; with a trigger in its place the missing privilege is what they hear of.
-- Called by: triggers <view>__refuse_change, instead of insert, update and delete.
-- Errors:    PT405 view_read_only.
create or replace function audit.tg_view__refuse_change()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'PT405',
        message = format('%s is a view to read from', tg_table_name),
        detail = '{"error":"view_read_only"}',
        hint = 'What can be changed is changed by functions.';
end;
$$;
revoke all on function audit.tg_view__refuse_change() from public;
comment on function audit.tg_view__refuse_change() is
    'Trigger: a view that joins tables is read-only.';
