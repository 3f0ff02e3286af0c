-- Entries come with their journal: in its database transaction, with its date, currency and legal
-- entity, and until it balances. What balances is closed: the check of the balance may have run
-- already, and would not run again.
--
-- By the statement, so that what a batch posts is looked at once. The first entries of a journal
-- have line 1 among them: so only those that come later need a look at what stands there.
-- Called by: trigger ledger_entries__check_journal, after insert, for each statement.
-- Errors:    PT500 journal_closed, journal_mismatch: our own mistakes, nobody else's.
create or replace function billing.tg_ledger_entries__check_journal()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
-- Always by key: the plan is made once, perhaps when the tables are empty.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    v_journal bigint;
    v_error text;
begin
    select n.journal_id, p.error
    into v_journal, v_error
    from (
        select
            e.tenant_id,
            e.journal_id,
            e.legal_entity_id,
            e.currency,
            e.posted_on,
            min(e.line) as first_line,
            sum(e.amount) as amount
        from new_entries as e
        group by e.tenant_id, e.journal_id, e.legal_entity_id, e.currency, e.posted_on
    ) as n
    inner join core.journals as j on j.tenant_id = n.tenant_id and j.id = n.journal_id
    cross join lateral (
        select case
            when (n.legal_entity_id, n.currency, n.posted_on)
                is distinct from (j.legal_entity_id, j.currency, j.posted_on)
                then 'journal_mismatch'
            when n.first_line < 1 or j.written_in <> pg_current_xact_id() then 'journal_closed'
            when
                n.first_line > 1
                -- Without a line 1 there is nothing to come later than.
                and (
                    select bool_or(e.line = 1) is not true or sum(e.amount) = n.amount
                    from core.ledger_entries as e
                    where e.tenant_id = n.tenant_id and e.journal_id = n.journal_id
                )
                then 'journal_closed'
        end as error
    ) as p
    where p.error is not null
    limit 1;
    if v_error = 'journal_mismatch' then
        raise exception using
            errcode = 'PT500',
            message = format('entries of journal %s differ from it', v_journal),
            detail = '{"error":"journal_mismatch"}',
            hint = 'Legal entity, currency and date of entries are those of their journal.';
    elsif v_error is not null then
        raise exception using
            errcode = 'PT500',
            message = format('journal %s is closed', v_journal),
            detail = '{"error":"journal_closed"}',
            hint = 'What was wrong is put right by another journal.';
    end if;
    return null;
end;
$$;
revoke all on function billing.tg_ledger_entries__check_journal() from public;
comment on function billing.tg_ledger_entries__check_journal() is
    'Trigger: entries come with their journal, and never later.';
