-- A JSON value with its secrets replaced by ***, as the message log has them.
--
-- Called by: fleet.queue_command, fleet.finish_command.
create or replace function fleet.mask_json(p_value jsonb)
returns jsonb
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_text constant text := ocpp.compact_json(p_value);
    v_masked constant text := ocpp.mask_payload(v_text);
begin
    if v_masked is not distinct from v_text then
        return p_value;
    end if;
    -- The masking of a text may end a string of it early: then nothing is shown at all.
    if not pg_input_is_valid(v_masked, 'jsonb') then
        return '{"masked": "***"}';
    end if;
    return v_masked::jsonb;
end;
$$;
revoke all on function fleet.mask_json(jsonb) from public;
comment on function fleet.mask_json(jsonb) is 'A JSON value with its secrets replaced by ***.';
