-- Many budgets at once are judged as quickly as they come: what one second brings has to be done
-- within it.
begin;
select plan(3);
select tests.act_as_owner();

-- Ten thousand people with a monthly budget each charge at once; five hundred have a reading.
insert into core.id_tokens (tenant_id, id, id_token)
overriding system value
select 101, 20000 + n, 'MANY' || n
from generate_series(1, 10000) as n;
alter table core.sessions disable trigger user;
insert into core.sessions (
    tenant_id, id, charge_point_id, protocol, transaction_id, start_key, state, id_token,
    id_token_id, authorization_status, started_at, start_received_at, meter_start_wh,
    last_meter_wh, energy_wh
)
overriding system value
select
    101, t.id, 1001, 'ocpp1.6', t.id_token, t.id_token, 'active', t.id_token, t.id,
    'Accepted', now(), now(), 0, 5000, 5000
from core.id_tokens as t
where t.tenant_id = 101 and starts_with(t.id_token, 'MANY');
alter table core.sessions enable trigger user;
insert into core.session_costs (
    tenant_id, session_id, energy_wh, problem, as_of, session_updated_at
)
select s.tenant_id, s.id, s.energy_wh, 'tariff_missing', now(), s.updated_at
from core.sessions as s
where s.tenant_id = 101 and starts_with(s.id_token, 'MANY');
insert into core.budgets (tenant_id, id, id_token_id, per, max_energy_wh)
overriding system value
select 101, t.id, t.id, 'month', case when t.id_token = 'MANY7' then 5000 else 6000 end
from core.id_tokens as t
where t.tenant_id = 101 and starts_with(t.id_token, 'MANY');
analyze core.sessions, core.session_costs, core.budgets;

create temporary table changed as
select array_agg(s.tenant_id) as tenant_ids, array_agg(s.id) as session_ids
from core.sessions as s
where
    s.tenant_id = 101
    and s.id_token = any(array(select 'MANY' || n from generate_series(1, 500) as n));
select performs_ok(
    $$ select pricing.mark_exhausted_budgets(c.tenant_ids, c.session_ids) from changed as c $$,
    1500, 'five hundred budgets are judged in far less than a second'
);
select results_eq(
    $$ select s.id_token
       from core.session_costs as k
       inner join core.sessions as s on s.tenant_id = k.tenant_id and s.id = k.session_id
       where k.tenant_id = 101 and k.budget_id is not null and starts_with(s.id_token, 'MANY') $$,
    $$ values ('MANY7') $$,
    'the one that is used up is found'
);
select is(
    (select pricing.mark_exhausted_budgets(c.tenant_ids, c.session_ids) from changed as c), 0,
    'and found once'
);

select * from finish();
rollback;
