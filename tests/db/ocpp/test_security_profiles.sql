-- Security profiles at the handshake: what each asks for, client certificates, raising a profile.
begin;
select plan(55);
select tests.act_as_owner();
delete from ops.connections;
delete from ops.presence;
delete from core.charge_point_keys;
delete from core.charge_point_certificates;
delete from core.alarms;
update core.tenants as t set cpo_name = 'Greenway' where t.id = 101;
insert into core.charge_point_keys (tenant_id, id, charge_point_id, key_hash)
overriding system value
values (101, 1, 1001, fleet.hash_charge_point_key('AAAAABBBBBCCCCCDDDDD'));
update core.charge_points as c set serial_number = 'SN-1' where c.id = 1001;
update core.charge_points as c set serial_number = 'SN-2', security_profile = 3 where c.id = 1002;
update core.charge_points as c set serial_number = 'SN-1', security_profile = 3 where c.id = 2001;

-- The refusal, or 'open'. By default the right key, a plain socket and no certificate.
create function pg_temp.knock(
    p_tls_version text default null,
    p_certificate jsonb default null,
    p_password bytea default 'AAAAABBBBBCCCCCDDDDD',
    p_identity text default 'GW-CP-1'
)
returns text
language sql
as $$
    select case when a.answer ->> 'status' = '401' then a.answer ->> 'reason'
        when a.answer ->> 'connection_id' is not null then 'open' else a.answer::text end
    from (
        select ocpp.open_connection(
            '00000000-0000-4000-b000-000000000001', array[p_identity],
            case when p_password is not null then p_identity end, p_password, '{ocpp1.6}',
            '192.0.2.1', p_tls_version, p_certificate, 'Charger/1'
        ) as answer
    ) as a
$$;
create function pg_temp.certificate(p_name text, p_more jsonb default '{}')
returns jsonb
language sql
as $$
    select jsonb_build_object(
        'fingerprint_sha256', encode(sha256(convert_to(p_name, 'UTF8')), 'hex'),
        'serial_number', '0A1B', 'common_name', 'SN-1', 'organization', 'Greenway',
        'issuer', 'CN=Test CA', 'not_before', '2020-01-01T00:00:00Z',
        'not_after', '2120-01-01T00:00:00Z'
    ) || p_more
$$;
create function pg_temp.flags(p_charge_point_id bigint) returns text[] language sql as $$
    select c.flags from ops.connections as c
    where c.charge_point_id = p_charge_point_id and c.outcome = 'accepted'
    order by c.id desc limit 1
$$;
grant execute on function pg_temp.knock(text, jsonb, bytea, text) to bridge;
grant execute on function pg_temp.certificate(text, jsonb) to bridge;

-- Profile 1 -------------------------------------------------------------------------------------

select tests.act_as_login('bridge');
select is(pg_temp.knock('TLSv1.2'), 'open', 'Basic authentication over TLS is good for profile 1');
select tests.act_as_owner();
select is(pg_temp.flags(1001), '{more_than_profile}', 'as more than it asks, which the log says');
select results_eq(
    $$ select c.is_tls, c.tls_version, c.security_profile::integer
       from ops.connections as c where c.closed_at is null $$,
    $$ values (true, 'TLSv1.2', 1) $$, 'with the version of TLS'
);
select tests.act_as_login('bridge');
select is(
    pg_temp.knock('TLSv1.2', pg_temp.certificate('a'), null), 'no_credentials',
    'a certificate does not stand in for the key'
);
select is(pg_temp.knock(null, null, 'wrong'), 'wrong_key', 'a wrong key is wrong');

-- Profile 2 -------------------------------------------------------------------------------------

select tests.act_as_owner();
update core.charge_points as c set security_profile = 2 where c.id = 1001;
select tests.act_as_login('bridge');
select is(pg_temp.knock(), 'needs_tls', 'profile 2 is not served without TLS');
select is(pg_temp.knock('TLSv1.2'), 'open', 'it is with TLS');
select is(pg_temp.knock('TLSv1.3', null, 'wrong'), 'wrong_key', 'and the right key only');
select is(
    pg_temp.knock('TLSv1.3', pg_temp.certificate('a'), null), 'no_credentials',
    'a certificate alone is another profile'
);
select tests.act_as_owner();
select is(pg_temp.flags(1001), '{}', 'nothing is odd about that');

-- Profile 3 -------------------------------------------------------------------------------------

