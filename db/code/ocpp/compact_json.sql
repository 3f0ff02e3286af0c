-- JSON as text without the spaces that PostgreSQL prints between its tokens.
--
-- Each string is matched as a whole, so that a space within one stays.
-- Called by: ocpp.handle_calls.
create or replace function ocpp.compact_json(p_value jsonb)
returns text
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_text constant text := p_value::text;
begin
    if strpos(v_text, ' ') = 0 then
        return v_text;
    end if;
    return regexp_replace(v_text, '("(?:[^"\\]|\\.)*")|([:,]) ', '\1\2', 'g');
end;
$$;
revoke all on function ocpp.compact_json(jsonb) from public;
comment on function ocpp.compact_json(jsonb) is 'JSON text without spaces between its tokens.';
