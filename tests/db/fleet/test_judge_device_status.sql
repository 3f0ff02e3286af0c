-- What every status of a firmware update or an upload means.
begin;
select plan(3);
select tests.act_as_owner();
select results_eq(
    $$ select fleet.judge_device_status(v.status), string_agg(v.status, ' ' order by v.status)
       from unnest(array[
           -- OCPP 1.6 §7.25 FirmwareStatus and the whitepaper's FirmwareStatusEnumType.
           'Downloaded', 'DownloadFailed', 'Downloading', 'DownloadScheduled', 'DownloadPaused',
           'Idle', 'InstallationFailed', 'Installing', 'Installed', 'InstallRebooting',
           'InstallScheduled', 'InstallVerificationFailed', 'InvalidSignature',
           'SignatureVerified',
           -- §7.24 DiagnosticsStatus and UploadLogStatusEnumType.
           'Uploaded', 'UploadFailed', 'Uploading', 'BadMessage', 'NotSupportedOperation',
           'PermissionDenied', 'UploadFailure',
           -- None.
           'idle', 'Nonsense'
       ]) as v (status)
       group by 1 order by 1 nulls last $$,
    $$ values
           ('done', 'Installed Uploaded'),
           ('failed', 'BadMessage DownloadFailed InstallVerificationFailed InstallationFailed '
            'InvalidSignature NotSupportedOperation PermissionDenied UploadFailed UploadFailure'),
           ('running', 'DownloadPaused Downloaded Downloading InstallRebooting Installing '
            'SignatureVerified Uploading'),
           ('scheduled', 'DownloadScheduled InstallScheduled'),
           (null, 'Idle Nonsense idle') $$,
    'each status has its state; Idle and what is none have no say'
);
-- A charger that never stops talking fills no disk.
select lives_ok(
    $$ select tests.call('FirmwareStatusNotification', jsonb_build_object(
           'status', case n % 2 when 0 then 'DownloadFailed' else 'Downloading' end
       ), 1002)
       from generate_series(1, 800) as n $$,
    'statuses without end are taken'
);
select results_eq(
    $$ select count(distinct j.id), count(*) from core.device_jobs as j
       inner join core.device_job_events as e on e.tenant_id = j.tenant_id and e.device_job_id = j.id
       where j.charge_point_id = 1002 $$,
    $$ values (1::bigint, 500::bigint) $$, 'and make one job with 500 events'
);
select * from finish();
rollback;
