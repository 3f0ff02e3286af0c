-- Set updated_at of a row that changes.
--
-- Called by: triggers <table>__touch_updated_at, before update, for each row.
create or replace function audit.tg_touch_updated_at()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if new is distinct from old then
        new.updated_at := now();
    end if;
    return new;
end;
$$;
revoke all on function audit.tg_touch_updated_at() from public;
comment on function audit.tg_touch_updated_at() is 'Trigger: set updated_at of a row that changes.';
