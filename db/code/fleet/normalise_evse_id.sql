-- The one way an EVSE id is written here; null for a text that is none.
--
-- Called by: the trigger of core.evses.
-- ISO 15118 / eMI3: country, operator, E and 1 to 31 characters; the two separators may be left
-- out and are put in ("DEAB7E8406487" is "DE*AB7*E8406487"), those after the E are the
-- operator's own. DIN SPEC 91286 (legacy): calling code, operator and digits; the plus sign may
-- be left out and is put in.
create or replace function fleet.normalise_evse_id(p_evse_id text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_evse_id text := upper(btrim(p_evse_id));
    v_parts text[];
begin
    v_parts := regexp_match(
        v_evse_id, '^([A-Z]{2})\*?([A-Z0-9]{3})\*?E([A-Z0-9*]{1,31})$'
    );
    if fleet.is_country_code(v_parts[1]) then
        return format('%s*%s*E%s', v_parts[1], v_parts[2], v_parts[3]);
    end if;

    v_parts := regexp_match(v_evse_id, '^\+?([0-9]{1,3}\*[0-9]{3,6}\*[0-9*]{1,32})$');
    return '+' || v_parts[1];
end;
$$;
revoke all on function fleet.normalise_evse_id(text) from public;
comment on function fleet.normalise_evse_id(text) is
    'Normal form of an EVSE id (ISO 15118 / eMI3, or legacy DIN SPEC 91286); null if it is none.';
