begin;
select plan(27);

-- Nothing of the personas' own making is in the way.
delete from core.notifications;
delete from ops.events_to_tell;
delete from ops.outbox;
select tests.act_as_owner();

create temporary view sent as
select
    n.tenant_id, n.kind, n.channel, u.email, n.customer_id, n.channel_id, n.object,
    o.kind as outbox_kind, o.payload
from core.notifications as n
left join core.users as u on u.id = n.user_id
left join ops.outbox as o on o.id = n.outbox_id;
grant select on sent to voltaro_owner;

-- Who is told --------------------------------------------------------------------------------
update core.sessions set stop_reason = 'PowerLoss' where id in (1001, 2001);
select notify.emit(101, 'session.ended', 'session', 1001);
select notify.emit(101, 'session.started', 'session', 1001);
select is(
    (select count(*) from ops.events_to_tell), 2::bigint, 'events that people hear of are queued'
);
select is(jobs.send_notifications(), '2 events told', 'and told');
select is((select count(*) from ops.events_to_tell), 0::bigint, 'and then forgotten');
select results_eq(
    $$ select s.tenant_id, s.kind, s.channel, s.email, s.outbox_kind from sent as s $$,
    $$ values (101::bigint, 'session_stopped', 'email', 'customer@greenway.example', 'email') $$,
    'the driver hears that charging stopped, and not by default that it began'
);
select is(jobs.send_notifications(), '', 'no event is told twice');
select notify.emit(101, 'session.ended', 'session', 1001);
select jobs.send_notifications();
select is((select count(*) from sent), 1::bigint, 'nor the same of a session when it ends again');
select results_eq(
    $$ select s.payload #> '{values,energy}', s.payload #>> '{values,cause}',
            s.payload #>> '{values,evse}' from sent as s $$,
    $$ values ('{"energy_wh": "10000"}'::jsonb, 'PowerLoss', 'DE*GRW*E1001*1') $$,
    'with what was charged, why it stopped and where'
);
update core.sessions set stop_reason = 'Local' where id = 1002;
select notify.emit(101, 'session.ended', 'session', 1002);
select jobs.send_notifications();
select is((select count(*) from sent), 1::bigint, 'who stops a session knows');

-- Switches -----------------------------------------------------------------------------------
insert into core.notification_preferences (tenant_id, user_id, kind, channel, is_enabled)
values
    (101, tests.user_id_of('greenway.customer'), 'session_started', 'email', true),
    (101, tests.user_id_of('greenway.customer'), 'session_stopped', 'email', false);
delete from core.notifications;
select notify.emit(101, 'session.started', 'session', 1001);
select notify.emit(101, 'session.ended', 'session', 1001);
select jobs.send_notifications();
select results_eq(
    'select s.kind from sent as s', $$ values ('session_started') $$,
    'a person gets what they switched on, not what they switched off'
);
update core.notification_preferences set is_enabled = true
where channel = 'sms' and user_id = tests.user_id_of('greenway.customer');
insert into core.notification_channels (tenant_id, id, name, channel, has_url)
overriding system value values (101, 1009, 'SMS', 'sms', true);
insert into ops.notification_channel_urls values (101, 1009, 'sms://gateway.example/{to}');
delete from core.notifications;
select notify.emit(101, 'session.started', 'session', 1001);
select jobs.send_notifications();
select results_eq(
    $$ select s.channel, s.payload ->> 'to' from sent as s order by s.channel $$,
    $$ values ('email', 'customer@greenway.example'), ('sms', '+491700000001') $$,
    'by SMS where they have switched it on'
);
select is(
    (
        select notify.describe_message(o) ->> 'url'
        from ops.outbox as o
        where o.kind = 'sms' and o.state = 'waiting'
    ),
    'sms://gateway.example/{to}', 'through the gateway of the tenant'
);

-- Who pays -----------------------------------------------------------------------------------
delete from core.notifications;
select tests.reset();
alter table core.documents disable trigger user;
delete from core.documents where invoice_id = 1001;
alter table core.documents enable trigger user;
select tests.act_as_owner();
select notify.emit(101, 'invoice.finalised', 'invoice', 1001);
select is(jobs.send_notifications(), '', 'an invoice waits for its PDF');
select is((select count(*) from ops.events_to_tell), 1::bigint, 'and is not forgotten');
insert into core.documents (
    tenant_id, kind, invoice_id, account_id, file_name, content_type, content, sha256
)
values (
    101, 'invoice_pdf', 1001, 1001, 'R-1.pdf', 'application/pdf', 'pdf',
    encode(sha256('pdf'), 'hex')
);
update ops.events_to_tell set not_before = now() where event_id is not null;
select jobs.send_notifications();
select results_eq(
    $$ select s.kind, s.customer_id, s.email,
            notify.describe_message(o) #>> '{attachments,0,file_name}',
            notify.describe_message(o) #>> '{attachments,0,content}'
       from sent as s inner join ops.outbox as o on o.payload = s.payload $$,
    $$ values (
        'invoice_issued', 1001::bigint, 'customer@greenway.example', 'R-1.pdf', 'cGRm'
    ) $$,
    'and goes to the customer with it'
);
update core.customers set user_id = null, email = 'books@shop.example' where id = 1001;
delete from core.notifications;
select notify.emit(101, 'invoice.overdue', 'invoice', 1001);
select jobs.send_notifications();
select results_eq(
    $$ select s.kind, s.payload ->> 'to', s.payload #>> '{values,open,amount}' from sent as s $$,
    $$ values ('invoice_overdue', 'books@shop.example', '11.9000') $$,
    'who pays needs no login'
);

