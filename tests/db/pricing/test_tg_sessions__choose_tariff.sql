-- The tariff of a session: chosen at its start, again while what it hangs on changes, then fixed.
begin;
select plan(22);

select tests.act_as_owner();
delete from core.tariff_assignments;

create function pg_temp.assign(
    p_name text,
    p_evse_id bigint default null,
    p_id_token_id bigint default null,
    p_tenant_id bigint default 101
)
returns void
language plpgsql
as $$
declare
    v_id bigint;
begin
    insert into core.tariffs (tenant_id, tariff_id, name)
    values (p_tenant_id, p_name, p_name)
    returning id into v_id;
    -- Two versions: what began more than half an hour ago has the first.
    insert into core.tariff_versions (
        tenant_id, tariff_id, version_no, ocpi_version, document, compiled, tariff_hash, currency,
        valid
    )
    values
        (
            p_tenant_id, v_id, 1, '2.2.1', '{}', '{}', repeat('0', 64), 'EUR',
            tstzrange(now() - interval '1 year', now() - interval '30 minutes')
        ),
        (
            p_tenant_id, v_id, 2, '2.2.1', '{}', '{}', repeat('1', 64), 'EUR',
            tstzrange(now() - interval '30 minutes', null)
        );
    insert into core.tariff_assignments (tenant_id, tariff_id, evse_id, id_token_id)
    values (p_tenant_id, v_id, p_evse_id, p_id_token_id);
end;
$$;

create function pg_temp.start(
    p_id_token text,
    p_while interval default '0',
    p_charge_point_id bigint default 1001,
    p_connector_id integer default 1
)
returns bigint
language sql
as $$
    select (
        tests.call(
            'StartTransaction',
            jsonb_build_object(
                'connectorId', p_connector_id, 'idTag', p_id_token, 'meterStart', 1000,
                'timestamp', tests.clock(p_while)
            ),
            p_charge_point_id
        ) ->> 'transactionId'
    )::bigint;
$$;

create temporary view chosen as
select s.id_token, t.tariff_id, v.version_no, c.place, c.audience, c.time_zone,
    c.tariff_assignment_id is not null as is_assigned
from core.sessions as s
inner join core.session_tariffs as c on c.tenant_id = s.tenant_id and c.session_id = s.id
inner join core.tariff_versions as v
    on v.tenant_id = c.tenant_id and v.id = c.tariff_version_id
inner join core.tariffs as t on t.tenant_id = v.tenant_id and t.id = v.tariff_id;

-- At the start ---------------------------------------------------------------------------------

select pg_temp.start('NONE');
select is_empty(
    $$ select from pg_temp.chosen where id_token = 'NONE' $$,
    'where no tariff applies the session begins without'
);
select pg_temp.assign('ALL');
select pg_temp.assign('THERE', p_evse_id => 1001);
select pg_temp.assign('MINE', p_id_token_id => 1003);
select pg_temp.assign('OTHER', p_tenant_id => 102);
select pg_temp.start('NOBODY');
select results_eq(
    $$ select c.tariff_id, c.version_no, c.place, c.audience, c.time_zone, c.is_assigned
       from pg_temp.chosen as c where c.id_token = 'NOBODY' $$,
    $$ values ('THERE', 2, 'evse', 'everyone', 'Europe/Berlin', true) $$,
    'a session that begins has the tariff of its place, and the zone of its clock'
);
select pg_temp.start('gwtoken3');
select results_eq(
    $$ select c.tariff_id, c.audience from pg_temp.chosen as c where c.id_token = 'gwtoken3' $$,
    $$ values ('MINE', 'id_token') $$,
    'or that of its token, however the charger writes it'
);
select pg_temp.start('BLUE', '0', 2001);
select results_eq(
    $$ select c.tariff_id, c.time_zone from pg_temp.chosen as c where c.id_token = 'BLUE' $$,
    $$ values ('OTHER', 'Europe/Amsterdam') $$,
    'another tenant''s session has that tenant''s'
);
select pg_temp.start('LATE', '-2 hours', 1002);
select results_eq(
    $$ select c.tariff_id, c.version_no from pg_temp.chosen as c where c.id_token = 'LATE' $$,
    $$ values ('ALL', 1) $$,
    'a start that is heard late has the version of its time'
);
select pg_temp.start('BLOCKED', '0', 1002, 2);
select is(
    (select c.tariff_id from pg_temp.chosen as c where c.id_token = 'BLOCKED'), 'ALL',
    'a refused session has one, too: it may charge all the same'
);

