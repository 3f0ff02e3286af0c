-- Sign-ups that nobody verified go, and so do the tokens in e-mails that are of no more use.
begin;
select plan(5);
select tests.act_as_owner();

select api.sign_up('greenway', v.name || '@example.org', 'another-horse-8')
from (values ('young'), ('old'), ('invited'), ('verified'), ('driver')) as v (name);
select tests.act_as('greenway.admin');
select api.invite_user('invited@example.org', 'support');
select tests.act_as_owner();
select api.verify_email(o.payload ->> 'token')
from ops.outbox as o
where o.payload ->> 'to' = 'verified@example.org';
update core.users set created_at = now() - interval '8 days'
where email in ('old@example.org', 'invited@example.org', 'verified@example.org',
    'driver@example.org');
insert into core.id_tokens (tenant_id, id_token, user_id)
select 101, 'DRIVERS', u.id from core.users as u where u.email = 'driver@example.org';
update core.one_time_tokens set expires_at = now() - interval '1 second'
where user_id = (select u.id from core.users as u where u.email = 'driver@example.org');
insert into ops.outbox (kind, idempotency_key, payload, created_at)
values
    ('email', 'never sent', '{"template": "membership"}', now() - interval '8 days'),
    ('test', 'of others', '{}', now() - interval '8 days');
select api.request_password_reset('nobody@example.org');
update ops.outbox set created_at = now() - interval '3 hours' where payload = '{}'
and kind = 'email';

select isnt(access.expire_people(100), 0::bigint, 'something was done');
select set_eq(
    $$ select u.email from core.users as u
       where u.email like '%@example.org' and u.email <> 'both@example.org' $$,
    array['young@example.org', 'invited@example.org', 'verified@example.org',
        'driver@example.org'],
    'a sign-up that was never verified goes, unless somebody vouches for it or it is used'
);
select set_eq(
    $$ select o.payload ->> 'to' as email, o.payload ->> 'template' as template from ops.outbox as o
       where o.payload ? 'token' $$,
    $$ values ('young@example.org', 'email_verification'), ('invited@example.org', 'invitation') $$,
    'only tokens that are still good stay in an e-mail'
);
select set_eq(
    $$ select o.idempotency_key from ops.outbox as o where not o.payload ? 'to' $$,
    array['of others'], 'e-mails that could not be sent go'
);
select is(access.expire_people(100), 0::bigint, 'and that was all');

select * from finish();
rollback;
