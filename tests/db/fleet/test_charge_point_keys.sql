-- Keys of charge points: random, hashed with a pepper, shown once.
begin;
select plan(9);
select tests.act_as_owner();

update ops.secrets set value = 'pepper' where name = 'charge_point_key_pepper';
select is(
    fleet.hash_charge_point_key('a key'),
    extensions.hmac('a key'::bytea, 'pepper'::bytea, 'sha256'),
    'a key is hashed with HMAC-SHA256 under the pepper'
);
delete from ops.secrets where name = 'charge_point_key_pepper';
select throws_ok(
    $$ select fleet.hash_charge_point_key('a key') $$, '55000', null,
    'without a pepper nothing is hashed'
);
insert into ops.secrets (name, value) values ('charge_point_key_pepper', 'pepper');

create temporary table keys as
select fleet.create_charge_point_key(101, 1002) as key from generate_series(1, 50);
select is_empty(
    $$ select k.key from pg_temp.keys as k where k.key !~ '^[A-Za-z0-9]{20}$' $$,
    'a key is 20 letters and digits'
);
select is((select count(distinct k.key) from pg_temp.keys as k), 50::bigint, 'no two are the same');
select is(
    (
        select count(*)
        from pg_temp.keys as k
        inner join core.charge_point_keys as h
            on h.key_hash = fleet.hash_charge_point_key(k.key::bytea)
        where h.tenant_id = 101 and h.charge_point_id = 1002 and h.retired_at is null
    ),
    50::bigint, 'each is stored hashed, and a new one does not retire those before it'
);
select is_empty(
    $$ select from core.audit_log as a
       inner join pg_temp.keys as k on a.new_values::text like '%' || k.key || '%' $$,
    'the audit does not have them'
);
select is(
    (
        select count(*) from core.audit_log as a
        where a.table_name = 'core.charge_point_keys' and a.new_values ->> 'key_hash' = '***'
            and a.row_key ->> 'id' not in ('1001', '2001')
    ),
    50::bigint, 'it has that they were made'
);

select tests.act_as('greenway.admin');
select throws_ok(
    $$ select fleet.create_charge_point_key(101, 1001) $$, '42501', null,
    'nobody calls the private function through the API'
);
select throws_ok(
    $$ select k.key_hash from core.charge_point_keys as k $$, '42501', null,
    'nobody reads the hashes'
);

select * from finish();
rollback;
