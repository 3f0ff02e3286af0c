-- Refuse an API statement that changes more than 100 rows.
--
-- PostgREST runs a DELETE or PATCH without a filter over everything that is visible.
-- What it takes along in other tables does not count (a charge point its EVSEs). What triggers of
-- ours write is deeper by pg_trigger_depth(). A cascade is not: its triggers wait in the queue of
-- the statement, behind the statement's own, so the first table is the statement's, and kept in
-- mind.
-- Called by: triggers <table>__limit_update and <table>__limit_delete, for each statement,
--            referencing old table as changed_rows.
-- Errors:    PT400 too_many_rows.
create or replace function audit.tg_limit_rows()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit constant integer := 100;
    v_statement constant text := extract(epoch from statement_timestamp())::text;
    v_first constant text := current_setting('audit.limited_table', true);
begin
    if session_user <> 'authenticator' or pg_trigger_depth() > 1 then
        return null;
    end if;
    if starts_with(v_first, v_statement) and v_first <> concat(v_statement, ' ', tg_relid) then
        return null;
    end if;
    perform set_config('audit.limited_table', concat(v_statement, ' ', tg_relid), true);
    if (
        select count(*) from (select from changed_rows limit v_limit + 1) as seen
    ) > v_limit then
        raise exception using
            errcode = 'PT400',
            message = format(
                'one request may change at most %s rows of %s', v_limit, tg_table_name
            ),
            detail = '{"error":"too_many_rows"}',
            hint = 'Name the rows with a filter, or take several requests.';
    end if;
    return null;
end;
$$;
revoke all on function audit.tg_limit_rows() from public;
comment on function audit.tg_limit_rows() is
    'Trigger: refuse an API statement that changes more than 100 rows.';
