-- Sites, charge points, EVSEs, connectors and groups: who reads and writes which rows.
begin;
select plan(47);

create function pg_temp.visible(p_view text)
returns bigint[]
language plpgsql
as $$
declare
    v_ids bigint[];
begin
    execute format('select array_agg(v.id order by v.id) from api.%I as v', p_view) into v_ids;
    return v_ids;
end;
$$;
grant execute on function pg_temp.visible(text) to public;

-- Reading ----------------------------------------------------------------------------------

select tests.act_as('greenway.viewer');
select is(pg_temp.visible('sites'), '{1001}', 'staff see their tenant''s sites');
select is(pg_temp.visible('charge_points'), '{1001,1002}', 'its charge points');
select is(pg_temp.visible('evses'), '{1001,1002}', 'its EVSEs');
select is(pg_temp.visible('connectors'), '{1001,1002}', 'its connectors');
select is(pg_temp.visible('charge_point_groups'), '{1001}', 'its groups');
select is(pg_temp.visible('charge_point_keys'), '{1001}', 'its keys, without what opens');
select set_eq(
    $$ select m.charge_point_group_id, m.charge_point_id
       from api.charge_point_group_members as m $$,
    $$ values (1001::bigint, 1001::bigint) $$, 'and who is in which group'
);
select tests.act_as('greenway.both');
select is(pg_temp.visible('charge_points'), '{1001,1002}', 'a person of two tenants acts in one');
select tests.act_as('bluecharge.platform_admin');
select is(pg_temp.visible('sites'), '{1001,2001}', 'the platform sees all sites');
select is(
    pg_temp.visible('charge_points'), '{1001,1002,2001,2002}', 'and all charge points'
);
select tests.act_as('greenway.customer');
select is(pg_temp.visible('sites'), null, 'a driver sees no site');
select is(
    pg_temp.visible('charge_points'), null, 'and no charge point, so never an identity'
);
select is(pg_temp.visible('evses'), null, 'no EVSE');
select is(pg_temp.visible('connectors'), null, 'no connector');
select is_empty(
    $$ select * from api.charge_points $$, 'asking for all columns is empty and not an error'
);
select throws_ok(
    $$ select from api.charge_point_keys $$, '42501', null, 'a driver does not ask for keys'
);
select tests.act_as_anonymous();
select throws_ok(
    $$ select from api.charge_points $$, '42501', null, 'without a token nobody reads anything'
);

-- Presence ---------------------------------------------------------------------------------

select tests.act_as('greenway.support');
select results_eq(
    $$ select c.id, c.is_online, c.last_seen_at is not null, c.connected_since is not null,
           jsonb_array_length(c.connectors_status)
       from api.charge_points as c order by c.id $$,
    $$ values (1001::bigint, true, true, true, 1), (1002, false, false, false, 1) $$,
    'a charge point says whether it is there'
);
select tests.act_as_owner();
update core.connectors set status = 'Faulted', error_code = 'GroundFailure', status_at = now()
where tenant_id = 101 and id = 1001;
update ops.presence set last_seen_at = now() - interval '2 hours' where charge_point_id = 1001;
select tests.act_as('greenway.support');
select results_eq(
    $$ select c.is_online, c.connectors_status #>> '{0,status}',
           c.connectors_status #>> '{0,error_code}', c.connectors_status #>> '{0,connector_id}'
       from api.charge_points as c where c.id = 1001 $$,
    $$ values (false, 'Faulted', 'GroundFailure', '1') $$,
    'silent for two heartbeats it is not, and its connectors say what is wrong'
);

-- Writing ----------------------------------------------------------------------------------

select throws_ok(
    $$ insert into api.sites (name, country_code, time_zone) values ('A', 'DE', 'UTC') $$,
    'PT403', 'your role lacks the permission sites.write', 'support adds no site'
);
select throws_ok(
    $$ update api.sites set name = 'A' $$, 'PT403', null, 'and changes none'
);
select throws_ok($$ delete from api.sites $$, 'PT403', null, 'and deletes none');
select throws_ok(
    $$ update api.charge_points set name = 'A' $$, 'PT403', null, 'nor a charge point'
);
select tests.act_as('greenway.customer');
select throws_ok(
    $$ update api.charge_points set name = 'A' $$, '42501', null, 'nor does a driver'
);

