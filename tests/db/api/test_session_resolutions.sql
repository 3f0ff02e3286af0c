-- What operators decide about held sessions, and what becomes of it.
begin;
select plan(50);
select tests.act_as_owner();
delete from ops.sessions_to_rate;

-- Sessions of either tenant: held as presumed, with an energy of 4 kWh.
insert into core.sessions (
    tenant_id, id, charge_point_id, protocol, transaction_id, start_key, state, id_token,
    authorization_status, started_at, ended_at, meter_start_wh, last_meter_wh, energy_wh,
    hold_reason, hold_details
)
overriding system value
select
    n.tenant_id, n.id, n.charge_point_id, 'ocpp1.6', n.id::text, 'made-' || n.id,
    'presumed_ended', 'SOMETOKEN', 'Accepted', now() - interval '3 hours',
    now() - interval '1 hour', 1000, 5000, 4000, 'presumed_end', '[{"reason": "presumed_end"}]'
from (
    values
        (101, 10001, 1002), (101, 10002, 1002), (101, 10003, 1002), (101, 10004, 1002),
        (102, 20001, 2002)
) as n (tenant_id, id, charge_point_id);
select jobs.rate_sessions();
create view pg_temp.outcome as
select
    t.session_id, t.state, t.rating_version, r.reason, r.note, r.rated_by, r.energy_wh,
    r.total_incl_vat
from core.transactions as t
left join core.ratings as r
    on r.tenant_id = t.tenant_id and r.transaction_id = t.id and r.version = t.rating_version;

-- Who may.
select tests.act_as('greenway.support');
select throws_ok(
    $$ select api.release_session(10001, 'it is fine') $$, 'PT403',
    'your role lacks the permission transactions.write', 'support does not decide'
);
select throws_ok(
    $$ select api.correct_session(10001, 'it is fine') $$, 'PT403', null, 'nor correct'
);
select throws_ok(
    $$ select api.write_off_session(10001, 'it is fine') $$, 'PT403', null, 'nor write off'
);
select throws_ok(
    $$ select api.rerate_transaction(1001, 'it is fine') $$, 'PT403', null, 'nor rate anew'
);
select tests.act_as('greenway.customer');
select throws_ok(
    $$ select api.release_session(10001, 'it is fine') $$, '42501', null, 'drivers never'
);

select tests.act_as('greenway.operator');
select throws_ok(
    $$ select api.release_session(20001, 'it is fine') $$, 'PT404', 'there is no such session',
    'another tenant''s session does not exist'
);
select throws_ok(
    $$ select api.correct_session(20001, 'it is fine') $$, 'PT404', null, 'for a correction'
);
select throws_ok(
    $$ select api.write_off_session(20001, 'it is fine') $$, 'PT404', null, 'for a write-off'
);
select throws_ok(
    $$ select api.rerate_transaction(2001, 'it is fine') $$, 'PT404',
    'there is no such transaction', 'and neither does its transaction'
);
select set_eq(
    'select h.session_id from api.held_sessions as h where h.session_id > 10000',
    'values (10001), (10002), (10003), (10004)', 'they see their own, held'
);

-- Release.
select throws_ok(
    $$ select api.release_session(10001, ' a ') $$, 'PT400',
    'a reason is required, of 3 to 1000 characters', 'a reason is a reason'
);
select throws_ok(
    $$ select api.write_off_session(10001, null) $$, 'PT400', null, 'and none is none'
);
select results_eq(
    $$ select t.session_id, t.state, t.total_incl_vat, t.energy_wh, t.rating_reason
       from api.release_session(10001, 'The driver left then.') as t $$,
    $$ values (10001::bigint, 'priced', 2.38, 4000.0, 'released') $$,
    'a release bills the energy that is known'
);
select results_eq(
    $$ select r.kind, r.reason, r.made_by from api.session_resolutions as r
       where r.session_id = 10001 $$,
    $$ values ('released', 'The driver left then.', tests.user_id_of('greenway.operator')) $$,
    'who decided and why is kept'
);
select results_eq(
    $$ select r.note, r.rated_by from api.ratings as r
       inner join api.transactions as t on t.id = r.transaction_id and t.session_id = 10001 $$,
    $$ values ('The driver left then.', tests.user_id_of('greenway.operator')) $$,
    'with the rating as well'
);
select throws_ok(
    $$ select api.release_session(10001, 'once more') $$, 'PT409', 'the session is not held',
    'what is not held is not released'
);

