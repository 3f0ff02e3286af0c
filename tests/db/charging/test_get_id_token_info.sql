-- What a charger is told about a token: OCPP 1.6 IdTagInfo.
begin;
select plan(9);
select tests.act_as_owner();

create function pg_temp.tell(p_id_token text, p_source text default 'authorize')
returns jsonb
language sql
as $$
    select charging.get_id_token_info(
        charging.authorize_id_token(101, 1001, p_id_token, p_source, now(), null)
    );
$$;
create function pg_temp.format(p_at timestamptz)
returns text
language sql
as $$ select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'); $$;

select is(
    pg_temp.tell('GWTOKEN3'),
    jsonb_build_object('status', 'Accepted', 'expiryDate', pg_temp.format(now() + interval '24 h')),
    'an accepted token may be cached for a day'
);
select matches(
    pg_temp.tell('GWTOKEN3') ->> 'expiryDate', '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$',
    'the time is in seconds and ends in Z'
);
set local timezone = 'Asia/Tokyo';
select is(
    pg_temp.tell('GWTOKEN3') ->> 'expiryDate', pg_temp.format(now() + interval '24 h'),
    'whatever the time zone of the connection'
);
update ops.settings set value = '1' where name = 'charging.id_token_cache_hours';
select is(
    pg_temp.tell('GWTOKEN3') ->> 'expiryDate', pg_temp.format(now() + interval '1 h'),
    'how long is a setting'
);
update core.id_tokens set expires_at = now() + interval '10 minutes'
where tenant_id = 101 and id = 1003;
select is(
    pg_temp.tell('GWTOKEN3') ->> 'expiryDate', pg_temp.format(now() + interval '10 minutes'),
    'and never longer than the token is valid'
);
select is(
    pg_temp.tell('GWTOKEN1') ->> 'parentIdTag', 'GWGROUP1', 'a member of a group names the group'
);
select is(
    pg_temp.tell('NOBODYS'), '{"status": "Invalid"}', 'an unknown token gets the status alone'
);
update core.id_tokens set is_blocked = true where tenant_id = 101 and id = 1001;
select is(
    pg_temp.tell('GWTOKEN1'), '{"status": "Blocked"}',
    'a blocked member does not get to end the group''s sessions'
);
update core.id_tokens set is_blocked = false where tenant_id = 101 and id = 1001;
update core.sessions set state = 'active', ended_at = null where tenant_id = 101 and id = 1001;
select is(
    pg_temp.tell('GWTOKEN1', 'start'),
    '{"status": "ConcurrentTx", "parentIdTag": "GWGROUP1"}',
    'a token that is busy is not to be cached'
);

select * from finish();
rollback;
