begin;
select plan(15);

select tests.act_as('greenway.customer');
select lives_ok(
    $$ insert into api.notification_preferences (kind, channel, is_enabled)
       values ('session_started', 'email', true) $$,
    'a driver switches a message on'
);
select throws_ok(
    $$ insert into api.notification_preferences (kind, channel, is_enabled)
       values ('invoice_issued', 'email', false) $$,
    'PT409', null, 'but not off what has to be said'
);
select results_eq(
    'select n.kind from api.notifications as n', $$ values ('session_ended') $$,
    'and reads what they were told'
);
select throws_ok(
    'select 1 from api.notification_channels', '42501', null, 'and no rooms of operators'
);
select throws_ok(
    $$ select api.set_notification_channel_url(1001, 'slack://a/b/c') $$, '42501', null,
    'nor may they say where rooms are'
);

select tests.act_as('greenway.operator');
select throws_ok(
    $$ insert into api.notification_templates (kind, language, subject, body)
       values ('wallet_low', 'de', '${number}', 'x') $$,
    'PT400', 'the message wallet_low has no placeholder ${number}',
    'words with a placeholder that nothing fills are refused'
);
select throws_ok(
    $$ insert into api.notification_templates (kind, language, subject, body)
       values ('wallet_low', 'de', 'Nur noch $5', 'x') $$,
    'PT400', null, 'a dollar that begins none as well'
);
select lives_ok(
    $sql$ insert into api.notification_templates (kind, language, subject, body)
          values ('wallet_low', 'de', 'Noch ${balance} ($$)', 'Hallo ${name}') $sql$,
    'others are taken'
);
select throws_ok(
    $$ insert into api.notification_templates (kind, language, subject, body)
       values ('wallet_low', 'fr', E'a\nBcc: x@y.example', 'x') $$,
    '23514', null, 'a subject is one line'
);
select throws_ok(
    $$ update api.notification_channels set kinds = '{invoice_issued}' where id = 1001 $$,
    'PT400', null, 'a room gets what is for operators'
);
select lives_ok(
    $$ select api.set_notification_channel_url(1001, 'slack://TokenA/TokenB/TokenC/#alarms') $$,
    'an operator says where the room is'
);
select ok(
    (select c.has_url from api.notification_channels as c where c.id = 1001), 'which shows'
);
select throws_ok(
    $$ select api.set_notification_channel_url(1001, 'syslog://localhost') $$,
    'PT400', null, 'it is a service, nothing of the server''s own'
);
select throws_ok(
    $$ select api.set_notification_channel_url(2001, 'slack://a/b/c/#d') $$,
    'PT404', null, 'and one of the tenant''s'
);

select tests.act_as('greenway.support');
select throws_ok(
    $$ select api.set_notification_channel_url(1001, 'slack://a/b/c/#d') $$,
    'PT403', null, 'and not anybody''s'
);

select * from finish();
rollback;
