-- From what happens to the message in the outbox: each emitter with its own trigger or job.
begin;
select plan(22);

select tests.reset();
delete from core.notifications;
delete from ops.events_to_tell;
delete from ops.outbox;
delete from ops.offline_charge_points;
delete from ops.documents_to_make;
delete from core.low_wallets;
update core.legal_entities set time_zone = 'UTC' where tenant_id in (101, 102);
update core.notification_channels set is_enabled = true, has_url = true where id = 1001;
-- Messages with an attachment do not wait for it here.
update ops.settings set value = '0' where name = 'notify.document_wait_minutes';
-- What waits is told, and its values are returned: who gets it, or the room, comes first.
create function pg_temp.told(p_template text)
returns table (receiver text, details jsonb)
language plpgsql
security definer
as $$
begin
    while jobs.send_notifications() <> '' loop null; end loop;
    return query
    with gone as (
        delete from ops.outbox as o
        where o.state = 'waiting' and o.payload ->> 'template' = p_template
        returning o.payload
    )
    select coalesce(g.payload ->> 'to', 'room ' || (g.payload ->> 'channel_id')),
        g.payload -> 'values'
    from gone as g;
end;
$$;

select tests.act_as_owner();

-- Drivers ------------------------------------------------------------------------------------

insert into core.notification_preferences (tenant_id, user_id, kind, channel, is_enabled)
values (101, tests.user_id_of('greenway.customer'), 'session_started', 'email', true)
on conflict do nothing;
insert into core.sessions (
    tenant_id, id, charge_point_id, evse_id, protocol, transaction_id, start_key, state,
    started_at, user_id
)
overriding system value
values (
    101, 1900, 1001, 1001, '1.6', '1900', 'start 1900', 'active', '2026-03-01 10:00:00Z',
    tests.user_id_of('greenway.customer')
);
select results_eq(
    $$ select t.receiver, t.details #>> '{started_at,at}', t.details ->> 'evse'
       from pg_temp.told('session_started') as t $$,
    $$ values ('customer@greenway.example', '2026-03-01T10:00:00+00:00', 'DE*GRW*E1001*1') $$,
    'a session begins'
);
update core.sessions as s
set state = 'ended', ended_at = '2026-03-01 11:00:00Z', stop_reason = 'PowerLoss',
    energy_wh = 1234
where s.tenant_id = 101 and s.id = 1900;
select results_eq(
    $$ select t.receiver, t.details #>> '{energy,energy_wh}', t.details ->> 'cause'
       from pg_temp.told('session_stopped') as t $$,
    $$ values ('customer@greenway.example', '1234', 'PowerLoss') $$,
    'and stops though nobody asked for it'
);
update core.transactions as t
set state = 'held', hold_reasons = '{negative_energy}', held_at = now()
where t.tenant_id = 101 and t.session_id = 1001;
select set_eq(
    $$ select t.receiver, t.details ->> 'reasons' as a, t.details ->> 'transaction' as b
       from pg_temp.told('session_held') as t $$,
    $$ values
        ('admin@greenway.example', 'negative_energy', '1001'),
        ('operator@greenway.example', 'negative_energy', '1001'),
        ('both@example.org', 'negative_energy', '1001'),
        ('room 1001', 'negative_energy', '1001') $$,
    'a transaction is held'
);
update core.transactions as t
set state = 'priced', hold_reasons = null, hold_details = null, held_at = null
where t.tenant_id = 101 and t.session_id = 1001;
select results_eq(
    $$ select t.receiver, t.details -> 'total' ->> 'currency',
            (t.details -> 'total' ->> 'amount')::numeric = r.total_incl_vat
       from pg_temp.told('session_ended') as t
       cross join core.ratings as r
       where r.tenant_id = 101 and r.transaction_id = 1001 and r.version = 1 $$,
    $$ values ('customer@greenway.example', 'EUR', true) $$,
    'and has its price'
);

-- Customers ----------------------------------------------------------------------------------

select tests.act_as('greenway.accountant');
create temporary table made as
select i.id
from api.create_invoice(
    1001, '[{"description": "a card", "quantity": 1, "unit_price": 10}]'
) as i;
grant select on made to public;
select api.finalise_invoice(m.id) from made as m;
select tests.act_as_owner();
select results_eq(
    $$ select t.receiver, (t.details -> 'total' ->> 'amount')::numeric, t.details ->> 'number'
       from pg_temp.told('invoice_issued') as t $$,
    $$ select 'customer@greenway.example', 11.90, i.number
       from core.invoices as i inner join made as m on m.id = i.id $$,
    'an invoice is issued'
);
select tests.act_as('greenway.accountant');
select api.credit_invoice(m.id, 'a mistake') from made as m;
select tests.act_as_owner();
select results_eq(
    $$ select t.receiver, t.details ->> 'credited' from pg_temp.told('credit_note_issued') as t $$,
    $$ select 'customer@greenway.example', i.number
       from core.invoices as i inner join made as m on m.id = i.id $$,
    'and credited'
);