update core.charge_points as c set security_profile = 3 where c.id = 1001;
select tests.act_as_login('bridge');
select is(pg_temp.knock(), 'needs_tls', 'profile 3 is not served without TLS');
select is(
    pg_temp.knock('TLSv1.2'), 'needs_client_certificate', 'nor with a key instead of a certificate'
);
select is(
    pg_temp.knock('TLSv1.2', pg_temp.certificate('a', p.more), null), p.reason, p.description
)
from (
    values
        ('{"common_name": "SN-9"}'::jsonb, 'certificate_serial_number', 'CN is the serial number'),
        ('{"common_name": null}', 'certificate_serial_number', 'and not missing'),
        ('{"organization": "Bluecharge"}', 'certificate_organization', 'O is the operator'),
        ('{"organization": null}', 'certificate_organization', 'and not missing'),
        ('{"not_after": "2021-01-01T00:00:00Z"}', 'certificate_expired', 'one that has ended'),
        ('{"not_before": "2119-01-01T00:00:00Z"}', 'certificate_expired', 'or not begun is none'),
        ('{"not_after": null}', 'certificate_expired', 'as is one without an end')
) as p (more, reason, description);
select is(
    pg_temp.knock('TLSv1.2', pg_temp.certificate('a'), null, 'BC-CP-1'),
    'certificate_organization', 'another operator''s charger with that serial number is another'
);
select is(
    pg_temp.knock('TLSv1.2', pg_temp.certificate('a'), null, 'NOBODY'), 'unknown_charge_point',
    'a good certificate makes no unknown charger known'
);
select tests.act_as_owner();
select is_empty(
    $$ select from core.charge_point_certificates $$, 'what was refused is not recorded'
);
select results_eq(
    $$ select a.tenant_id, a.charge_point_id, a.kind, a.occurrences from core.alarms as a
       order by a.tenant_id $$,
    $$ values
        (101::bigint, 1001::bigint, 'certificate_refused', 7::bigint),
        (102, 2001, 'certificate_refused', 1) $$,
    'but raises an alarm'
);
select tests.act_as_login('bridge');
select is(
    pg_temp.knock('TLSv1.2', pg_temp.certificate('a'), null), 'open',
    'one that names its serial number and its operator opens'
);
select tests.act_as_owner();
select results_eq(
    $$ select c.tenant_id, c.charge_point_id, c.serial_number, c.subject_common_name,
           c.subject_organization, c.issuer, c.not_after, c.first_used_at is not null
       from core.charge_point_certificates as c $$,
    $$ values (101::bigint, 1001::bigint, '0A1B', 'SN-1', 'Greenway', 'CN=Test CA',
        timestamptz '2120-01-01 00:00:00Z', true) $$,
    'and is recorded'
);
select is(pg_temp.flags(1001), '{}', 'without a flag: no key is asked for');
update core.charge_points as c set serial_number = 'SN-changed' where c.id = 1001;
update core.charge_point_certificates as c set last_used_at = now() - interval '1 hour';
select tests.act_as_login('bridge');
select is(
    pg_temp.knock('TLSv1.2', pg_temp.certificate('a'), 'wrong'), 'open',
    'from then on it is the charger''s, whatever it says at boot and whatever key it sends'
);
select tests.act_as_owner();
select is(
    (select c.last_used_at from core.charge_point_certificates as c), now(), 'its use is noted'
);
select is((select count(*) from core.charge_point_certificates), 1::bigint, 'on the same row');
update core.charge_points as c set serial_number = 'SN-1' where c.id = 1002;
select tests.act_as_login('bridge');
select is(
    pg_temp.knock('TLSv1.2', pg_temp.certificate('a'), null, 'GW-CP-2'), 'certificate_of_another',
    'a certificate serves one charger'
);
select is(
    pg_temp.knock('TLSv1.2', pg_temp.certificate('b'), null, 'GW-CP-2'), 'open',
    'which has one of its own'
);
select tests.act_as_owner();
update core.charge_point_certificates as c set revoked_at = now()
where c.charge_point_id = 1001;
select tests.act_as_login('bridge');
select is(
    pg_temp.knock('TLSv1.2', pg_temp.certificate('a'), null), 'certificate_revoked',
    'a revoked one is refused, though the CA vouches for it'
);
select is(
    pg_temp.knock('TLSv1.2', pg_temp.certificate('a'), null, 'BC-CP-1'), 'certificate_of_another',
    'for everybody'
);
select tests.act_as_owner();
update core.charge_points as c set serial_number = null where c.id = 1001;
select tests.act_as_login('bridge');
select is(
    pg_temp.knock('TLSv1.2', pg_temp.certificate('c', '{"common_name": null}'), null),
    'certificate_serial_number', 'no name is not the same as no serial number'
);
select tests.act_as_owner();
update core.tenants as t set cpo_name = null where t.id = 102;
update core.charge_points as c set serial_number = 'SN-1' where c.id = 2001;
select tests.act_as_login('bridge');
select is(
    pg_temp.knock(
        'TLSv1.2', pg_temp.certificate('d', '{"organization": "Bluecharge"}'), null, 'BC-CP-1'
    ), 'open', 'without a name for certificates the tenant''s name counts'
);

-- Raising a profile -----------------------------------------------------------------------------