-- Correct.
select throws_ok(
    $$ select api.correct_session(10002, 'by hand', null, null, null, null) $$, 'PT400',
    'these figures make no session: meter_stop_wh is not known',
    'a correction needs a register at the end'
);
select throws_ok(
    $$ select api.correct_session(10002, 'by hand', null, null, 1000, 500) $$, 'PT400',
    'these figures make no session: meter_stop_wh is below meter_start_wh',
    'that is not below the start'
);
select throws_ok(
    format($$ select api.correct_session(10002, 'by hand', null, null, 0, %L) $$, n.register),
    'PT400', 'these figures make no session: a register is out of range',
    format('nor %s', n.register)
)
from (values ('NaN'), ('Infinity'), ('1e13')) as n (register);
select throws_ok(
    $$ select api.correct_session(10002, 'by hand', null, now() + interval '1 day', 0, 500) $$,
    'PT400', 'these figures make no session: ended_at lies ahead', 'an end that has been'
);
select throws_ok(
    $$ select api.correct_session(10002, 'by hand', '-infinity', null, 0, 500) $$,
    'PT400', 'these figures make no session: started_at is no moment', 'and a real begin'
);
-- A moment that no clock can show stopped the statistics of everybody.
select throws_ok(
    $$ select api.correct_session(
           10002, 'by hand', '4714-11-24T00:00:00Z BC', '4714-11-24T00:30:00Z BC', 0, 500
       ) $$,
    'PT400', 'these figures make no session: started_at is before any session', 'in our days'
);
select throws_ok(
    $$ select api.correct_session(
           10002, 'by hand', now() - interval '1 hour', now() - interval '2 hours', 0, 500
       ) $$,
    'PT400', 'these figures make no session: ended_at is before started_at', 'before it'
);
select throws_ok(
    $$ select api.correct_session(10002, 'by hand', null, null, 1000, 1e11) $$, 'PT400',
    'these figures make no session: so much energy cannot flow in that time',
    'nor more energy than the power of the place allows'
);
select results_eq(
    $$ select t.state, t.total_incl_vat, t.energy_wh, t.rating_reason, t.ended_at
       from api.correct_session(
           session => 10002, reason => 'Read from the meter.', meter_stop_wh => 7000,
           ended_at => date_trunc('hour', now()) - interval '1 hour'
       ) as t $$,
    $$ values (
           'priced', 3.57, 6000.0, 'corrected', date_trunc('hour', now()) - interval '1 hour'
       ) $$,
    'a correction bills other figures'
);
select results_eq(
    'select s.meter_stop_wh, s.energy_wh from api.charging_sessions as s where s.id = 10002',
    'values (null::numeric, 4000::numeric)', 'and leaves the session as it was reported'
);
select results_eq(
    $$ select t.total_incl_vat, t.rating_version from api.correct_session(
           session => 10002, reason => 'Read it wrongly.', meter_stop_wh => 8000
       ) as t $$,
    'values (4.17, 2)', 'it can be corrected again'
);
select results_eq(
    $$ select r.version, r.difference_incl_vat, r.difference_energy_wh, r.is_current
       from api.ratings as r
       inner join api.transactions as t on t.id = r.transaction_id and t.session_id = 10002
       order by 1 $$,
    'values (1, null::numeric, null::numeric, false), (2, 0.60, 1000.0, true)',
    'which shows the difference'
);

