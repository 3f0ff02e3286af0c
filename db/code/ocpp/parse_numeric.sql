-- A number out of text as chargers write it, or null.
--
-- Called by: the readers of payloads, charging.record_meter_values.
-- "", "NaN", "Infinity", "12,5" and "0x1F" are null (quirk 57: numeric would take NaN silently),
-- and so is what is beyond 1e12, more than any register or number of OCPP can mean.
create or replace function ocpp.parse_numeric(p_text text)
returns numeric
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_number numeric;
begin
    if
        length(p_text) > 60
        or p_text !~ '^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?\s*$'
    then
        return null;
    end if;
    v_number := p_text::numeric;
    if v_number not between -1e12 and 1e12 then
        return null;
    end if;
    return v_number;
end;
$$;
revoke all on function ocpp.parse_numeric(text) from public;
comment on function ocpp.parse_numeric(text) is
    'A finite number out of a charger''s text, null when it is none or beyond 1e12.';