-- A stop without its start, and the start after all ---------------------------------------------

select tests.call(
    'StopTransaction',
    jsonb_build_object(
        'transactionId', 987654, 'idTag', 'LOST', 'meterStop', 5000, 'timestamp', tests.clock()
    )
);
select results_eq(
    $$ select c.tariff_id, c.version_no, c.place from pg_temp.chosen as c
       where c.id_token = 'LOST' $$,
    $$ values ('ALL', 2, 'tenant') $$,
    'a stop without a start knows no EVSE'
);
select pg_temp.start('LOST', '-40 minutes');
select results_eq(
    $$ select c.tariff_id, c.version_no, c.place from pg_temp.chosen as c
       where c.id_token = 'LOST' $$,
    $$ values ('THERE', 1, 'evse') $$,
    'its start tells place and time'
);
select tests.call(
    'StopTransaction',
    jsonb_build_object(
        'transactionId', 987655, 'idTag', 'GWTOKEN3', 'meterStop', 5000,
        'timestamp', tests.clock(), 'transactionData', jsonb_build_array(
            jsonb_build_object(
                'timestamp', tests.clock('-50 minutes'),
                'sampledValue', '[{"value": "1500", "context": "Transaction.Begin"}]'::jsonb
            )
        )
    ),
    1002
);
select results_eq(
    $$ select c.tariff_id, c.version_no from pg_temp.chosen as c where c.id_token = 'GWTOKEN3' $$,
    $$ values ('MINE', 1) $$,
    'or its readings do'
);

-- What does not change it ----------------------------------------------------------------------

create temporary table before as select c.* from pg_temp.chosen as c;
select pg_temp.assign('LATER', p_evse_id => 1002);
update core.sites set time_zone = 'Asia/Tokyo' where tenant_id = 101;
update core.sessions set meter_stop_wh = 6000, energy_wh = 5000, updated_at = now()
where tenant_id = 101 and id_token = 'LOST';
select bag_eq(
    $$ select * from pg_temp.chosen $$, $$ select * from pg_temp.before $$,
    'a running session keeps its tariff whatever becomes of assignments, zones and figures'
);
delete from core.tariff_assignments where tenant_id = 101;
select bag_eq(
    $$ select c.id_token, c.tariff_id, c.version_no, c.is_assigned from pg_temp.chosen as c
       where c.id_token <> 'BLUE' $$,
    $$ select b.id_token, b.tariff_id, b.version_no, false from pg_temp.before as b
       where b.id_token <> 'BLUE' $$,
    'also when its assignment is deleted'
);
select throws_ok(
    $$ delete from core.tariff_versions where tenant_id = 101 $$, 'PT409', null,
    'a version that a session has cannot go'
);
select pg_temp.assign('NEW');
delete from core.id_tokens where tenant_id = 101 and id = 1003;
select results_eq(
    $$ select s.id_token_id, c.tariff_id, c.audience
       from core.sessions as s inner join pg_temp.chosen as c using (id_token)
       where s.id_token = 'gwtoken3' $$,
    $$ values (null::bigint, 'MINE', 'id_token') $$,
    'a token that is deleted leaves its session at the price it had'
);

-- Corrections, until there is a price ------------------------------------------------------------

