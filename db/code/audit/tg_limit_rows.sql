-- Refuse an API statement that changes more than 100 rows.
--
-- PostgREST runs a DELETE or PATCH without a filter over everything that is visible.
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
begin
    if session_user <> 'authenticator' then
        return null;
    end if;
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
