-- A whole number of a payload within 32 bits, sent as a number or as text; null when it is none.
--
-- Called by: the handlers of every protocol. OCPP 1.6 integers are 32 bits wide; 1.0 is 1, and
-- 1.5 is no integer.
create or replace function ocpp.get_integer(p_payload jsonb, p_key text)
returns integer
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_number constant numeric := ocpp.parse_numeric(ocpp.get_text(p_payload, p_key));
begin
    if v_number between -2147483648 and 2147483647 and v_number = trunc(v_number) then
        return v_number::integer;
    end if;
    return null;
end;
$$;
revoke all on function ocpp.get_integer(jsonb, text) from public;
comment on function ocpp.get_integer(jsonb, text) is
    'A whole number of a payload within 32 bits, null when it is none.';
