-- Certificates of chargers: requests, the rules for them, what is signed, registered, revoked;
-- and the root certificates that chargers have.
begin;
select plan(69);
select tests.act_as_owner();
delete from ops.commands;
delete from core.alarms;
delete from core.certificate_requests;
delete from core.charge_point_certificates;
delete from core.installed_certificates;
update core.tenants as t set cpo_name = 'Greenway' where t.id = 101;
update core.charge_points as c set serial_number = 'SN-1' where c.id in (1001, 2001);

create function pg_temp.request(p_body text) returns text language sql immutable as $$
    select e'-----BEGIN CERTIFICATE REQUEST-----\n' || p_body
        || e'\n-----END CERTIFICATE REQUEST-----\n'
$$;
create function pg_temp.ask(p_csr text, p_charge_point_id bigint default 1001) returns text
language sql as $$
    select tests.call(
        'SignCertificate', jsonb_build_object('csr', p_csr), p_charge_point_id
    ) ->> 'status'
$$;
-- Certificates for SN-1 and SN-2 of O=Greenway, 2020 to 2120.
create function pg_temp.certificate(p_number integer) returns text language sql immutable as $$
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

-- Asking ------------------------------------------------------------------------------------------

select is(pg_temp.ask(v.csr), 'Rejected', v.description)
from (
    values
        ('', 'nothing is no request'),
        ('hello', 'nor is text'),
        (pg_temp.request('no base64!'), 'nor what is no base64'),
        (pg_temp.certificate(1), 'nor a certificate'),
        (pg_temp.request(repeat('A', 10000)), 'nor one that is longer than any')
) as v (csr, description);
select throws_ok(
    $$ select tests.call('SignCertificate', '{}') $$, 'OCPP1', null, 'without one it is an error'
);
select is_empty($$ select from core.certificate_requests $$, 'nothing of that is kept');
select is(pg_temp.ask(pg_temp.request('AAAA')), 'Accepted', 'a request is accepted at once');
select is(
    pg_temp.ask(replace(pg_temp.request('AAAA'), e'\n', '\n')), 'Accepted',
    'the same again, with its lines escaped twice'
);
select results_eq(
    $$ select r.tenant_id, r.charge_point_id, r.state, r.csr, r.next_attempt_at > now()
       from core.certificate_requests as r $$,
    $$ values (
        101::bigint, 1001::bigint, 'pending', btrim(pg_temp.request('AAAA'), e'\n'), true
    ) $$,
    'is one request, not due before the charger has its answer'
);
select is(
    pg_temp.ask(e'-----BEGIN NEW CERTIFICATE REQUEST-----\r\nBBBB\r\n'
        '-----END NEW CERTIFICATE REQUEST-----'), 'Accepted', 'another one, the old way'
);
select results_eq(
    $$ select r.state, r.reason, r.decided_at is null
       from core.certificate_requests as r order by r.id $$,
    $$ values ('refused', 'replaced', false), ('pending', null, true) $$,
    'takes the place of the one that waits'
);
update ops.settings as s set value = '3' where s.name = 'fleet.max_certificate_requests';
select is(pg_temp.ask(pg_temp.request('CCCC')), 'Accepted', 'so many a day');
select is(pg_temp.ask(pg_temp.request('DDDD')), 'Rejected', 'and no more');
select is(
    (select a.kind from core.alarms as a where a.charge_point_id = 1001),
    'certificate_requests_too_many', 'which an alarm says'
);
select is(pg_temp.ask(pg_temp.request('DDDD'), 2001), 'Accepted', 'another charger has its own');

-- Taking --------------------------------------------------------------------------------------

