-- Whether a text is the name of a time zone of the IANA database.
--
-- PostgreSQL takes POSIX forms such as Foo+5 for zones, too, with the sign the other way round; a
-- name without digits can be none. Its list of names costs 35 ms, as it reads the file of every
-- zone: only what does not look like most names is looked up there.
--
-- Called by: access.check_time_zone, pricing.list_session_faults.
create or replace function access.is_time_zone(p_name text)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(
        case
            when length(p_name) > 100 then false
            when p_name ~ '^([A-Z][A-Za-z]+(/[A-Z][A-Za-z_-]+){1,2}|UTC)$'
                then pg_input_is_valid('2000-01-01 00:00:00 ' || p_name, 'timestamptz')
            else p_name !~ '^(posix|right)/'
                and p_name not in ('Factory', 'localtime', 'posixrules')
                and exists (select from pg_timezone_names as z where z.name = p_name)
        end,
        false
    );
end;
$$;
revoke all on function access.is_time_zone(text) from public;
comment on function access.is_time_zone(text) is
    'Whether a text is the name of a time zone of the IANA database.';
