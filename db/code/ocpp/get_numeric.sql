-- A number of a payload, sent as a number or as text; null when it is none.
--
-- Called by: the handlers of every protocol.
create or replace function ocpp.get_numeric(p_payload jsonb, p_key text)
returns numeric
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return ocpp.parse_numeric(ocpp.get_text(p_payload, p_key));
end;
$$;
revoke all on function ocpp.get_numeric(jsonb, text) from public;
comment on function ocpp.get_numeric(jsonb, text) is
    'A number of a payload, sent as a number or as text; null when it is none.';