select tests.act_as_login('jobs');
select is_empty($$ select from jobs.take_certificate_requests(10) $$, 'nothing is due yet');
select tests.act_as_owner();
update core.certificate_requests as r set next_attempt_at = now() where r.state = 'pending';
select tests.act_as_login('jobs');
select results_eq(
    $$ select t.tenant_id, t.csr like '%DDDD%' from jobs.take_certificate_requests(10) as t
       order by t.tenant_id $$,
    $$ values (101::bigint, false), (102, true) $$, 'then what is due is taken'
);
select is_empty($$ select from jobs.take_certificate_requests(10) $$, 'once');
select tests.act_as_owner();
select results_eq(
    $$ select r.attempts, r.next_attempt_at - now()
       from core.certificate_requests as r where r.state = 'pending' $$,
    $$ values (1, interval '30 seconds'), (1, interval '30 seconds') $$,
    'and is due again in a while, should the runner die'
);
update core.certificate_requests as r set attempts = 20, next_attempt_at = now()
where r.tenant_id = 102;
select is(
    (select count(*) from jobs.take_certificate_requests(10)), 1::bigint, 'after many attempts'
);
select is(
    (
        select r.next_attempt_at - now() from core.certificate_requests as r
        where r.tenant_id = 102
    ), interval '1 hour', 'in an hour at most'
);

-- Rules ------------------------------------------------------------------------------------------

create function pg_temp.judge(p_facts jsonb, p_tenant_id bigint default 101) returns jsonb
language sql as $$
    select jobs.judge_certificate_request(
        p_tenant_id, r.id,
        '{"is_readable": true, "has_valid_signature": true, "key_type": "EC", "key_bits": 256,
          "common_names": ["SN-1"], "organizations": ["Greenway"]}' || p_facts
    )
    from core.certificate_requests as r where r.tenant_id = p_tenant_id
    order by r.id desc limit 1
$$;
select is(
    pg_temp.judge(v.facts),
    '{"is_accepted": true, "common_name": "SN-1", "organization": "Greenway", "days": 730}',
    v.description
)
from (
    values
        ('{}'::jsonb, 'a request of this charger is signed'),
        ('{"key_type": "RSA", "key_bits": 2048}', 'with an RSA key of 2048 bits as well'),
        ('{"key_type": "EC", "key_bits": 224}', 'and an EC key of 224')
) as v (facts, description);
create function pg_temp.refusal(p_facts jsonb, p_tenant_id bigint default 101) returns text
language plpgsql as $$
declare
    v_answer jsonb;
begin
    v_answer := pg_temp.judge(p_facts, p_tenant_id);
    -- As if it had not been.
    update core.certificate_requests as r set state = 'pending', decided_at = null
    where r.tenant_id = p_tenant_id and r.reason = v_answer ->> 'reason';
    return v_answer ->> 'reason';
end;
$$;
select is(pg_temp.refusal(v.facts), v.reason, format('%s: %s', v.reason, v.facts))
from (
    values
        ('{"is_readable": false}'::jsonb, 'unreadable'),
        ('{"has_valid_signature": false}', 'signature_invalid'),
        ('{"key_type": "Ed25519PublicKey"}', 'key_type'),
        ('{"key_type": null}', 'key_type'),
        ('{"key_type": "RSA", "key_bits": 2047}', 'key_too_short'),
        ('{"key_type": "EC", "key_bits": 192}', 'key_too_short'),
        ('{"key_bits": null}', 'key_too_short'),
        ('{"common_names": ["SN-2"]}', 'serial_number_wrong'),
        ('{"common_names": []}', 'serial_number_wrong'),
        ('{"common_names": ["SN-1", "SN-2"]}', 'serial_number_wrong'),
        ('{"organizations": ["Bluecharge"]}', 'organization_wrong'),
        ('{"organizations": []}', 'organization_wrong')
) as v (facts, reason);
select is(pg_temp.refusal('null'), 'unreadable', 'nothing is known: unreadable');
update core.charge_points as c set serial_number = '192.0.2.1' where c.id = 1001;
select is(
    pg_temp.refusal('{"common_names": ["192.0.2.1"]}'), 'serial_number_wrong',
    'an address is no serial number'
);
update core.charge_points as c set serial_number = null where c.id = 1001;
select is(
    pg_temp.refusal('{"common_names": [null]}'), 'serial_number_unknown',
    'a charger that has not said its serial number waits for that'
);
update core.charge_points as c set serial_number = 'SN-1' where c.id = 1001;
update core.tenants as t set cpo_name = null where t.id = 102;
select is(
    pg_temp.judge('{"organizations": ["Bluecharge"]}', 102) ->> 'organization', 'Bluecharge',
    'without a cpo_name O is the name of the tenant'
);
select results_eq(
    $$ select a.severity, a.occurrences from core.alarms as a
       where a.kind = 'certificate_request_refused' and a.charge_point_id = 1001 $$,
    $$ values ('warning', 15::bigint) $$, 'each refusal raises the alarm'
);