update core.accounts set payment_method = 'sepa_debit' where tenant_id = 101 and id = 1001;
select jobs.collect_debits();
create temporary table debit as
select p.id, p.collect_on
from core.payments as p
where p.tenant_id = 101 and p.invoice_id = 1001 and p.method = 'sepa_debit';
select results_eq(
    $$ select t.receiver, (t.details -> 'collect_on' ->> 'date')::date, t.details ->> 'mandate',
            length(t.details ->> 'iban'), (t.details -> 'total' ->> 'amount')::numeric
       from pg_temp.told('payment_upcoming') as t $$,
    $$ select 'customer@greenway.example', d.collect_on, 'M101-1001', 13, 11.90 from debit as d $$,
    'a debit is announced with its day, its mandate and no more of the IBAN than is needed'
);
select billing.book_payment(101, d.id, current_date, 'suspense') from debit as d;
select billing.return_payment(101, d.id, current_date, 'AM04 no money', 3, 'suspense')
from debit as d;
select results_eq(
    $$ select t.receiver, t.details ->> 'cause' from pg_temp.told('payment_failed') as t $$,
    $$ values ('customer@greenway.example', 'AM04 no money') $$,
    'and returned'
);
insert into core.payments (
    tenant_id, id, legal_entity_id, account_id, purpose, method, provider, idempotency_key, amount,
    currency, state, invoice_id
)
overriding system value
values (
    101, 1900, 1001, 1001, 'invoice', 'card', 'test', 'test-1900', 11.90, 'EUR', 'pending', 1001
);
select billing.fail_payment(101, 1900, 'the card is expired');
select results_eq(
    $$ select t.receiver, t.details ->> 'cause' from pg_temp.told('payment_failed') as t $$,
    $$ values ('customer@greenway.example', 'the card is expired') $$,
    'a card is refused'
);

insert into core.invoices (
    tenant_id, id, legal_entity_id, account_id, kind, occasion, state, currency, payment_method,
    language, number, number_year, number_in_year, issued_on, due_on, finalised_at, seller, buyer,
    payment_reference, total_excl_vat, total_incl_vat
)
overriding system value
values (
    101, 5001, 1001, 1001, 'invoice', 'one_off', 'finalised', 'EUR', 'bank_transfer', 'en',
    'T-5001', 2020, 5001, current_date - 24, current_date - 10, now(), '{"time_zone": "UTC"}',
    '{}', 'T5001', 100, 100
);
select jobs.run_dunning();
select results_eq(
    $$ select t.receiver, t.details ->> 'level', (t.details -> 'open' ->> 'amount')::numeric,
            (t.details -> 'due_on' ->> 'date')::date > current_date
       from pg_temp.told('invoice_overdue') as t $$,
    $$ values ('customer@greenway.example', '1', 100.0, true) $$,
    'an invoice is overdue'
);

update core.accounts set credit_limit = 2 where tenant_id = 101 and id = 1002;
select billing.post_journal(
    101, 1001, 'top_up', 'test', current_date, 'EUR', 'a test',
    '[{"ledger_account": "suspense", "amount": 2.5},
      {"ledger_account": "wallets", "account_id": 1002, "amount": -2.5}]'
);
select jobs.tend_wallets();
select results_eq(
    $$ select t.receiver, t.details ->> 'account',
            (t.details -> 'balance' ->> 'amount')::numeric
       from pg_temp.told('wallet_low') as t $$,
    $$ values ('driver2@greenway.example', 'A1002', 2.5) $$,
    'a wallet is low, without the credit that there is besides'
);

-- Operators ----------------------------------------------------------------------------------

