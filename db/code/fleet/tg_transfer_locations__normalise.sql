-- Keep the prefix of a transfer location in the one form that addresses are compared in.
--
-- Called by: trigger transfer_locations__normalise, before insert or update of url_prefix.
-- Errors:    PT400 url_prefix_invalid.
-- Definer:   whoever may write locations may not use this schema.
create or replace function fleet.tg_transfer_locations__normalise()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_part constant record := fleet.parse_location(new.url_prefix);
begin
    if
        v_part.host is null
        or v_part.user_info is not null
        or v_part.query is not null
        or right(v_part.path, 1) <> '/'
    then
        raise exception using
            errcode = 'PT400',
            message = 'this is no prefix of addresses for files',
            detail = '{"error":"url_prefix_invalid"}',
            hint = 'Give scheme, host and path with a slash at its end, such as '
                'https://depot.example.com/firmware/; no user, no query, no ../.';
    end if;
    new.url_prefix := v_part.scheme || '://' || v_part.host
        || coalesce(':' || v_part.port, '') || v_part.path;
    return new;
end;
$$;
revoke all on function fleet.tg_transfer_locations__normalise() from public;
comment on function fleet.tg_transfer_locations__normalise() is
    'Trigger: normalise the prefix of a transfer location, or refuse it.';
