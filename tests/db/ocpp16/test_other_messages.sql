-- Messages that are acknowledged and kept in the message log.
begin;
select plan(4);
select tests.act_as_owner();

select results_eq(
    $$ select v.action, tests.call(v.action, v.payload::jsonb)
       from (values
           ('DataTransfer', '{"vendorId": "org.example", "data": "x"}'),
           ('FirmwareStatusNotification', '{"status": "Downloaded"}'),
           ('FirmwareStatusNotification', '{"status": "MadeUp"}'),
           ('DiagnosticsStatusNotification', '{"status": "Uploaded"}'),
           ('SecurityEventNotification', '{"type": "TamperDetection"}'),
           ('LogStatusNotification', '{"status": "Uploaded"}'),
           ('SignedFirmwareStatusNotification', '{"status": "Installed"}')
       ) as v (action, payload) $$,
    $$ values
           ('DataTransfer', '{"status": "UnknownVendorId"}'::jsonb),
           ('FirmwareStatusNotification', '{}'), ('FirmwareStatusNotification', '{}'),
           ('DiagnosticsStatusNotification', '{}'), ('SecurityEventNotification', '{}'),
           ('LogStatusNotification', '{}'), ('SignedFirmwareStatusNotification', '{}') $$,
    'quirk 48: each gets the answer of its schema'
);
select is(
    tests.call('Heartbeat', '{"unwanted": 1}') ->> 'currentTime' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$',
    true, 'a heartbeat is told the time'
);

create function pg_temp.refusal(p_payload jsonb, p_key text)
returns text language plpgsql as $$
declare
    v_code text;
    v_message text;
begin
    perform ocpp.refuse_payload(p_payload, p_key);
    return 'accepted';
exception
    when sqlstate 'OCPP1' then
        get stacked diagnostics v_code = pg_exception_detail, v_message = message_text;
        return v_code || ': ' || v_message;
end;
$$;
select results_eq(
    $$ select pg_temp.refusal('{"a": null, "b": [], "c": 5000, "d": "x", "e": ""}', v.key)
       from unnest('{z,a,b,c,d,e}'::text[]) as v (key) $$,
    $$ values
           ('OccurenceConstraintViolation: z is required'),
           ('OccurenceConstraintViolation: a is required'),
           ('TypeConstraintViolation: b is not usable'),
           ('PropertyConstraintViolation: c is not usable'),
           ('TypeConstraintViolation: d is not usable'),
           ('PropertyConstraintViolation: e is not usable') $$,
    'a refusal names the field and what is wrong with it, in the specification''s spelling'
);
select results_eq(
    $$ select v.action
       from unnest('{DataTransfer,FirmwareStatusNotification,DiagnosticsStatusNotification,
           SecurityEventNotification,LogStatusNotification,SignedFirmwareStatusNotification,
           Heartbeat,BootNotification,MeterValues,StartTransaction,StopTransaction}'::text[])
           as v (action)
       cross join lateral (select ocpp.find_handler('ocpp1.6', v.action)) as h (handler)
       where h.handler is null $$,
    array[]::text[], 'every action has a handler'
);
select * from finish();
rollback;
