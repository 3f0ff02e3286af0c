-- Whether a charger's answer to a command means that it does it, in the words of its version.
--
-- Called by: ocpp.finish_command.
create or replace function fleet.judge_reply(p_ocpp_version text, p_action text, p_result jsonb)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state text;
begin
    execute format(
        'select %I.judge_reply($1, $2)', 'ocpp' || replace(p_ocpp_version, '.', '')
    ) into v_state using p_action, p_result;
    return v_state;
end;
$$;
revoke all on function fleet.judge_reply(text, text, jsonb) from public;
comment on function fleet.judge_reply(text, text, jsonb) is
    'accepted or rejected: what a charger''s answer means in its OCPP version.';
