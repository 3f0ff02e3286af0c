-- OCPP 1.6 §4.1, Authorize: may this token charge here?
--
-- Called by: ocpp.handle_calls.
-- Errors:    OCPP1 OccurenceConstraintViolation without idTag, TypeConstraintViolation for one
--            that is no text.
create or replace function ocpp16.authorize(p_call ops.ocpp_call, p_payload jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id_token constant text := ocpp.get_text(p_payload, 'idTag');
begin
    if v_id_token is null then
        perform ocpp.refuse_payload(p_payload, 'idTag');
    end if;
    return jsonb_build_object(
        'idTagInfo',
        charging.get_id_token_info(
            charging.authorize_id_token(
                p_call.tenant_id, p_call.charge_point_id, v_id_token, 'authorize',
                p_call.received_at, null
            )
        )
    );
end;
$$;
revoke all on function ocpp16.authorize(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.authorize(ops.ocpp_call, jsonb) is
    'OCPP 1.6 Authorize: whether a token may charge at this charge point.';