-- Operators ----------------------------------------------------------------------------------
delete from core.notifications;
update core.notification_channels set is_enabled = true, has_url = true where id in (1001, 2001);
insert into core.security_events (
    tenant_id, id, charge_point_id, event_key, type, is_critical, happened_at, received_at
)
overriding system value
values (101, 1099, 1001, 'key', 'TamperDetectionActivated', true, now(), now());
delete from ops.events_to_tell;
select notify.emit(
    101, 'security.event', 'security_event', 1099, '{"charge_point_id": 1001}'
);
select jobs.send_notifications();
select bag_eq(
    $$ select s.channel, s.email, s.channel_id from sent as s $$,
    $$ values
        ('email', 'admin@greenway.example', null::bigint),
        ('email', 'operator@greenway.example', null),
        ('email', 'both@example.org', null),
        ('chat', null, 1001) $$,
    'operators hear of a security event, and the room of their tenant, and nobody else'
);
select is(
    (select s.payload #>> '{values,type}' from sent as s limit 1), 'TamperDetectionActivated',
    'with what it was'
);
select notify.emit(
    101, 'security.event', 'security_event', 1099, '{"charge_point_id": 1001}'
);
select jobs.send_notifications();
select is((select count(*) from sent), 4::bigint, 'the same again soon is not told again');
select notify.emit(null, 'job.failed', 'job', 1, '{"job": "rate_sessions", "detail": "22012"}');
select jobs.send_notifications();
select results_eq(
    $$ select distinct s.payload #>> '{values,job}', s.tenant_id from sent as s
       where s.kind = 'job_failed' and s.email like 'platform_admin@%' $$,
    $$ values ('rate_sessions', null::bigint) $$,
    'what concerns no tenant is told to the platform'
);
select ok(
    not exists (select from sent as s where s.kind = 'job_failed' and s.email like 'operator@%'),
    'and to nobody of a tenant'
);

-- Enough is enough ---------------------------------------------------------------------------
update ops.settings set value = '1' where name = 'notify.max_per_hour';
select ok(
    notify.is_told(
        101, 'session_held', 'operator', 'transaction/9', false,
        tests.user_id_of('greenway.operator'), null, null, 'email'
    ),
    'nobody gets more optional messages than so many an hour'
);
select ok(
    not notify.is_told(
        101, 'invoice_issued', 'customer', 'invoice/9', true,
        tests.user_id_of('greenway.operator'), null, null, 'email'
    ),
    'what has to be said is said'
);

-- Words --------------------------------------------------------------------------------------
insert into ops.outbox (tenant_id, kind, idempotency_key, payload)
values
    (
        101, 'email', 'words/1',
        '{"template": "session_ended", "language": "de-AT", "to": "a@b.example"}'
    ),
    (
        101, 'email', 'words/2',
        '{"template": "session_ended", "language": "sv", "to": "a@b.example"}'
    ),
    (102, 'email', 'words/3', '{"template": "nothing", "language": "en", "to": "a@b.example"}');
select is(
    (
        select notify.describe_message(o) ->> 'subject'
        from ops.outbox as o where o.idempotency_key = 'words/1'
    ),
    '${energy} für ${total} geladen', 'in the language of the person'
);
select is(
    (
        select notify.describe_message(o) ->> 'subject'
        from ops.outbox as o where o.idempotency_key = 'words/2'
    ),
    'Thank you: ${total}', 'else in English, in the words of the tenant'
);
select is(
    (
        select notify.describe_message(o)
        from ops.outbox as o where o.idempotency_key = 'words/3'
    ),
    null, 'and nothing where there are no words'
);
select is(
    jobs.prepare_email(o) ->> 'from_name', 'Greenway Charging GmbH', 'from the legal entity'
)
from ops.outbox as o where o.idempotency_key = 'words/1';
update ops.outbox set kind = 'chat' where idempotency_key = 'words/1';
select is(
    coalesce(jobs.prepare_chat(o), jobs.prepare_sms(o)), null,
    'a room that is gone is told nothing'
)
from ops.outbox as o where o.idempotency_key = 'words/1';

select * from finish();
rollback;
