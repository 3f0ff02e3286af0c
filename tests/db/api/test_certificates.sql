-- Certificates through the API: who sees, registers and revokes them, what is sent to chargers.
begin;
select plan(37);
select tests.act_as_owner();
delete from ops.commands;
create function pg_temp.pem(p_number integer) returns text language sql immutable as $$
    select e'-----BEGIN CERTIFICATE-----\n'
        || case p_number
            when 1 then
'MIIBOTCB4KADAgECAgQAobLDMAoGCCqGSM49BAMCMCYxDjAMBgNVBAoMBU1ha2Vy
MRQwEgYDVQQDDAtNYWtlciwgcm9vdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEw
MTAwMDAwMFowIjERMA8GA1UECgwIR3JlZW53YXkxDTALBgNVBAMMBFNOLTEwWTAT
BgcqhkjOPQIBBggqhkjOPQMBBwNCAARXlFgnosuttwuYiyj2jffeN8ZGSn4ZTWa/
RQMmBDruIdYHurLyunGeSwiEdLbE8/xJGsU5bmPYvM0n90TW7upZMAoGCCqGSM49
BAMCA0gAMEUCIQDj0V/UD8WrCcBsN6l0eibIIzQH6B8cmkZrbAdSUA9BYgIgCsfA
sycS8kDwAK+CRFN/RxM6slEndhlX1SSB2w/RtC0='
            else
'MIIBODCB4KADAgECAgQAobLDMAoGCCqGSM49BAMCMCYxDjAMBgNVBAoMBU1ha2Vy
MRQwEgYDVQQDDAtNYWtlciwgcm9vdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEw
MTAwMDAwMFowIjERMA8GA1UECgwIR3JlZW53YXkxDTALBgNVBAMMBFNOLTIwWTAT
BgcqhkjOPQIBBggqhkjOPQMBBwNCAASJ4ty6IXqrFUM7rntxYHnhO6MG8hHfOS0r
ILr0EeEHp9JaAdtW/OC34sOe5YtP1nhJAitFDyexgEGDF7YILAg7MAoGCCqGSM49
BAMCA0cAMEQCIGQ3yerQiLPma9dPCdQ7VL1pN0Y6ylzJrdsvRfjIAhljAiBcseG6
j6px+y5xtP9GmAgKs6gGub4LgstX4bcTwavshw=='
        end || e'\n-----END CERTIFICATE-----\n'
$$;
grant execute on function pg_temp.pem(integer) to public;

-- Who may ------------------------------------------------------------------------------------

create function pg_temp.calls() returns setof text language sql immutable as $$
    values
        ($c$ select api.register_charge_point_certificate('GW-CP-1', pg_temp.pem(1)) $c$),
        ($c$ select api.revoke_charge_point_certificate(1001) $c$),
        ($c$ select api.install_certificate('CentralSystemRootCertificate', pg_temp.pem(1),
            'GW-CP-1') $c$),
        ($c$ select api.delete_certificate('SHA256', 'aa', 'bb', '1', 'GW-CP-1') $c$),
        ($c$ select api.get_installed_certificate_ids('ManufacturerRootCertificate',
            'GW-CP-1') $c$),
        ($c$ select api.certificate_signed(pg_temp.pem(1), 'GW-CP-1') $c$)
$$;
grant execute on function pg_temp.calls() to public;
select tests.act_as('greenway.operator');
select throws_ok(
    c.call, 'PT403', 'your role lacks the permission security.write',
    'an operator may not:' || c.call
)
from pg_temp.calls() as c (call);
select tests.act_as('greenway.customer');
select throws_ok(c.call, '42501', null, 'a driver may not:' || c.call)
from pg_temp.calls() as c (call);
select tests.act_as('bluecharge.admin');
select throws_ok(c.call, 'PT404', null, 'another tenant may not:' || c.call)
from pg_temp.calls() as c (call);
select tests.act_as('greenway.viewer');
select set_eq(
    $$ select c.id from api.charge_point_certificates as c $$, array[1001::bigint],
    'staff see their tenant''s certificates'
);
select set_eq(
    $$ select c.id from api.certificate_requests as c $$, array[1001::bigint], 'its requests'
);
select set_eq(
    $$ select c.charge_point_id from api.installed_certificates as c $$, array[1001::bigint],
    'and its chargers'' roots'
);