select pg_temp.assign('POINT', p_evse_id => 1002);
update core.sessions set evse_id = 1002 where tenant_id = 101 and id_token = 'NOBODY';
select is(
    (select c.tariff_id from pg_temp.chosen as c where c.id_token = 'NOBODY'), 'POINT',
    'another EVSE brings another tariff'
);
update core.sessions set started_at = started_at - interval '2 years'
where tenant_id = 101 and id_token = 'NOBODY';
select is_empty(
    $$ select from pg_temp.chosen where id_token = 'NOBODY' $$,
    'a begin before all tariffs brings none'
);
update core.sessions set started_at = started_at + interval '2 years'
where tenant_id = 101 and id_token = 'NOBODY';
select is(
    (select c.tariff_id from pg_temp.chosen as c where c.id_token = 'NOBODY'), 'POINT',
    'and the right one the tariff again'
);

insert into core.transactions (tenant_id, session_id, state, hold_reasons, held_at)
select s.tenant_id, s.id, 'held', '{unknown_start}', now()
from core.sessions as s
where s.tenant_id = 101 and s.id_token = 'NOBODY';
update core.sessions set evse_id = 1001 where tenant_id = 101 and id_token = 'NOBODY';
select is(
    (select c.tariff_id from pg_temp.chosen as c where c.id_token = 'NOBODY'), 'NEW',
    'a session that is held has no price yet'
);
insert into core.ratings (
    tenant_id, transaction_id, version, reason, engine_version, tariff_version_id, tariff_hash,
    time_zone, currency, started_at, ended_at, energy_wh, charging_s, parking_s, reserved_s,
    total_excl_vat, total_incl_vat, exact_excl_vat, exact_incl_vat, session, result
)
select
    t.tenant_id, t.id, 1, 'released', '1', c.tariff_version_id, repeat('1', 64), c.time_zone,
    'EUR', now(), now(), 0, 0, 0, 0, 0, 0, 0, 0, '{}', '{}'
from core.transactions as t
inner join core.session_tariffs as c on c.tenant_id = t.tenant_id and c.session_id = t.session_id
inner join core.sessions as s on s.tenant_id = t.tenant_id and s.id = t.session_id
where s.tenant_id = 101 and s.id_token = 'NOBODY';
update core.transactions as t
set state = 'priced', rating_version = 1, hold_reasons = null, held_at = null
from core.sessions as s
where s.tenant_id = t.tenant_id and s.id = t.session_id and s.id_token = 'NOBODY';
update core.sessions set evse_id = 1002 where tenant_id = 101 and id_token = 'NOBODY';
select is(
    (select c.tariff_id from pg_temp.chosen as c where c.id_token = 'NOBODY'), 'NEW',
    'once there is a price the tariff stays'
);

update core.session_tariffs as c set place = 'operator', audience = 'operator'
from core.sessions as s
where s.tenant_id = c.tenant_id and s.id = c.session_id and s.id_token = 'LOST';
update core.sessions set evse_id = 1002 where tenant_id = 101 and id_token = 'LOST';
select results_eq(
    $$ select c.tariff_id, c.place from pg_temp.chosen as c where c.id_token = 'LOST' $$,
    $$ values ('THERE', 'operator') $$,
    'what an operator chose stays'
);
delete from core.tariff_assignments where tenant_id = 101;
update core.sessions set evse_id = null where tenant_id = 101 and id_token = 'LOST';
select results_eq(
    $$ select c.tariff_id, c.place from pg_temp.chosen as c where c.id_token = 'LOST' $$,
    $$ values ('THERE', 'operator') $$,
    'also where no other tariff applies'
);

-- Who reads it ---------------------------------------------------------------------------------

select tests.act_as('greenway.customer');
select throws_ok(
    $$ select from core.session_tariffs $$, '42501', null, 'nobody reads the table'
);
select tests.act_as('greenway.operator');
select throws_ok(
    $$ update api.session_tariffs set place = 'operator' $$, '42501', null,
    'and nobody writes it by hand'
);

select * from finish();
rollback;