select tests.act_as_owner();
create function pg_temp.tell(p_profile integer, p_state text) returns void language sql as $$
    with told as (
        insert into ops.commands (
            tenant_id, charge_point_id, ocpp_version, action, payload, state, is_kept,
            expires_at, requested_via, sent_at, connection_id, finished_at
        )
        values (
            101, 1001, '1.6', 'ChangeConfiguration', '{}', p_state, true, now() + '1 day', 'api',
            case when p_state not in ('queued', 'cancelled') then now() end,
            case when p_state not in ('queued', 'cancelled') then 1 end,
            case when p_state not in ('queued', 'sent') then now() end
        )
        returning id
    )
    update core.charge_points as c
    set pending_security_profile = p_profile, security_command_id = told.id
    from told where c.id = 1001
$$;
update core.charge_points as c set security_profile = 1, serial_number = 'SN-1' where c.id = 1001;
select pg_temp.tell(2, 'accepted');
select tests.act_as_login('bridge');
select is(pg_temp.knock(), 'open', 'while a raise is pending the old profile is good');
select tests.act_as_owner();
select is(
    (select c.security_profile::integer from core.charge_points as c where c.id = 1001), 1,
    'and stays'
);
select tests.act_as_login('bridge');
select is(pg_temp.knock('TLSv1.2'), 'open', 'the new one opens');
select tests.act_as_owner();
select results_eq(
    $$ select c.security_profile::integer, c.pending_security_profile::integer,
           c.security_command_id
       from core.charge_points as c where c.id = 1001 $$,
    $$ values (2, null::integer, null::bigint) $$, 'and is the charger''s from then on'
);
select is(pg_temp.flags(1001), '{profile_raised}', 'the log says so');
select tests.act_as_login('bridge');
select is(pg_temp.knock(), 'needs_tls', 'the lower one is not accepted any more');

select tests.act_as_owner();
select pg_temp.tell(3, 'rejected');
select tests.act_as_login('bridge');
select is(
    pg_temp.knock('TLSv1.2', pg_temp.certificate('e'), null), 'no_credentials',
    'what the charger rejected is not raised'
);
select tests.act_as_owner();
select pg_temp.tell(3, 'queued');
select tests.act_as_login('bridge');
select is(
    pg_temp.knock('TLSv1.2', pg_temp.certificate('e'), null), 'no_credentials',
    'nor what it has not been told yet'
);
select tests.act_as_owner();
select pg_temp.tell(3, 'unknown');
select tests.act_as_login('bridge');
select is(
    pg_temp.knock('TLSv1.2', pg_temp.certificate('e', '{"common_name": "x"}'), null),
    'no_credentials', 'a raise takes everything that the new profile asks for'
);
select is(
    pg_temp.knock('TLSv1.2', pg_temp.certificate('e'), null), 'open',
    'a lost answer is made up for by connecting'
);
select tests.act_as_owner();
select is(
    (select c.security_profile::integer from core.charge_points as c where c.id = 1001), 3,
    'which raises the profile'
);
select pg_temp.tell(2, 'accepted');
select tests.act_as_login('bridge');
select is(
    pg_temp.knock('TLSv1.2'), 'needs_client_certificate', 'nothing said over OCPP lowers a profile'
);

-- Lowering by hand ------------------------------------------------------------------------------

select tests.act_as('greenway.operator');
select throws_ok(
    $$ update api.charge_points set security_profile = 2 where id = 1001 $$, 'PT403',
    'your role lacks the permission security.write', 'lowering takes a permission of its own'
);
select lives_ok(
    $$ update api.charge_points set security_profile = 3, name = 'x' where id = 1001 $$,
    'leaving it as it is does not'
);
select throws_ok(
    $$ insert into api.charge_points (identity, security_profile) values ('GW-OPEN', 0) $$,
    'PT403', null, 'nor is a charger without a key made without it'
);
select throws_ok(
    $$ update api.charge_points set quirks = '{"allows_old_tls": true}' where id = 1001 $$,
    'PT403', null, 'nor is one let use old TLS'
);
select lives_ok(
    $$ update api.charge_points set quirks = '{"settle_s": 5}' where id = 1001 $$,
    'other quirks do not take it'
);
select tests.act_as('greenway.admin');
select lives_ok(
    $$ update api.charge_points set quirks = '{"allows_old_tls": true}' where id = 1001 $$,
    'an administrator has it'
);
select results_eq(
    $$ update api.charge_points set security_profile = 1 where id = 1001
       returning security_profile::integer, pending_security_profile::integer $$,
    $$ values (1, null::integer) $$,
    'with it a person lowers the profile, which ends a raise under way'
);
select tests.act_as_owner();
select results_eq(
    $$ select l.actor, l.old_values -> 'security_profile', l.new_values -> 'security_profile'
       from core.audit_log as l
       where l.table_name = 'core.charge_points' and l.new_values ? 'security_profile'
           and l.actor in ('bridge', 'staff')
       order by l.id $$,
    $$ values
        ('bridge', '1'::jsonb, '2'::jsonb), ('bridge', '2', '3'), ('staff', '3', '1') $$,
    'the audit knows of every change'
);

select * from finish();
rollback;