-- Write off.
select results_eq(
    $$ select t.state, t.rating_version, t.hold_reasons
       from api.write_off_session(10003, 'A test of ours.') as t $$,
    $$ values ('written_off', null::integer, null::text[]) $$, 'a held one is written off'
);
select results_eq(
    $$ select t.state, t.rating_version from api.write_off_session(10001, 'Goodwill.') as t $$,
    $$ values ('written_off', 1) $$, 'and so is one that had a price'
);
select results_eq(
    $$ select c.id = format('%s-1%s', c.transaction_id, case when c.is_credit then '-C' end),
           c.cdr_2_2_1 #>> '{total_cost,incl_vat}',
           c.cdr_2_3_0 #>> '{total_cost,before_taxes}', c.cdr_2_2_1 ->> 'credit_reference_id'
           = c.transaction_id || '-1'
       from api.cdrs as c
       inner join api.transactions as t on t.id = c.transaction_id and t.session_id = 10001
       order by c.is_credit $$,
    $$ values (true, '2.38', '2.00', null::boolean), (true, '-2.38', '-2.00', true) $$,
    'whose CDR is credited'
);
select results_eq(
    $$ select t.state, t.rating_version, t.total_incl_vat
       from api.correct_session(10001, 'Not so good.', null, null, 1000, 5000) as t $$,
    $$ values ('priced', 2, 2.38) $$, 'a write-off that is taken back is a price of its own'
);
select results_eq(
    $$ select c.version, c.is_credit from api.cdrs as c
       inner join api.transactions as t on t.id = c.transaction_id and t.session_id = 10001
       order by 1, 2 $$,
    'values (1, false), (1, true), (2, false)', 'and what was credited stays so'
);

-- A change ends a decision.
select tests.act_as_owner();
update core.sessions
set state = 'ended', meter_stop_wh = 6000, energy_wh = 5000, hold_reason = null,
    hold_details = null, stop_received_at = now()
where id in (10001, 10002, 10003);
select jobs.rate_sessions();
select results_eq(
    'select o.session_id, o.state, o.total_incl_vat, o.reason from pg_temp.outcome as o
     where o.session_id in (10001, 10002, 10003) order by 1',
    $$ values
           (10001::bigint, 'priced', 2.98, 'session_changed'),
           (10002, 'priced', 2.98, 'session_changed'), (10003, 'priced', 2.98, 'ended') $$,
    'a stop that comes late is judged anew, whatever was decided before'
);

-- A release that does not help.
update core.sessions set energy_wh = null, last_meter_wh = null where id = 10004;
select jobs.rate_sessions();
select tests.act_as('greenway.operator');
select throws_ok(
    $$ select api.release_session(10004, 'it is fine') $$, 'PT409',
    'the session cannot be priced: energy_missing', 'without energy nothing can be released'
);
select is_empty(
    'select 1 from api.session_resolutions where session_id = 10004', 'and nothing is decided'
);
select throws_ok(
    $$ select api.correct_session(
           session => 10004, reason => 'by hand', meter_stop_wh => 2000, tariff => 'nothing'
       ) $$,
    'PT404', 'there is no such tariff', 'a tariff has to be there'
);
select lives_ok(
    $$ select api.correct_session(
           session => 10004, reason => 'by hand', meter_stop_wh => 2000, tariff => 'standard'
       ) $$,
    'a correction with a tariff that an operator names'
);
select results_eq(
    $$ select st.place, st.audience, st.tariff_assignment_id from core.session_tariffs as st
       where st.session_id = 10004 $$,
    $$ values ('operator', 'operator', null::bigint) $$, 'says so'
) from (select tests.act_as_owner()) as a;