-- Registering and revoking ---------------------------------------------------------------------

select tests.act_as('greenway.admin');
select throws_ok(
    $$ select api.register_charge_point_certificate('GW-CP-1', 'hello') $$, 'PT400',
    'the text is no certificate', 'what is none cannot be registered'
);
select results_eq(
    $$ select c.charge_point_id, c.subject_common_name, c.serial_number, c.issuer, c.revoked_at,
           encode(c.fingerprint_sha256, 'hex') = encode(sha256(decode(
               split_part(replace(pg_temp.pem(1), e'\n', ''), '-----', 3), 'base64')), 'hex')
       from api.register_charge_point_certificate('gw-cp-1', pg_temp.pem(1)) as c $$,
    $$ values (1001::bigint, 'SN-1', 'A1B2C3', 'CN=Maker\, root,O=Maker', null::timestamptz,
        true) $$, 'one is, and is shown'
);
select is(
    (
        select count(*)
        from api.register_charge_point_certificate('GW-CP-1', pg_temp.pem(1)) as c
    ), 1::bigint, 'twice is no error'
);
select throws_ok(
    $$ select api.register_charge_point_certificate('GW-CP-2', pg_temp.pem(1)) $$, 'PT409',
    'the certificate is another charge point''s', 'for another charger it is one'
);
select tests.act_as('bluecharge.admin');
select throws_ok(
    $$ select api.register_charge_point_certificate('BC-CP-1', pg_temp.pem(1)) $$, 'PT409', null,
    'for another tenant''s, too'
);
select tests.act_as('greenway.admin');
select is(
    (select c.revoked_at from api.revoke_charge_point_certificate(1001) as c), now(),
    'a certificate is revoked'
);
select lives_ok(
    $$ select api.revoke_charge_point_certificate(1001) $$, 'twice is no error'
);
select tests.act_as('greenway.platform_admin');
select is(
    (select c.tenant_id from api.revoke_charge_point_certificate(2001) as c), 102::bigint,
    'the platform revokes any'
);
select tests.act_as('greenway.admin');
select is(
    (
        select c.tenant_id || ' ' || c.charge_point_id
        from api.charge_point_certificates as c where c.revoked_at is not null
    ), '101 1001', 'each sees its own'
);

-- Commands --------------------------------------------------------------------------------------

select results_eq(
    $$ select c.action, c.payload, c.state
       from api.install_certificate('CentralSystemRootCertificate', pg_temp.pem(2), 'GW-CP-1')
           as c $$,
    $$ values ('InstallCertificate', jsonb_build_object('certificateType',
        'CentralSystemRootCertificate', 'certificate', pg_temp.pem(2)), 'queued') $$,
    'a root goes to a charger'
);
select throws_ok(
    $$ select api.install_certificate('CentralSystemRootCertificate', 'hello', 'GW-CP-1') $$,
    'PT400', 'the text is no certificate', 'a text that is none does not'
);
select throws_ok(
    $$ select api.install_certificate('V2GRootCertificate', pg_temp.pem(2), 'GW-CP-1') $$,
    'PT400', 'the payload is no valid InstallCertificate', 'nor one for a use that is none'
);
select results_eq(
    $$ select c.action, c.payload
       from api.delete_certificate('SHA256', 'aa', 'bb', '1', charge_point_group => 'Fast')
           as c $$,
    $$ values ('DeleteCertificate', '{"certificateHashData": {"hashAlgorithm": "SHA256",
        "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "1"}}'::jsonb) $$,
    'one is deleted from a group'
);
select is(
    (
        select c.payload
        from api.get_installed_certificate_ids('ManufacturerRootCertificate', 'GW-CP-1') as c
    ), '{"certificateType": "ManufacturerRootCertificate"}', 'a charger is asked what it has'
);
select results_eq(
    $$ select c.action, c.payload
       from api.certificate_signed(pg_temp.pem(2), 'GW-CP-1') as c $$,
    $$ values ('CertificateSigned', jsonb_build_object('certificateChain', pg_temp.pem(2))) $$,
    'a certificate that was signed elsewhere is sent'
);
select set_eq(
    $$ select c.subject_common_name from api.charge_point_certificates as c
       where c.charge_point_id = 1001 and c.revoked_at is null $$, array['SN-1', 'SN-2'],
    'and is the charger''s then'
);

select * from finish();
rollback;
