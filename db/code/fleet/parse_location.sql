-- Take an address for files apart, or find it unfit to be given to a charger.
--
-- Accepted is scheme://[user[:password]@]host[:port]/path[?query] with nothing in it that two
-- readers could read differently: a scheme that moves files; a plain host name or IPv4 address; a
-- path without empty segments, `.`, `..`, backslashes, parameters (`;`), `@` or escapes other than
-- %20; no fragment; at most 512 characters (whitepaper, FirmwareType and LogParametersType).
-- A user is for FTP and SFTP alone, where there is no other way to sign in (whitepaper N01); it
-- says nothing of where the file goes and is masked wherever the address is kept.
-- Called by: fleet.prepare_location, fleet.tg_transfer_locations__normalise.
-- Returns:   its parts, scheme and host in small letters, the scheme's own port left out; all
--            null when it is unfit.
create or replace function fleet.parse_location(
    p_url text,
    out scheme text,
    out host text,
    out port text,
    out path text,
    out query text,
    out user_info text
)
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_part constant text[] := regexp_match(
        p_url,
        '^([A-Za-z]+)://(?:([A-Za-z0-9._~-]+(?::[A-Za-z0-9._~!*+,=-]*)?)@)?'
        '([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::([0-9]{1,5}))?'
        '(/(?:[A-Za-z0-9._~!$&''()*+,=:/-]|%20)*)'
        '(\?(?:[A-Za-z0-9._~!$&''()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?$'
    );
begin
    if
        v_part is null
        or length(p_url) > 512
        or lower(v_part[1]) not in ('http', 'https', 'ftp', 'ftps', 'sftp')
        or v_part[2] is not null and lower(v_part[1]) in ('http', 'https')
        or strpos(v_part[3], '..') > 0
        or v_part[4]::integer not between 1 and 65535
        or v_part[5] ~ '//|/\.\.?(/|$)'
    then
        return;
    end if;
    scheme := lower(v_part[1]);
    user_info := v_part[2];
    host := lower(v_part[3]);
    port := nullif(
        v_part[4]::integer,
        case scheme
            when 'http' then 80
            when 'https' then 443
            when 'ftp' then 21
            when 'ftps' then 990
            else 22
        end
    );
    path := v_part[5];
    query := v_part[6];
end;
$$;
revoke all on function fleet.parse_location(text) from public;
comment on function fleet.parse_location(text) is
    'The parts of an address for files, all null when it must not be given to a charger.';
