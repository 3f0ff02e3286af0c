-- A certificate outlives its charge point: nobody gets in as another by deleting their own.
begin;
select plan(15);
select tests.act_as_owner();
delete from core.charge_point_certificates;
delete from core.charge_point_keys;
-- The attacker's tenant calls itself as its victim does, and its charger says the serial number
-- of the victim's.
update core.tenants as t set cpo_name = null, name = 'Greenway' where t.id in (101, 102);
update core.charge_points as c set serial_number = 'SN-1', security_profile = 3 where c.id = 1001;
insert into core.charge_points (tenant_id, id, identity, security_profile, serial_number)
overriding system value
values
    (102, 2901, 'BC-THIEF', 3, 'SN-1'), (102, 2902, 'BC-OTHER', 3, 'SN-1'),
    (102, 2903, 'BC-SEEN', 3, 'SN-1');

create function pg_temp.certificate(p_name text) returns jsonb language sql as $$
    select jsonb_build_object(
        'fingerprint_sha256', encode(sha256(convert_to(p_name, 'UTF8')), 'hex'),
        'serial_number', '0A1B', 'common_name', 'SN-1', 'organization', 'Greenway',
        'issuer', 'CN=Voltaro RSA root', 'not_before', '2020-01-01T00:00:00Z',
        'not_after', '2120-01-01T00:00:00Z'
    )
$$;
-- The refusal, or 'open'.
create function pg_temp.knock(p_identity text, p_name text) returns text language sql as $$
    select case when a.answer ->> 'connection_id' is not null then 'open'
        else a.answer ->> 'reason' end
    from (
        select ocpp.open_connection(
            '00000000-0000-4000-b000-000000000001', array[p_identity], null, null, '{ocpp1.6}',
            '192.0.2.1', 'TLSv1.3', pg_temp.certificate(p_name), 'Charger/1'
        ) as answer
    ) as a
$$;
create function pg_temp.register(p_name text, p_charge_point_id bigint) returns boolean
language sql as $$
    select fleet.register_certificate(
        c.tenant_id, c.id, 'the text', pg_temp.certificate(p_name)
    ) is not null
    from core.charge_points as c where c.id = p_charge_point_id
$$;
create function pg_temp.owner_of(p_name text) returns table (tenant_id bigint, id bigint)
language sql as $$
    select c.tenant_id, c.charge_point_id from core.charge_point_certificates as c
    where c.fingerprint_sha256 = sha256(convert_to(p_name, 'UTF8'))
$$;

select ok(pg_temp.register('signed', 2901), 'a certificate is signed for the thief');
select ok(pg_temp.register('revoked', 2901), 'and another one');
update core.charge_point_certificates as c set revoked_at = now()
where c.fingerprint_sha256 = sha256('revoked');
select is(pg_temp.knock('BC-THIEF', 'signed'), 'open', 'the thief gets in with it');
select is(
    pg_temp.knock('GW-CP-1', 'signed'), 'certificate_of_another', 'as itself and nobody else'
);
select is(pg_temp.knock('BC-SEEN', 'seen'), 'open', 'one of a maker''s CA is seen');
select tests.act_as('bluecharge.admin');
delete from api.charge_points as c where c.id in (2901, 2903);
select tests.act_as_owner();
select is_empty(
    $$ select from core.charge_points as c where c.id = 2901 $$, 'the thief is deleted'
);
select results_eq(
    $$ select * from pg_temp.owner_of('signed') $$, $$ values (102::bigint, null::bigint) $$,
    'its certificate is not'
);
select is(
    pg_temp.knock('GW-CP-1', 'signed'), 'certificate_of_another', 'and still no way in for others'
);
select is(
    pg_temp.knock('GW-CP-1', 'revoked'), 'certificate_of_another', 'nor is one that was revoked'
);
select is(
    pg_temp.knock('BC-OTHER', 'seen'), 'open',
    'what was only seen, and its maker vouches for, is as good as new'
);
select results_eq(
    $$ select * from pg_temp.owner_of('seen') $$, $$ values (102::bigint, 2902::bigint) $$,
    'and has a new owner'
);
select is(pg_temp.knock('GW-CP-1', 'seen'), 'certificate_of_another', 'alone');
select throws_ok(
    $$ select pg_temp.register('revoked', 1001) $$, 'PT409', null,
    'a revoked one is nobody''s again'
);
select ok(pg_temp.register('signed', 1001), 'another one is when somebody vouches for it');
select is(pg_temp.knock('GW-CP-1', 'signed'), 'open', 'and then opens');

select * from finish();
rollback;
