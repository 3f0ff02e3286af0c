-- The alarm before a certificate ends: when it is raised, when it gets worse, when it clears.
begin;
select plan(9);
select tests.act_as_owner();
delete from core.alarms;
delete from core.charge_point_certificates;
update core.charge_points as c set security_profile = 3 where c.id in (1001, 2001);

create function pg_temp.give(p_tenant_id bigint, p_charge_point_id bigint, p_for interval)
returns void
language sql
as $$
    insert into core.charge_point_certificates (
        tenant_id, charge_point_id, fingerprint_sha256, serial_number, subject_common_name,
        issuer, not_before, not_after
    )
    values (
        p_tenant_id, p_charge_point_id, sha256(convert_to(p_charge_point_id || p_for::text, 'UTF8')),
        '1', 'x', 'CN=x', now() - interval '1 year', now() + p_for
    )
$$;
create function pg_temp.open_alarms() returns setof text language sql as $$
    select concat_ws(' ', a.charge_point_id, a.kind, a.severity, a.occurrences)
    from core.alarms as a where a.cleared_at is null order by a.charge_point_id
$$;

select pg_temp.give(101, 1001, '29 days');
select pg_temp.give(101, 1002, '1 day');
select pg_temp.give(102, 2001, '31 days');
select tests.act_as_login('jobs');
select is(jobs.check_certificates(), '1 alarms raised', 'a certificate that ends soon alarms');
select tests.act_as_owner();
select results_eq(
    'select pg_temp.open_alarms()', array['1001 certificate_expiring warning 1'],
    'for a charger that connects with one'
);
select is(jobs.check_certificates(), '', 'it alarms once');
update core.charge_point_certificates as c set not_after = now() - interval '1 hour'
where c.charge_point_id = 1001;
select is(jobs.check_certificates(), '1 alarms raised', 'and again when it has ended');
select is(jobs.check_certificates(), '', 'once');
select results_eq(
    'select pg_temp.open_alarms()', array['1001 certificate_expiring critical 2'],
    'which is worse'
);
select pg_temp.give(101, 1001, '1 year');
update core.charge_point_certificates as c set revoked_at = now()
where c.charge_point_id = 1001 and c.not_after > now();
select is(jobs.check_certificates(), '', 'a newer one that was revoked does not help');
update core.charge_point_certificates as c set revoked_at = null;
select is(jobs.check_certificates(), '1 alarms cleared', 'a newer one that is good does');
select is_empty('select pg_temp.open_alarms()', 'then nothing is open');

select * from finish();
rollback;
