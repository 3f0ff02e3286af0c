-- A text of a payload, whatever its length, without control characters and blanks at its ends.
--
-- Called by: the handlers of every protocol. A number or a boolean is read as its text; a list,
-- an object, an empty text and an absent key are null.
create or replace function ocpp.get_text(p_payload jsonb, p_key text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if jsonb_typeof(p_payload -> p_key) in ('string', 'number', 'boolean') then
        return ocpp.trim_text(p_payload ->> p_key);
    end if;
    return null;
end;
$$;
revoke all on function ocpp.get_text(jsonb, text) from public;
comment on function ocpp.get_text(jsonb, text) is
    'A text of a payload as it is compared and kept, null when there is none.';