select tests.act_as('greenway.operator');
select results_eq(
    $$ insert into api.sites (name, country_code, time_zone) values ('New', 'DE', 'Europe/Berlin')
       returning tenant_id, is_public $$,
    $$ values (101::bigint, true) $$, 'what an operator adds is the tenant''s'
);
select throws_ok(
    $$ insert into api.sites (tenant_id, name, country_code, time_zone)
       values (102, 'New', 'NL', 'UTC') $$,
    '42501', null, 'and not another''s'
);
select throws_ok(
    $$ update api.sites set tenant_id = 102 $$, '42501', null, 'nothing moves between tenants'
);
select results_eq(
    $$ update api.charge_points set name = 'Mine' returning id $$, array[1001::bigint, 1002],
    'an update reaches the tenant''s rows only'
);
select is_empty(
    $$ update api.charge_points set name = 'Mine' where id = 2001 returning id $$,
    'another tenant''s row is not there to be changed'
);
select is_empty(
    $$ delete from api.charge_point_group_members where charge_point_id = 2001 returning 1 $$,
    'or to be deleted'
);
select throws_ok(
    $$ insert into api.charge_points (identity, site_id) values ('X-1', 2001) $$, '23503', null,
    'a charge point does not stand at another tenant''s site'
);
select throws_ok(
    $$ update api.charge_points set vendor = 'Me' where id = 1001 $$, '42501', null,
    'what a charger says of itself is not edited'
);
select throws_ok(
    $$ update api.charge_points set is_online = true where id = 1001 $$, '0A000', null,
    'nor whether it is there'
);
select throws_ok(
    $$ update api.connectors set status = 'Available' where id = 1001 $$, '42501', null,
    'nor the state of a connector'
);
select throws_ok(
    $$ insert into api.connectors (charge_point_id, evse_id, connector_no, ocpp16_connector_id)
       values (1001, 1002, 2, 2) $$,
    '23503', null, 'a connector is part of an EVSE of its own charge point'
);
select lives_ok(
    $$ insert into api.connectors (charge_point_id, evse_id, connector_no, ocpp16_connector_id)
       values (1001, 1001, 2, 2) $$,
    'which it then is'
);
select throws_ok(
    $$ delete from api.charge_points where id = 1001 $$, '23503', null,
    'a charge point with sessions is not deleted'
);
select results_eq(
    $$ update api.charge_points set is_enabled = false where id = 1001 returning is_enabled $$,
    array[false], 'it is switched off'
);
select throws_ok(
    $$ delete from api.sites where id = 1001 $$, '23503', null,
    'a site with charge points is not deleted'
);
select lives_ok(
    $$ insert into api.charge_point_group_members (charge_point_group_id, charge_point_id)
       values (1001, 1002) $$,
    'a charge point joins a group'
);
select throws_ok(
    $$ insert into api.charge_point_group_members (charge_point_group_id, charge_point_id)
       values (1001, 2001) $$,
    '23503', null, 'of its own tenant'
);
select lives_ok(
    $$ with c as (insert into api.charge_points (identity) values ('GONE-1') returning id)
       insert into api.evses (charge_point_id, evse_no) select c.id, 1 from c $$,
    'a charge point that never charged'
);
select results_eq(
    $$ delete from api.charge_points where identity = 'GONE-1' returning identity $$,
    array['GONE-1'], 'is deleted with its parts'
);

select tests.act_as('greenway.platform_admin');
select results_eq(
    $$ insert into api.charge_points (tenant_id, identity) values (102, 'BC-CP-3')
       returning tenant_id $$,
    array[102::bigint], 'the platform writes in any tenant'
);
select results_eq(
    $$ update api.sites set city = 'Utrecht' where id = 2001 returning city $$, array['Utrecht'],
    'and changes what is there'
);

-- What is kept about it --------------------------------------------------------------------

select tests.act_as_owner();
select set_eq(
    $$ select a.operation, a.user_id, a.old_values ->> 'is_enabled' as before,
           a.new_values ->> 'is_enabled' as after
       from core.audit_log as a
       where a.table_name = 'core.charge_points' and a.row_key ->> 'id' = '1001'
           and a.new_values ? 'is_enabled' and a.operation = 'update' $$,
    $$ values ('update', tests.user_id_of('greenway.operator'), 'true', 'false') $$,
    'the audit says who switched it off'
);
select is_empty(
    $$ select from core.audit_log as a
       where a.table_name = 'core.connectors' and a.new_values ->> 'status' = 'Faulted' $$,
    'and nothing of states that chargers report'
);

select * from finish();
rollback;
