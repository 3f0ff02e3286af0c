-- Authorize: an answer for every token, a refusal without one.
begin;
select plan(3);
select tests.act_as_owner();

select results_eq(
    $$ select
           v.token, r.reply -> 'idTagInfo' ->> 'status',
           r.reply -> 'idTagInfo' ->> 'expiryDate' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$',
           r.reply -> 'idTagInfo' ->> 'parentIdTag'
       from (values
           (to_jsonb('gwtoken1'::text)), (to_jsonb(E'GWTOKEN3\u0010\u000e'::text)),
           (to_jsonb('BCTOKEN3'::text)), (to_jsonb(repeat('A', 60))), (to_jsonb(12345))
       ) as v (token)
       cross join lateral tests.call(
           'Authorize', jsonb_build_object('idTag', v.token, 'extra', 1)
       ) as r (reply) $$,
    $$ values
           (to_jsonb('gwtoken1'::text), 'Accepted', true, 'GWGROUP1'),
           (to_jsonb(E'GWTOKEN3\u0010\u000e'::text), 'Accepted', true, null),
           (to_jsonb('BCTOKEN3'::text), 'Invalid', null, null),
           (to_jsonb(repeat('A', 60)), 'Invalid', null, null),
           (to_jsonb(12345), 'Invalid', null, null) $$,
    'quirks 37, 50 and 53: tokens match without case and trailing control characters, long ones '
    'are answered, and another tenant''s is unknown'
);
prepare without_token as select tests.call('Authorize', '{}');
select throws_ok(
    'without_token', 'OCPP1', 'idTag is required', 'without idTag there is nothing to answer'
);
select results_eq(
    $$ select a.id_token, a.source, a.status
       from core.authorizations as a
       where a.source = 'authorize' and a.charge_point_id = 1001 and a.decided_at = now()
           and a.id_token like '%TOKEN3%' or a.id_token = '12345'
       order by 1 $$,
    $$ values ('12345', 'authorize', 'Invalid'), ('BCTOKEN3', 'authorize', 'Invalid'),
           ('GWTOKEN3', 'authorize', 'Accepted') $$,
    'every decision is kept'
);
select * from finish();
rollback;
