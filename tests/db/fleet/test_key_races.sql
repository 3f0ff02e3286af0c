-- Several new keys at once: whatever comes first, the charger is never sent one that is refused.
begin;
select plan(9);
select tests.act_as_owner();
delete from core.charge_point_keys;
delete from ops.commands;
update core.charge_points as c set security_profile = 1 where c.id = 1001;
insert into core.charge_point_keys (tenant_id, id, charge_point_id, key_hash)
overriding system value
values (101, -1, 1001, fleet.hash_charge_point_key('AAAAABBBBBCCCCCDDDDD'));

create function pg_temp.knock(p_password text) returns text language sql as $$
    select coalesce(a.answer ->> 'reason', 'open')
    from (
        select ocpp.open_connection(
            '00000000-0000-4000-b000-000000000001', '{GW-CP-1}', 'GW-CP-1',
            convert_to(p_password, 'UTF8'), '{ocpp1.6}', '192.0.2.1', null, null, 'Charger/1'
        ) as answer
    ) as a
$$;
create function pg_temp.rotate() returns bigint language plpgsql as $$
declare
    v_id bigint;
begin
    perform tests.act_as('greenway.admin');
    select c.id into v_id
    from api.rotate_charge_point_key('GW-CP-1', keep => true) as c;
    perform tests.act_as_owner();
    return v_id;
end;
$$;
create function pg_temp.states() returns text[] language sql as $$
    select array_agg(c.state order by c.id) from ops.commands as c
$$;
create function pg_temp.create_key(p_revoke_others boolean) returns text language plpgsql as $$
declare
    v_key text;
begin
    perform tests.act_as('greenway.admin');
    v_key := api.create_charge_point_key(1001, p_revoke_others) ->> 'key';
    perform tests.act_as_owner();
    return v_key;
end;
$$;

select isnt(pg_temp.rotate(), null, 'a new key waits for the charger');
select set_config('tests.key', pg_temp.create_key(false), true);
select is(pg_temp.states(), '{queued}', 'a key that a person is to enter leaves it be');
select is(
    pg_temp.knock('AAAAABBBBBCCCCCDDDDD'), 'open', 'and so does the charger with its old key'
);
select is(pg_temp.states(), '{queued}', 'which may still be sent the new one');
select is(
    pg_temp.knock(current_setting('tests.key')), 'open', 'it comes with the one of the person'
);
select is(pg_temp.states(), '{cancelled}', 'the one that waits is older and is not sent any more');
select isnt(pg_temp.rotate(), null, 'again one waits');
select set_config('tests.key', pg_temp.create_key(true), true);
select is(
    pg_temp.states(), '{cancelled,cancelled}', 'which ends with all others when a key is stolen'
);
select is(
    (select array_agg(k.key_hash) from core.charge_point_keys as k where k.retired_at is null),
    array[fleet.hash_charge_point_key(convert_to(current_setting('tests.key'), 'UTF8'))],
    'one key is good then'
);

select * from finish();
rollback;
