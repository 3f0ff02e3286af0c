-- OCPP 1.6 §4.3, DataTransfer: a vendor's own message, of which we know none.
--
-- Called by: ocpp.handle_calls, whose message log keeps the message.
-- Errors:    OCPP1 OccurenceConstraintViolation without vendorId.
create or replace function ocpp16.data_transfer(
    p_call ops.ocpp_call,
    p_payload jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if ocpp.get_text(p_payload, 'vendorId') is null then
        perform ocpp.refuse_payload(p_payload, 'vendorId');
    end if;
    return '{"status": "UnknownVendorId"}';
end;
$$;
revoke all on function ocpp16.data_transfer(ops.ocpp_call, jsonb) from public;
comment on function ocpp16.data_transfer(ops.ocpp_call, jsonb) is
    'OCPP 1.6 DataTransfer: answer that the vendor''s messages are not known here.';