-- Signed -----------------------------------------------------------------------------------------

create function pg_temp.pending(p_tenant_id bigint default 101) returns bigint language sql as $$
    select r.id from core.certificate_requests as r
    where r.tenant_id = p_tenant_id and r.state = 'pending'
$$;
select is(
    jobs.finish_certificate_request(101, pg_temp.pending(), null, 'connection refused'),
    'pending', 'when the authority fails the request stays due'
);
select results_eq(
    $$ select a.tenant_id, a.charge_point_id, a.severity, a.details ->> 'error'
       from core.alarms as a where a.kind = 'certificate_authority' and a.cleared_at is null $$,
    $$ values (101::bigint, null::bigint, 'warning', 'connection refused') $$,
    'and the tenant has an alarm'
);
select throws_ok(
    $$ select jobs.finish_certificate_request(101, pg_temp.pending(), 'hello', null) $$, 'PT400',
    'the text is no certificate', 'what is no certificate is not sent'
);
select is(
    jobs.finish_certificate_request(101, pg_temp.pending(), pg_temp.certificate(1), null),
    'signed', 'what is signed'
);
select results_eq(
    $$ select c.charge_point_id, c.action, c.payload ->> 'certificateChain', c.state,
           c.requested_via, r.command_id = c.id
       from ops.commands as c
       inner join core.certificate_requests as r on r.tenant_id = 101 and r.state = 'signed' $$,
    $$ values (1001::bigint, 'CertificateSigned', pg_temp.certificate(1), 'queued', 'system',
        true) $$,
    'goes to the charger'
);
select results_eq(
    $$ select c.tenant_id, c.charge_point_id, c.serial_number, c.subject_common_name,
           c.subject_organization, c.not_after, c.certificate_request_id is not null
       from core.charge_point_certificates as c $$,
    $$ values (101::bigint, 1001::bigint, 'A1B2C3', 'SN-1', 'Greenway',
        timestamptz '2120-01-01 00:00:00Z', true) $$, 'and is the charger''s'
);
select is_empty(
    $$ select from core.alarms as a
       where a.kind = 'certificate_authority' and a.cleared_at is null $$,
    'the authority works again'
);
select throws_ok(
    format(
        'select jobs.finish_certificate_request(101, %s, null, null)',
        (select max(r.id) from core.certificate_requests as r where r.tenant_id = 101)
    ), 'PT404', null, 'a request is finished once'
);
update ops.settings as s set value = '1' where s.name = 'fleet.max_signing_attempts';
select is(
    jobs.finish_certificate_request(102, pg_temp.pending(102), null, 'gone for good'), 'failed',
    'after so many failures it is given up'
);
select is(pg_temp.ask(pg_temp.request('EEEE'), 2001), 'Accepted', 'a new one');
insert into core.configuration_keys (tenant_id, charge_point_id, key, value, reported_at)
values (102, 2001, 'CertificateSignedMaxChainSize', '100', now());
select is(
    jobs.finish_certificate_request(102, pg_temp.pending(102), pg_temp.certificate(2), null),
    'failed', 'that is longer than the charger takes fails'
);
select is(
    (
        select r.reason from core.certificate_requests as r
        where r.tenant_id = 102 order by r.id desc limit 1
    ), 'chain_too_long', 'and says so'
);
delete from core.configuration_keys as k where k.charge_point_id = 2001;
update core.charge_points as c set is_enabled = false where c.id = 2001;
select is(pg_temp.ask(pg_temp.request('FFFF'), 2001), 'Accepted', 'one of a disabled charger');
select is(
    jobs.finish_certificate_request(102, pg_temp.pending(102), pg_temp.certificate(2), null),
    'failed', 'cannot be sent'
);

-- The charger's answer ----------------------------------------------------------------------------

create function pg_temp.finish(p_hook text, p_state text, p_payload jsonb, p_result jsonb)
returns void
language plpgsql
as $$
declare
    v_command ops.commands;
