-- Ratings and decisions are written once.
begin;
select plan(9);
select tests.act_as_owner();

select throws_ok(
    'update core.ratings set total_excl_vat = 0 where transaction_id = 1001',
    'PT403', 'ratings is append-only: no update', 'nobody changes a rating, not even the owner'
);
select throws_ok(
    'delete from core.ratings where transaction_id = 2001',
    'PT403', 'ratings is append-only: no delete', 'or deletes one'
);
select throws_ok(
    'truncate core.ratings cascade', 'PT403', 'ratings is append-only: no truncate', 'or all'
);
select throws_ok(
    $$ update core.session_resolutions set reason = 'another' where id = 1001 $$,
    'PT403', 'session_resolutions is append-only: no update', 'decisions are the same'
);
select throws_ok(
    'delete from core.session_resolutions where id = 2001',
    'PT403', 'session_resolutions is append-only: no delete', 'of either tenant'
);

-- Whoever decided may be deleted.
insert into core.session_resolutions (tenant_id, session_id, kind, reason, basis, made_by)
values (101, 1002, 'released', 'it is fine', '{}', tests.user_id_of('greenway.viewer'));
select lives_ok(
    $$ update core.session_resolutions set made_by = null where session_id = 1002 $$,
    'the name of a person may go'
);
select results_eq(
    'select r.reason, r.made_by from core.session_resolutions as r where r.session_id = 1002',
    $$ values ('it is fine', null::uuid) $$,
    'and what was decided stays'
);
select throws_ok(
    $$ update core.session_resolutions set made_by = null, reason = 'other' where id = 1001 $$,
    'PT403', null, 'nothing else goes with the name'
);

select tests.reset();
set local session_replication_role = replica;
select throws_ok(
    'delete from core.ratings', 'PT403', null, 'nor does replication go round the trigger'
);
select * from finish();
rollback;