-- Rate anew.
select tests.act_as('greenway.operator');
select throws_ok(
    $$ select api.rerate_transaction(1001, null) $$, 'PT400',
    'a reason is required, of 3 to 1000 characters', 'rating anew needs a reason'
);
select throws_ok(
    $$ select api.rerate_transaction(1002, 'to see it') $$, 'PT409',
    'the transaction has no price to renew', 'and a price'
);
select results_eq(
    $$ select t.rating_version, t.rating_reason, t.total_incl_vat
       from api.rerate_transaction(1001, 'to see it') as t $$,
    $$ values (2, 'rerated', 5.95) $$, 'it makes a new version even of the same price'
);
select results_eq(
    $$ select c.version, c.is_credit, c.is_credited from api.cdrs as c
       where c.transaction_id = 1001 order by 1, 2 $$,
    'values (1, false, true), (1, true, true), (2, false, false)',
    'and the CDR before is credited'
);

-- A tariff that asks for the power, which nobody read.
select tests.act_as_owner();
insert into core.tariffs (tenant_id, id, tariff_id, name) overriding system value
values (101, 1100, 'POWER', 'Power');
insert into core.tariff_versions (
    tenant_id, id, tariff_id, version_no, ocpi_version, document, compiled, tariff_hash, currency,
    valid
)
overriding system value
select
    101, 1100, 1100, 1, '2.3.0', d.document, pricing.compile_tariff(d.document),
    pricing.hash_tariff(d.document), 'EUR', '[2020-01-01,)'
from (
    select '{
        "currency": "EUR", "tax_included": "NO",
        "elements": [
            {
                "price_components": [{"type": "ENERGY", "price": 1, "step_size": 1}],
                "restrictions": {"min_power": 5}
            }
        ]
    }'::jsonb as document
) as d;
select tests.act_as('greenway.operator');
select throws_ok(
    $$ select api.rerate_transaction(o.id, 'to see it', 'POWER')
       from api.transactions as o where o.session_id = 10003 $$,
    'PT409', 'the session cannot be priced: readings_missing',
    'what a new rating would hold is refused'
);
select results_eq(
    $$ select o.state, o.total_incl_vat from api.transactions as o where o.session_id = 10003 $$,
    $$ values ('priced', 2.98) $$, 'and keeps its price'
);

-- A charger whose clock was years behind: no tariff was there then.
select tests.act_as_owner();
insert into core.sessions (
    tenant_id, id, charge_point_id, protocol, transaction_id, start_key, state, id_token,
    authorization_status, started_at, ended_at, meter_start_wh, meter_stop_wh, energy_wh
)
overriding system value
values (
    101, 10005, 1002, 'ocpp1.6', '10005', 'made-10005', 'ended', 'SOMETOKEN', 'Accepted',
    '2019-01-01 10:00Z', '2019-01-01 11:00Z', 1000, 5000, 4000
);
select jobs.rate_sessions();
select tests.act_as('greenway.operator');
select results_eq(
    $$ select t.total_incl_vat from api.correct_session(
           session => 10005, reason => 'Its clock.', started_at => now() - interval '2 hours',
           ended_at => now() - interval '1 hour', tariff => 'STANDARD'
       ) as t $$,
    'values (2.38)', 'a named tariff is that of the corrected begin'
);
select results_eq(
    $$ select t.rating_version, t.total_incl_vat
       from api.transactions as o
       cross join api.rerate_transaction(o.id, 'to see it', 'STANDARD') as t
       where o.session_id = 10005 $$,
    'values (2, 2.38)', 'and so it is when it is rated anew'
);

-- Who decided what, in the log.
select tests.act_as('greenway.admin');
select results_eq(
    $$ select distinct a.table_name, coalesce(a.new_values ->> 'kind', a.new_values ->> 'reason')
       from api.audit_log as a
       where
           a.user_id = tests.user_id_of('greenway.operator')
           and a.table_name in ('core.session_resolutions', 'core.ratings')
       order by 1, 2 $$,
    $$ values
           ('core.ratings', 'rerated'), ('core.session_resolutions', 'corrected'),
           ('core.session_resolutions', 'released'), ('core.session_resolutions', 'written_off') $$,
    'the log has every decision'
);
select * from finish();
rollback;
