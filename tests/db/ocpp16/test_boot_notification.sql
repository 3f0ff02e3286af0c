-- BootNotification: what a charge point is, whether it is wanted, and when to call again.
begin;
select plan(10);
select tests.act_as_owner();

create temporary table replies as
select tests.call('BootNotification', jsonb_build_object(
    'chargePointVendor', 'Schneider', 'chargePointModel', repeat('M', 23),
    'chargeBoxSerialNumber', repeat('S', 33), 'firmwareVersion', '1.2', 'meterType', 7,
    'surprise', jsonb_build_object()
)) as reply;
select results_eq(
    $$ select
           r.reply ->> 'status', (r.reply ->> 'interval')::integer between 270 and 330,
           abs(extract(epoch from (r.reply ->> 'currentTime')::timestamptz - now())) < 60,
           r.reply ->> 'currentTime' ~ 'Z$',
           array(select k from jsonb_object_keys(r.reply) as k order by k)
       from pg_temp.replies as r $$,
    $$ values ('Accepted', true, true, true, '{currentTime,interval,status}'::text[]) $$,
    'quirk 45: an accepted boot is told the time in seconds and Z, and an interval'
);
select results_eq(
    $$ select c.vendor, c.model, c.serial_number, c.firmware_version, c.meter_type, c.ocpp_version
       from core.charge_points as c where c.id = 1001 $$,
    $$ values (
           'Schneider', repeat('M', 23), repeat('S', 33), '1.2', '7', '1.6'
       ) $$,
    'quirk 49: texts longer than OCPP allows are kept'
);
select results_eq(
    $$ select p.boot_number, p.last_boot_at, p.heartbeat_interval_s between 270 and 330,
           p.heartbeat_interval_s = (select (r.reply ->> 'interval')::integer from pg_temp.replies as r)
       from ops.presence as p where p.charge_point_id = 1001 $$,
    $$ values (1::bigint, now(), true, true) $$,
    'the boot is counted and the interval remembered'
);

select tests.call('BootNotification', jsonb_build_object(
    'chargePointVendor', 'Schneider', 'chargePointModel', repeat('M', 23),
    'chargePointSerialNumber', repeat('S', 33), 'firmwareVersion', '1.2', 'meterType', '7'
));
select is(
    (select p.boot_number from ops.presence as p where p.charge_point_id = 1001), 2::bigint,
    'rule R2: every boot runs afresh'
);
select results_eq(
    $$ select count(*) from core.audit_log as a
       where a.table_name = 'core.charge_points' and a.changed_at = now()
           and a.operation = 'update' $$,
    $$ values (0::bigint) $$,
    'what a device says of itself, in texts of any length, is no matter for the audit'
);
select is_empty(
    $$ select from core.audit_log as a
       where a.table_name = 'core.charge_points'
           and (a.new_values ? 'vendor' or a.old_values ? 'ocpp_version') $$,
    'not when the charge point is made either'
);

select tests.call('BootNotification', (
    select jsonb_object_agg(k.key, repeat('x', 300000))
    from unnest('{chargePointVendor,chargePointModel,chargePointSerialNumber,firmwareVersion,iccid,
        imsi,meterType,meterSerialNumber}'::text[]) as k (key)
));
select results_eq(
    $$ select length(c.vendor), length(c.model), length(c.serial_number),
           length(c.firmware_version), length(c.iccid), length(c.imsi), length(c.meter_type),
           length(c.meter_serial_number)
       from core.charge_points as c where c.id = 1001 $$,
    'values (500, 500, 500, 500, 500, 500, 500, 500)',
    'and no more than 500 characters of each'
);

update core.charge_points set registration_status = 'Pending' where id = 1001;
update ops.settings set value = '100' where name = 'fleet.retry_interval_s';
select is(
    (
        select array[min(r.i) >= 90, max(r.i) <= 110, count(distinct r.i) > 3]
        from (
            select (tests.call('BootNotification', '{}') ->> 'interval')::integer as i
            from generate_series(1, 40)
        ) as r
    ),
    '{true,true,true}', 'a charge point that is not accepted comes back after the retry interval, '
    'give or take a tenth'
);
select is(
    tests.call('BootNotification', '{"chargePointVendor": []}') ->> 'status', 'Pending',
    'a boot that says nothing readable is answered'
);

select tests.call('StartTransaction', jsonb_build_object(
    'connectorId', 1, 'idTag', 'GWTOKEN3', 'meterStart', 5, 'timestamp', tests.clock()
), 1002);
select tests.call('BootNotification', '{"chargePointVendor": "v", "chargePointModel": "m"}', 1002);
select results_eq(
    $$ select s.state::text from core.sessions as s where s.id_token = 'GWTOKEN3' $$,
    $$ values ('active') $$,
    'quirk 72: a boot does not end a session'
);
select * from finish();
rollback;
