-- Webhooks: whose, where to, what they ask for; dispatched once, signed, switched off.
begin;
select plan(39);

-- Made and changed.
select tests.act_as('greenway.operator');
select throws_ok(
    $$ select api.create_webhook('CRM', 'https://crm.depot.example.com/') $$, 'PT403', null,
    'a webhook takes the permission webhooks.write'
);
select is_empty($$ select from api.webhooks $$, 'without it nobody sees one');
select tests.act_as('greenway.admin');
select throws_ok(
    format($$ select api.create_webhook('CRM', %L) $$, u.url), 'PT400', null,
    format('nothing goes to %s', u.url)
)
from (
    values
        ('http://crm.depot.example.com/'), ('https://user:pass@crm.depot.example.com/'),
        ('https://localhost/'), ('https://127.0.0.1/'), ('https://[::1]:8443/'),
        ('https://printer/'), ('https://printer.local/'), ('ftp://crm.depot.example.com/'),
        ('https://crm.depot.example.com:99999/'), ('https://crm.depot.example.com/#x'),
        ('https://crm.depot.example.com\@127.0.0.1/'), (E'https://crm.example.com/\nx: y')
) as u (url);
select throws_ok(
    $$ select api.create_webhook('CRM', 'https://crm.depot.example.com/', '{session.gone}') $$,
    'PT400', 'there is no type of event called session.gone', 'types are those that there are'
);
select throws_ok(
    $$ select api.create_webhook('CRM', 'https://crm.depot.example.com/', '{}') $$, 'PT400', null,
    'one at least'
);
select throws_ok(
    $$ select api.create_webhook('ERP', 'https://crm.depot.example.com/') $$, '23505', null,
    'names are unique'
);
select matches(
    api.create_webhook('CRM', 'https://crm.depot.example.com:8443/in?a=b') ->> 'secret',
    '^whsec_[A-Za-z0-9+/]{43}=$', 'the secret is shown when it is made'
);
select throws_ok(
    $$ select w.secret from core.webhooks as w $$, '42501', null, 'and never again'
);
select set_eq(
    $$ select w.tenant_id, w.name from api.webhooks as w $$,
    $$ values (101::bigint, 'ERP'), (101, 'CRM') $$, 'each tenant sees its own'
);
select throws_ok(
    $$ update api.webhooks set url = 'https://10.0.0.1.local/' where name = 'CRM' $$, 'PT400',
    null, 'a changed address is checked, too'
);
select tests.act_as('bluecharge.admin');
select throws_ok(
    $$ select api.rotate_webhook_secret(1001) $$, 'PT404', null, 'another tenant''s is not there'
);
select throws_ok(
    $$ select api.replay_webhook(1001, now() - interval '1 day') $$, 'PT404', null,
    'to be replayed neither'
);
select is_empty(
    $$ update api.webhooks set is_enabled = false where id = 1001 returning id $$, 'nor changed'
);
select is_empty($$ delete from api.webhooks where id = 1001 returning id $$, 'nor deleted');
select tests.act_as('greenway.admin');
select matches(
    api.rotate_webhook_secret(1001) ->> 'secret', '^whsec_', 'a new secret is shown once as well'
);
select throws_ok(
    $$ select api.replay_webhook(1001, now(), now() - interval '1 day') $$, 'PT400', null,
    'a range ends after it begins'
);

-- Handed out.
select tests.act_as_owner();
delete from ops.outbox;
delete from core.webhook_deliveries;
delete from core.webhooks as w where w.name = 'CRM';
update core.webhooks as w set old_secret = null, old_secret_until = null,
    secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo='
where w.id = 1001;
select notify.emit(101, 'session.started', 'session', 1001);
select notify.emit(101, 'session.ended', 'session', 1001, '{"energy_wh": 5}');
select notify.emit(102, 'session.ended', 'session', 2001);
select notify.emit(null, 'job.failed', 'job_run', 1);
select tests.act_as_login('jobs');
select is(jobs.dispatch_events(), '4 events, 2 to webhooks', 'events go where they are wanted');
select is(jobs.dispatch_events(), '', 'once');
select tests.act_as_owner();
select set_eq(
    $$ select o.tenant_id, o.ordering_key from ops.outbox as o where o.kind = 'webhook' $$,
    $$ values (101::bigint, 'webhook/1001/session/1001'), (102, 'webhook/2001/session/2001') $$,
    'each to its own tenant''s, in order per object'
);
create temporary table sent as
select jobs.prepare_webhook(o) as request, o.id, (o.payload ->> 'event_id')::bigint as event_id
from ops.outbox as o where o.tenant_id = 101;
grant select on pg_temp.sent to public;
select is(
    (select (s.request ->> 'body')::jsonb - 'timestamp' from pg_temp.sent as s),
    '{"type": "session.ended", "data":
      {"energy_wh": 5, "tenant_id": 101, "object_type": "session", "object_id": 1001}}'::jsonb,
    'what is sent says what happened'
);
select is(
    (select s.request -> 'headers' ->> 'webhook-signature' from pg_temp.sent as s),
    (
        select 'v1,' || encode(
            extensions.hmac(
                convert_to(
                    format(
                        'evt_%s.%s.%s', s.event_id, s.request -> 'headers' ->> 'webhook-timestamp',
                        s.request ->> 'body'
                    ), 'UTF8'
                ),
                decode('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=', 'base64'), 'sha256'
            ), 'base64'
        )
        from pg_temp.sent as s
    ),
    'signed over id, time and body'
);

-- Failing for long.
select jobs.settle_webhook(o, '{"status": 500}') from ops.outbox as o where o.tenant_id = 101;
select isnt((select w.failing_since from core.webhooks as w where w.id = 1001), null, 'it fails');
create temporary table waiting as select o.id from ops.outbox as o;
select notify.send_to_webhooks(array[s.event_id::bigint], 1001) from pg_temp.sent as s;
select is(
    (select o.lane from ops.outbox as o where o.id not in (select w.id from pg_temp.waiting as w)),
    'webhooks-failing/101', 'those of a tenant that fail share one lane'
);
delete from ops.outbox as o where o.id not in (select w.id from pg_temp.waiting as w);
update core.webhooks as w set failing_since = now() - interval '6 days' where w.id = 1001;
select jobs.settle_webhook(o, '{"status": 500}') from ops.outbox as o where o.tenant_id = 101;
select results_eq(
    $$ select w.is_enabled, w.disabled_reason is not null from core.webhooks as w
       where w.id = 1001 $$,
    $$ values (false, true) $$, 'for so long that it is switched off'
);
select is(
    (select count(*) from core.events as e where e.type = 'webhook.disabled'), 1::bigint,
    'which is an event'
);
select is(
    (select jobs.prepare_webhook(o) from ops.outbox as o where o.tenant_id = 101), null,
    'and what waits is no longer wanted'
);
select tests.act_as('greenway.admin');
select throws_ok(
    $$ select api.replay_webhook(1001, now() - interval '1 day') $$, 'PT409', null,
    'nothing is replayed to one that is switched off'
);
select results_eq(
    $$ update api.webhooks set is_enabled = true where id = 1001
       returning failing_since, disabled_reason $$,
    $$ values (null::timestamptz, null::text) $$, 'switched on it begins anew'
);
select * from finish();
rollback;