update ops.presence as p
set is_connected = false, last_seen_at = '2026-03-01 10:00:00Z'
where p.tenant_id = 101 and p.charge_point_id = 1001;
select jobs.detect_offline();
select results_eq(
    $$ select t.receiver, t.details ->> 'charge_point', t.details #>> '{since,at}'
       from pg_temp.told('charge_point_offline') as t $$,
    $$ values ('room 1001', 'Greenway one', '2026-03-01T10:00:00+00:00') $$,
    'a charge point has been gone since it was last heard of'
);
update core.connectors as c
set status = 'Faulted', error_code = 'GroundFailure', status_at = '2026-03-01 10:00:00Z'
where c.tenant_id = 101 and c.id = 1001;
select results_eq(
    $$ select t.receiver, t.details ->> 'cause', t.details #>> '{since,at}'
       from pg_temp.told('connector_faulted') as t $$,
    $$ values ('room 1001', 'GroundFailure', '2026-03-01T10:00:00+00:00') $$,
    'a connector fails'
);
insert into core.security_events (
    tenant_id, charge_point_id, event_key, type, is_critical, happened_at, received_at
)
values (
    101, 1001, 'test 2', 'TamperDetectionActivated', true, '2026-03-01 10:00:00Z', now()
);
select set_eq(
    $$ select t.receiver, t.details ->> 'type' as a, t.details #>> '{since,at}' as b
       from pg_temp.told('security_event') as t $$,
    $$ select r.receiver, 'TamperDetectionActivated', '2026-03-01T10:00:00+00:00' as b
       from unnest(array[
           'room 1001', 'admin@greenway.example', 'operator@greenway.example', 'both@example.org'
       ]) as r (receiver) $$,
    'a charge point is opened'
);
insert into ops.documents_to_make (tenant_id, invoice_id)
select 101, m.id from made as m
on conflict do nothing;
select billing.park_documents(101, m.id, 'the XML is not valid') from made as m;
select set_eq(
    $$ select t.receiver, t.details ->> 'job' as a, t.details ->> 'cause' as b
       from pg_temp.told('job_failed') as t $$,
    $$ select r.receiver, 'documents' as a, 'the XML is not valid' as b
       from unnest(array[
           'room 1001', 'admin@greenway.example', 'operator@greenway.example', 'both@example.org'
       ]) as r (receiver) $$,
    'a document cannot be made'
);
insert into ops.job_runs (job, runner, started_at, finished_at, outcome, detail)
values ('test', 'here', now(), now(), 'failed', '22012: division by zero');
select set_eq(
    $$ select t.receiver, t.details ->> 'job' as a, t.details ->> 'cause' as b
       from pg_temp.told('job_failed') as t $$,
    $$ select u.email, 'test' as a, '22012: division by zero' as b
       from core.memberships as m
       inner join core.roles as r
           on r.tenant_id = m.tenant_id and r.id = m.role_id and r.audience = 'platform'
       inner join core.users as u on u.id = m.user_id $$,
    'a job of the installation fails'
);

-- What could not be delivered ----------------------------------------------------------------

create function pg_temp.bounce(p_payload jsonb, p_kind text default 'email')
returns text
language plpgsql
as $$
declare
    v_id bigint;
begin
    v_id := notify.put_outbox(101, p_kind, gen_random_uuid()::text, p_payload);
    update ops.outbox as o set state = 'running', calls = 1, taken_at = now(),
        next_attempt_at = null where o.id = v_id;
    insert into ops.outbox_attempts (outbox_id, number, runner) values (v_id, 1, 'test');
    return jobs.finish_outbox(v_id, 1, 'dead', 550, 'no such mailbox', null, '{"status": 410}');
end;
$$;
select pg_temp.bounce('{"template": "invoice_issued", "to": "gone@depot.example.com"}');
select set_eq(
    $$ select t.receiver, t.details ->> 'kind' as a, t.details ->> 'cause' as b
       from pg_temp.told('delivery_failed') as t $$,
    $$ select r.receiver, 'email' as a, 'no such mailbox' as b
       from unnest(array[
           'room 1001', 'admin@greenway.example', 'operator@greenway.example', 'both@example.org'
       ]) as r (receiver) $$,
    'an e-mail comes back'
);
delete from core.notifications;
select pg_temp.bounce('{"template": "delivery_failed", "to": "gone@depot.example.com"}');
select is_empty(
    $$ select * from pg_temp.told('delivery_failed') $$,
    'one that tells of that comes back as well, and nobody is told of it for ever'
);
select notify.put_outbox(101, 'chat', 'a room', '{"template": "gone", "channel_id": 7777}');
update ops.outbox as o
set state = 'running', calls = 1, taken_at = now(), next_attempt_at = null
where o.idempotency_key = 'a room';
select jobs.prepare_outbox(o.id, 1) from ops.outbox as o where o.idempotency_key = 'a room';
select is_empty(
    $$ select * from pg_temp.told('delivery_failed') $$,
    'nor of one to a room that is gone'
);
select pg_temp.bounce('{"webhook_id": 1001}', 'webhook');
select set_eq(
    $$ select t.receiver, t.details ->> 'kind' as a from pg_temp.told('delivery_failed') as t $$,
    $$ select r.receiver, 'webhook ERP' as a
       from unnest(array[
           'room 1001', 'admin@greenway.example', 'operator@greenway.example', 'both@example.org'
       ]) as r (receiver) $$,
    'a webhook is gone'
);
select is_empty(
    $$ select from core.events as e where e.data::text ~ 'hooks.greenway' $$,
    'and its address, which may hold a key, is in no event'
);

-- Flood --------------------------------------------------------------------------------------

delete from core.notifications;
delete from ops.outbox;
insert into core.events (tenant_id, type, object_type, object_id, data)
select 101, 'transaction.held', 'transaction', t.id, '{}'
from core.transactions as t
where t.tenant_id = 101;
update ops.settings set value = '1' where name = 'notify.max_per_hour';
update core.transactions set state = 'held', hold_reasons = '{test}', held_at = now()
where tenant_id = 101 and state <> 'held';
select results_eq(
    $$ select t.receiver, count(*) from pg_temp.told('session_held') as t
       group by t.receiver order by t.receiver $$,
    $$ values
        ('admin@greenway.example', 1::bigint), ('both@example.org', 1),
        ('operator@greenway.example', 1), ('room 1001', 1) $$,
    'of a flood nobody hears more than so much an hour, and no room'
);

select * from finish();
rollback;
