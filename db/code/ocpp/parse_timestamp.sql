-- A moment out of ISO 8601 text as chargers write it, or null.
--
-- Called by: ocpp.judge_timestamp, charging.record_meter_values.
-- Fractions and offsets are read (OCPP 1.6 errata §3.10); a missing zone means UTC (§3.13 of
-- OCPP 1.6 recommends it), a missing second zero. A date that does not exist is null. Whether
-- the moment can be true is ocpp.judge_timestamp's question.
create or replace function ocpp.parse_timestamp(p_text text)
returns timestamptz
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_text text;
begin
    if
        length(p_text) > 60
        or p_text !~ (
            '^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?'
            '\s*([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)?\s*$'
        )
    then
        return null;
    end if;
    v_text := replace(upper(btrim(p_text)), ',', '.');
    if v_text !~ '(Z|[+-][0-9]{2}(:?[0-9]{2})?)$' then
        v_text := v_text || 'Z';
    end if;
    if pg_input_is_valid(v_text, 'timestamptz') then
        return v_text::timestamptz;
    end if;
    return null;
end;
$$;
revoke all on function ocpp.parse_timestamp(text) from public;
comment on function ocpp.parse_timestamp(text) is
    'A moment out of ISO 8601 text, null when it is none; without a zone it is UTC.';
