-- Whose a transaction is: contract of the token at its start, else the person's only account.
begin;
select plan(7);

select tests.act_as_owner();
select results_eq(
    'select x.tenant_id, x.transaction_id, x.account_id, x.payer_account_id, x.legal_entity_id
    from billing.transaction_accounts as x
    where x.transaction_id in (1001, 1002, 2001, 2002)
    order by x.tenant_id, x.transaction_id',
    'values (101::bigint, 1001::bigint, 1001::bigint, 1001::bigint, 1001::bigint),
    (101, 1002, 1002, 1002, 1001), (102, 2001, 2001, 2001, 2001), (102, 2002, 2002, 2002, 2001)',
    'the contract of the token says whose a transaction is'
);

update core.accounts set payer_account_id = 1002 where tenant_id = 101 and id = 1001;
select results_eq(
    'select x.account_id, x.payer_account_id
    from billing.transaction_accounts as x where x.transaction_id = 1001',
    'values (1001::bigint, 1002::bigint)',
    'another account pays for it'
);

-- The session began two hours ago.
update core.contracts set ends_at = now() - interval '3 hours'
where tenant_id = 101 and id = 1001;
select results_eq(
    'select x.account_id from billing.transaction_accounts as x where x.transaction_id = 1001',
    'values (1001::bigint)',
    'without a contract it is the only account of the person'
);
insert into core.contracts (tenant_id, account_id, id_token_id, starts_at)
values (101, 1002, 1001, now() - interval '1 hour');
select results_eq(
    'select x.account_id from billing.transaction_accounts as x where x.transaction_id = 1001',
    'values (1001::bigint)',
    'a contract that began later does not reach back'
);
update core.contracts
set starts_at = (
    select t.started_at from core.transactions as t where t.tenant_id = 101 and t.id = 1001
)
where tenant_id = 101 and id_token_id = 1001 and account_id = 1002;
select results_eq(
    'select x.account_id from billing.transaction_accounts as x where x.transaction_id = 1001',
    'values (1002::bigint)',
    'a contract of another account goes before the person, from its first moment on'
);
delete from core.contracts where tenant_id = 101 and id_token_id = 1001;
insert into core.accounts (tenant_id, customer_id) values (101, 1001);
select results_eq(
    'select x.account_id from billing.transaction_accounts as x where x.transaction_id = 1001',
    'values (null::bigint)',
    'of two active accounts it is neither'
);
update core.accounts set state = 'closed'
where tenant_id = 101 and customer_id = 1001 and id <> 1001;
select results_eq(
    'select x.account_id from billing.transaction_accounts as x where x.transaction_id = 1001',
    'values (1001::bigint)',
    'closed accounts do not count'
);

select tests.reset();
select * from finish();
rollback;
