-- What a charger's answer to a command means.
begin;
select plan(6);
select tests.act_as_owner();
select bag_eq(
    $$ select a.action, ocpp16.judge_reply(a.action, '{"status": "Accepted"}')
       from ops.command_actions as a where a.ocpp_version = '1.6' $$,
    $$ select a.action, 'accepted'
       from ops.command_actions as a where a.ocpp_version = '1.6' $$,
    'Accepted is a yes to everything'
);
select is_empty(
    $$ select v.action, v.status
       from (
           values
               ('ChangeAvailability', 'Scheduled'), ('ChangeConfiguration', 'RebootRequired'),
               ('GetInstalledCertificateIds', 'NotFound'), ('GetLog', 'AcceptedCanceled'),
               ('SignedUpdateFirmware', 'AcceptedCanceled'), ('UnlockConnector', 'Unlocked'),
               ('Reset', 'accepted'), ('ReserveNow', 'ACCEPTED')
       ) as v (action, status)
       where ocpp16.judge_reply(v.action, jsonb_build_object('status', v.status)) <> 'accepted' $$,
    'so are the other words for it, in whatever case'
);
select is_empty(
    $$ select v.action, v.status
       from (
           values
               ('CancelReservation', 'Rejected'), ('CertificateSigned', 'Rejected'),
               ('ChangeAvailability', 'Rejected'), ('ChangeConfiguration', 'NotSupported'),
               ('ClearCache', 'Rejected'), ('ClearChargingProfile', 'Unknown'),
               ('DataTransfer', 'UnknownVendorId'), ('DataTransfer', 'UnknownMessageId'),
               ('DeleteCertificate', 'NotFound'), ('DeleteCertificate', 'Failed'),
               ('ExtendedTriggerMessage', 'NotImplemented'), ('GetCompositeSchedule', 'Rejected'),
               ('InstallCertificate', 'Failed'), ('RemoteStartTransaction', 'Rejected'),
               ('ReserveNow', 'Occupied'), ('ReserveNow', 'Faulted'),
               ('ReserveNow', 'Unavailable'), ('SendLocalList', 'VersionMismatch'),
               ('SendLocalList', 'NotSupported'), ('SetChargingProfile', 'NotSupported'),
               ('SignedUpdateFirmware', 'InvalidCertificate'),
               ('SignedUpdateFirmware', 'RevokedCertificate'), ('TriggerMessage', 'Rejected'),
               ('UnlockConnector', 'UnlockFailed'), ('UnlockConnector', 'NotSupported')
       ) as v (action, status)
       where ocpp16.judge_reply(v.action, jsonb_build_object('status', v.status)) <> 'rejected' $$,
    'every other word is a no'
);
select results_eq(
    $$ select a.action from ops.command_actions as a
       where a.ocpp_version = '1.6' and ocpp16.judge_reply(a.action, '{}') = 'accepted'
       order by 1 $$,
    array['GetConfiguration', 'GetDiagnostics', 'GetLocalListVersion', 'UpdateFirmware'],
    'four answers have no status: that they came is the yes'
);
select is_empty(
    $$ select from jsonb_array_elements(
        '[[], null, "Accepted", 1, true, {"status": null}, {"status": 1},
          {"status": {"status": "Accepted"}}, {"Status": "Accepted"}]'
    ) as v (answer)
    where ocpp16.judge_reply('Reset', v.answer) is distinct from 'rejected' $$,
    'an answer without a status where there should be one is no yes'
);
select is(ocpp16.judge_reply('Reset', null), 'rejected', 'nor is none');
select * from finish();
rollback;
