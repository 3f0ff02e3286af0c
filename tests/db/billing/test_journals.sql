-- The books: journals balance, come whole, and stay as they are.
begin;
select plan(24);
select tests.act_as_owner();

create function pg_temp.post(p_key text, p_entries jsonb) returns bigint language sql as $$
    select billing.post_journal(
        101, 1001, 'adjustment', p_key, date '2026-03-01', 'EUR', 'A test', p_entries
    );
$$;
create function pg_temp.add(p_journal bigint, p_line integer, p_amount numeric, p_on date)
returns void language sql as $$
    insert into core.ledger_entries (
        tenant_id, journal_id, line, legal_entity_id, ledger_account, amount, currency, posted_on
    )
    values (101, p_journal, p_line, 1001, 'bank', p_amount, 'EUR', p_on);
$$;

select set_eq(
    'select a.role, a.kind from core.ledger_accounts as a where a.legal_entity_id = 1001',
    $$values
        ('bank', 'asset'), ('card_clearing', 'asset'), ('receivables', 'asset'),
        ('unbilled', 'asset'), ('suspense', 'liability'), ('wallets', 'liability'),
        ('vat', 'liability'), ('revenue', 'income'), ('fee_income', 'income'),
        ('rounding', 'income'), ('payment_fees', 'expense'), ('write_offs', 'expense')$$,
    'a legal entity has every account of the chart'
);

create temp table posted as
select pg_temp.post(
    'one',
    '[{"ledger_account": "receivables", "account_id": 1001, "amount": 11.9},
      {"ledger_account": "unbilled", "amount": -10}, {"ledger_account": "rounding", "amount": 0},
      {"ledger_account": "vat", "vat_rate": 19, "amount": -1.9}]'
) as id;
select results_eq(
    $$select
        e.line::integer, e.ledger_account, e.account_id, e.vat_rate::numeric, e.amount::numeric,
        e.currency, e.posted_on
    from core.ledger_entries as e inner join posted as p on p.id = e.journal_id order by e.line$$,
    $$values
        (1, 'receivables', 1001::bigint, null::numeric, 11.9::numeric, 'EUR',
         date '2026-03-01'),
        (2, 'unbilled', null, null, -10.0000, 'EUR', date '2026-03-01'),
        (3, 'vat', null, 19, -1.9000, 'EUR', date '2026-03-01')$$,
    'a journal has its entries, those of zero left out'
);
select is(
    pg_temp.post(
        'one',
        '[{"ledger_account": "bank", "amount": 5}, {"ledger_account": "suspense", "amount": -5}]'
    ),
    (select p.id from posted as p),
    'posted again it is the one of before'
);
select is(
    (select count(*) from core.ledger_entries as e inner join posted as p on p.id = e.journal_id),
    3::bigint, 'with the entries of before'
);
select is(
    pg_temp.post('nothing', '[{"ledger_account": "bank", "amount": 0.00}]'), null,
    'nothing is posted for zero'
);
select lives_ok('set constraints all immediate', 'what balances can be committed');
set constraints all deferred;

select throws_ok(
    format('select pg_temp.add(%s, 9, 1, %L)', (select p.id from posted as p), '2026-03-01'),
    'PT500', null, 'what balances is closed: nothing is added'
);
select throws_ok(
    $do$do $body$ begin
        perform pg_temp.post('two', '[{"ledger_account": "bank", "amount": 5}]');
        set constraints all immediate;
    end $body$$do$,
    'PT500', null, 'a journal that does not balance is refused'
);
select throws_ok(
    $do$do $body$ begin
        insert into core.journals (
            tenant_id, legal_entity_id, kind, source_key, posted_on, currency, description
        ) values (101, 1001, 'adjustment', 'empty', '2026-03-01', 'EUR', 'Empty');
        set constraints all immediate;
    end $body$$do$,
    'PT500', null, 'and so is one without entries'
);
select throws_ok(
    $do$do $body$ declare v_id constant bigint := pg_temp.post(
        'three', '[{"ledger_account": "bank", "amount": 5}]'
    );
    begin perform pg_temp.add(v_id, 2, -5, '2026-03-02'); end $body$$do$,
    'PT500', null, 'entries have the date of their journal'
);
select lives_ok(
    $do$do $body$ declare v_id constant bigint := pg_temp.post(
        'four', '[{"ledger_account": "bank", "amount": 5}]'
    );
    begin
        perform pg_temp.add(v_id, 2, -5, '2026-03-01');
        set constraints all immediate;
    end $body$$do$,
    'while it does not balance, entries may come by several statements'
);
set constraints all deferred;
select throws_ok(
    $$select pg_temp.post(
        'five', '[{"ledger_account": "receivables", "amount": 5},
        {"ledger_account": "bank", "amount": -5}]'
    )$$,
    '23514', null, 'receivables are somebody''s'
);
select throws_ok(
    $$select pg_temp.post(
        'six', '[{"ledger_account": "bribes", "amount": 5},
        {"ledger_account": "bank", "amount": -5}]'
    )$$,
    '23503', null, 'only accounts of the chart are posted to'
);
select throws_ok(
    $$select pg_temp.post(
        'seven', '[{"ledger_account": "receivables", "account_id": 2001, "amount": 5},
        {"ledger_account": "bank", "amount": -5}]'
    )$$,
    '23503', null, 'nor is another tenant''s account'
);

-- An older journal: of another database transaction, as far as the row says.
select tests.reset();
set local session_replication_role = replica;
select throws_ok(
    $$update core.journals as j set written_in = '3' where j.tenant_id = 101$$,
    'PT403', null, 'a journal cannot be changed, not even like this'
);
insert into core.journals (
    tenant_id, id, legal_entity_id, kind, source_key, posted_on, currency, description, written_in
)
overriding system value
values (101, 900001, 1001, 'adjustment', 'old', '2026-03-01', 'EUR', 'Old', '3');
set local session_replication_role = origin;
select tests.act_as_owner();
select throws_ok(
    $$select pg_temp.add(900001, 1, 5, '2026-03-01')$$,
    'PT500', null, 'entries come in the database transaction of their journal'
);

select throws_ok(
    'update core.ledger_entries as e set amount = 1 where e.tenant_id = 101', 'PT403', null,
    'entries are never changed'
);
select throws_ok(
    'delete from core.ledger_entries as e where e.tenant_id = 101', 'PT403', null,
    'nor deleted'
);
select throws_ok('truncate core.ledger_entries', 'PT403', null, 'nor truncated');
select throws_ok(
    'delete from core.journals as j where j.tenant_id = 101', 'PT403', null,
    'journals neither'
);
select throws_ok('truncate core.journals cascade', 'PT403', null, 'nor truncated');

select tests.act_as('greenway.admin');
select throws_ok(
    $$insert into core.journals (
        tenant_id, legal_entity_id, kind, source_key, posted_on, currency, description
    ) values (101, 1001, 'adjustment', 'x', '2026-03-01', 'EUR', 'x')$$,
    '42501', null, 'nobody writes the ledger but functions'
);
select is(
    (select count(*) from api.journals as j where j.source_key = 'one'), 1::bigint,
    'staff see it'
);
select tests.act_as('bluecharge.admin');
select is(
    (select count(*) from api.journals as j where j.source_key = 'one'), 0::bigint,
    'another tenant does not'
);
select * from finish();
rollback;
