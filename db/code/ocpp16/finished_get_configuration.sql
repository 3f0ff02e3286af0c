-- OCPP 1.6 §6.24, GetConfiguration.conf: keep the keys that were reported.
--
-- Called by: when the command is finished.
-- Writes:    core.configuration_keys, core.configuration_changes.
-- What is no list of objects is passed over; a key without a value has none.
create or replace function ocpp16.finished_get_configuration(
    p_command ops.commands,
    p_payload jsonb,
    p_result jsonb
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_reported jsonb;
begin
    if p_command.state <> 'accepted' or jsonb_typeof(p_result) is distinct from 'object' then
        return;
    end if;
    select coalesce(jsonb_agg(r.item), '[]')
    into v_reported
    from (
        select
            jsonb_build_object(
                'key', ocpp.get_text(k.item, 'key'),
                'value', k.item ->> 'value',
                'is_readonly', case lower(k.item ->> 'readonly')
                    when 'true' then true
                    when 'false' then false
                end
            ) as item
        from jsonb_array_elements(
            case jsonb_typeof(p_result -> 'configurationKey')
                when 'array' then p_result -> 'configurationKey'
                else '[]'
            end
        ) as k (item)
        where jsonb_typeof(k.item) = 'object'
        union all
        select jsonb_build_object('key', u.item #>> '{}', 'is_unknown', true)
        from jsonb_array_elements(
            case jsonb_typeof(p_result -> 'unknownKey')
                when 'array' then p_result -> 'unknownKey'
                else '[]'
            end
        ) as u (item)
        where jsonb_typeof(u.item) = 'string'
    ) as r;
    perform fleet.record_configuration(p_command, v_reported, false);
end;
$$;
revoke all on function ocpp16.finished_get_configuration(ops.commands, jsonb, jsonb) from public;
comment on function ocpp16.finished_get_configuration(ops.commands, jsonb, jsonb) is
    'OCPP 1.6 GetConfiguration.conf: keep the keys that were reported.';
