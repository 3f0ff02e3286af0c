-- OCPP 1.6 §5.15, SendLocalList: number the update, and check it against what the charge point
-- takes.
--
-- listVersion is the next one when left out. It always grows: a number that comes again could not
-- tell two lists apart.
-- Called by: fleet.queue_command.
-- Errors:    PT400 local_list_invalid for a token that is empty, stands there twice or, in a full
--            list, without a status, and for a version above 2,000,000,000; PT409
--            local_list_version_stale, local_list_too_long.
create or replace function ocpp16.prepare_send_local_list(
    p_charge_point core.charge_points,
    p_payload jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_list constant core.local_lists := charging.lock_local_list(
        p_charge_point.tenant_id, p_charge_point.id
    );
    v_latest constant bigint := greatest(v_list.version, v_list.sent_version, 0);
    v_version constant bigint := coalesce(
        ocpp.get_integer(p_payload, 'listVersion')::bigint, v_latest + 1
    );
    v_entries constant jsonb := case jsonb_typeof(p_payload -> 'localAuthorizationList')
        when 'array' then p_payload -> 'localAuthorizationList'
        else '[]'
    end;
begin
    if v_version <= v_latest then
        raise exception using
            errcode = 'PT409',
            message = format('the version of this list has to be above %s', v_latest),
            detail = '{"error":"local_list_version_stale"}',
            hint = 'Leave listVersion out to get the next one.';
    end if;
    if v_version > 2000000000 then
        perform charging.refuse_local_list('the version leaves no room for those after it');
    end if;
    if exists (
        select
        from jsonb_array_elements(v_entries) as e (entry)
        group by lower(e.entry ->> 'idTag')
        having count(*) > 1
    ) then
        perform charging.refuse_local_list('a token stands twice in the list');
    end if;
    if exists (
        select from jsonb_array_elements(v_entries) as e (entry) where e.entry ->> 'idTag' = ''
    ) then
        perform charging.refuse_local_list('an empty text is no token');
    end if;
    if p_payload ->> 'updateType' = 'Full' and exists (
        select
        from jsonb_array_elements(v_entries) as e (entry)
        where e.entry #> '{idTagInfo,status}' is null
    ) then
        perform charging.refuse_local_list('a full list says of each token what it may');
    end if;
    if jsonb_array_length(v_entries) > least(
        fleet.get_configuration_limit(
            p_charge_point.tenant_id, p_charge_point.id, 'SendLocalListMaxLength', 1
        ),
        fleet.get_configuration_limit(
            p_charge_point.tenant_id, p_charge_point.id, 'LocalAuthListMaxLength', 1
        )
    ) then
        raise exception using
            errcode = 'PT409',
            message = 'the charge point takes fewer entries',
            detail = '{"error":"local_list_too_long"}',
            hint = 'send_local_list splits a list into several updates; '
                'LocalAuthListMaxLength bounds the whole.';
    end if;
    return p_payload || jsonb_build_object('listVersion', v_version);
end;
$$;
revoke all on function ocpp16.prepare_send_local_list(core.charge_points, jsonb) from public;
comment on function ocpp16.prepare_send_local_list(core.charge_points, jsonb) is
    'OCPP 1.6 SendLocalList: number the update and check it.';
