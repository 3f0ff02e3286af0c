-- Read the payload of a call: a JSON object, with null for an empty one (OCPP-J 1.6 §4.2.1).
--
-- Called by: ocpp.handle_calls.
-- Errors:    OCPP1 FormationViolation for JSON that is no object; class 22 or 54 for no JSON.
create or replace function ocpp.strip_nul(p_json text)
returns text
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if strpos(p_json, '\u0000') = 0 then
        return p_json;
    end if;
    -- An escaped backslash before the letters u0000 is no escape of NUL: count the backslashes.
    return regexp_replace(p_json, '(?<!\\)((?:\\\\)*)\\u0000', '\1', 'g');
end;
$$;
revoke all on function ocpp.strip_nul(text) from public;
comment on function ocpp.strip_nul(text) is
    'JSON text without escapes of NUL, which jsonb cannot hold.';

create or replace function ocpp.drop_half_surrogates(p_json text)
returns text
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    -- Escaped backslashes and whole pairs are matched so that they are kept (\1); half of a
    -- pair names no character and goes.
    select regexp_replace(
        p_json,
        '(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})'
        '|\\u[dD][89a-fA-F][0-9a-fA-F]{2}',
        '\1',
        'g'
    )
$$;
revoke all on function ocpp.drop_half_surrogates(text) from public;
comment on function ocpp.drop_half_surrogates(text) is
    'JSON text without escapes of half a surrogate pair, which jsonb refuses.';

create or replace function ocpp.parse_payload(p_payload text)
returns jsonb
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payload constant jsonb := ocpp.strip_nul(coalesce(p_payload, 'null'))::jsonb;
begin
    case jsonb_typeof(v_payload)
        when 'object' then
            return v_payload;
        when 'null' then
            return '{}';
        else
            raise exception using
                errcode = 'OCPP1',
                message = 'the payload is not a JSON object',
                detail = 'FormationViolation';
    end case;
end;
$$;
revoke all on function ocpp.parse_payload(text) from public;
comment on function ocpp.parse_payload(text) is
    'The payload of a call as a JSON object; null means an empty one.';
