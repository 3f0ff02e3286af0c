-- Give a payload a requestId that the charge point had not yet.
--
-- A number is drawn, not counted: two requests at once do not wait for each other, and a charger
-- that mixes up its requests hardly meets one by chance. A caller may name one of their own.
-- Called by: ocpp16.prepare_signed_update_firmware, prepare_get_log.
-- Errors:    PT400 request_id_invalid, PT409 request_id_taken.
create or replace function fleet.prepare_request_id(
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
    v_request_no integer;
begin
    if p_payload -> 'requestId' is not null then
        v_request_no := ocpp.get_integer(p_payload, 'requestId');
        if v_request_no is null or v_request_no < 1 then
            raise exception using
                errcode = 'PT400',
                message = 'a requestId is a whole number from 1 to 2147483647',
                detail = '{"error":"request_id_invalid"}',
                hint = 'Leave it out to get one.';
        end if;
    end if;
    loop
        exit when v_request_no is not null and not exists (
            select
            from core.device_jobs as j
            where
                j.tenant_id = p_charge_point.tenant_id
                and j.charge_point_id = p_charge_point.id
                and j.request_no = v_request_no
        );
        if p_payload -> 'requestId' is not null then
            raise exception using
                errcode = 'PT409',
                message = 'this charge point had a request of this number',
                detail = '{"error":"request_id_taken"}',
                hint = 'Leave requestId out to get one.';
        end if;
        v_request_no := 1 + floor(random() * 2147483646)::integer;
    end loop;
    return p_payload || jsonb_build_object('requestId', v_request_no);
end;
$$;
revoke all on function fleet.prepare_request_id(core.charge_points, jsonb) from public;
comment on function fleet.prepare_request_id(core.charge_points, jsonb) is
    'Give a payload a requestId that the charge point had not yet.';