begin
    select c.* into v_command from ops.commands as c where c.charge_point_id = 1001
    order by c.id desc limit 1;
    v_command.state := p_state;
    execute format('select ocpp16.finished_%s($1, $2, $3)', p_hook)
    using v_command, p_payload, p_result;
end;
$$;
select pg_temp.finish('certificate_signed', s.state, '{}', null)
from unnest('{rejected,unknown,error}'::text[]) as s (state);
select results_eq(
    $$ select a.occurrences, a.cleared_at is null from core.alarms as a
       where a.kind = 'certificate_rejected' $$,
    $$ values (2::bigint, true) $$, 'a charger that does not take it raises an alarm'
);
select pg_temp.finish('certificate_signed', 'accepted', '{}', '{"status": "Accepted"}');
select is(
    (select a.cleared_at from core.alarms as a where a.kind = 'certificate_rejected'), now(),
    'until it does'
);

-- Root certificates --------------------------------------------------------------------------

create function pg_temp.report(p_result jsonb, p_type text default 'CentralSystemRootCertificate')
returns text
language plpgsql
as $$
begin
    perform pg_temp.finish(
        'get_installed_certificate_ids', 'accepted',
        jsonb_build_object('certificateType', p_type), p_result
    );
    return (
        select string_agg(
            concat_ws('/', left(i.certificate_type, 1), i.hash_algorithm, i.issuer_name_hash,
                i.issuer_key_hash, i.serial_number), ' ' order by i.id
        )
        from core.installed_certificates as i where i.charge_point_id = 1001
    );
end;
$$;
select is(
    pg_temp.report('{"status": "Accepted", "certificateHashData": [
        {"hashAlgorithm": "SHA256", "issuerNameHash": "AA", "issuerKeyHash": "BB",
         "serialNumber": "1f"}, 7, {"hashAlgorithm": "MD5"}, {},
        {"hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb",
         "serialNumber": "1F"}]}'),
    'C/SHA256/aa/bb/1F', 'what the charger lists and can be read is kept, each once'
);
select is(
    pg_temp.report(
        '{"status": "Accepted", "certificateHashData": {"hashAlgorithm": "sha512",
        "issuerNameHash": "CC", "issuerKeyHash": "DD", "serialNumber": 2}}',
        'ManufacturerRootCertificate'
    ), 'C/SHA256/aa/bb/1F M/SHA512/cc/dd/2', 'by type, one without a list as well'
);
select is(
    pg_temp.report(v.result), 'C/SHA256/aa/bb/1F M/SHA512/cc/dd/2', 'no answer changes nothing'
)
from (values (null::jsonb), ('{}'), ('[]'), ('7'), ('{"status": {"a": 1}}')) as v (result);
select pg_temp.finish(
    'delete_certificate', s.state, '{"certificateHashData": {"hashAlgorithm": "SHA256",
    "issuerNameHash": "Aa", "issuerKeyHash": "bB", "serialNumber": "1f"}}', s.result
)
from (
    values ('rejected', '{"status": "Failed"}'::jsonb), ('unknown', null), ('error', '[]')
) as s (state, result);
select is(
    (select count(*) from core.installed_certificates), 2::bigint, 'what was not deleted is there'
);
select pg_temp.finish(
    'delete_certificate', 'rejected', '{"certificateHashData": {"hashAlgorithm": "SHA256",
    "issuerNameHash": "Aa", "issuerKeyHash": "bB", "serialNumber": "1f"}}',
    '{"status": "NotFound"}'
);
select is(
    (select i.certificate_type from core.installed_certificates as i),
    'ManufacturerRootCertificate', 'what the charger does not find is forgotten'
);
select is(
    pg_temp.report('{"status": "NotFound"}', 'ManufacturerRootCertificate'), null,
    'and so is everything when it has none'
);
select pg_temp.finish(
    'install_certificate', 'accepted', '{"certificateType": "CentralSystemRootCertificate"}', null
);
select is(
    (select c.payload from ops.commands as c where c.action = 'GetInstalledCertificateIds'),
    '{"certificateType": "CentralSystemRootCertificate"}',
    'a charger that installed one is asked what it has'
);

select * from finish();
rollback;
