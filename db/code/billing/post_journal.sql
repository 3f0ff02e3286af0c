-- Post one journal, once.
--
-- p_source_key names within p_kind what the journal is about: posted again, with whatever
-- entries, it is the one of before. Two that post the same at once: the second waits for the
-- first, and gets its journal.
-- p_entries: [{"ledger_account": role, "amount": debit above zero, credit below,
--             "account_id": the customer's account (receivables, wallets), "vat_rate": (vat)}, ...]
-- Entries of zero are left out; when none is left nothing is posted.
-- For many journals insert into core.journals and core.ledger_entries by the set.
-- Called by: every function that moves money, for one event.
-- Writes:    core.journals, core.ledger_entries.
-- Errors:    PT500 journal_unbalanced at commit, or at `set constraints all immediate`.
-- Returns:   the journal; null for nothing.
create or replace function billing.post_journal(
    p_tenant_id bigint,
    p_legal_entity_id bigint,
    p_kind text,
    p_source_key text,
    p_posted_on date,
    p_currency text,
    p_description text,
    p_entries jsonb
)
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_journal_id bigint;
begin
    if not exists (
        select from jsonb_array_elements(p_entries) as e (entry)
        where (e.entry ->> 'amount')::numeric <> 0
    ) then
        return null;
    end if;

    -- One statement, so that it holds where constraints are checked at once as well.
    with posted as (
        insert into core.journals (
            tenant_id, legal_entity_id, kind, source_key, posted_on, currency, description,
            created_by
        )
        values (
            p_tenant_id, p_legal_entity_id, p_kind, p_source_key, p_posted_on, p_currency,
            left(p_description, 500), claims.user_id()
        )
        on conflict (tenant_id, kind, source_key) do nothing
        returning id
    ),
    entered as (
        insert into core.ledger_entries (
            tenant_id, journal_id, line, legal_entity_id, ledger_account, account_id, vat_rate,
            amount, currency, posted_on
        )
        select
            p_tenant_id, j.id, row_number() over (order by n.line), p_legal_entity_id,
            e.ledger_account, e.account_id, e.vat_rate, e.amount, p_currency, p_posted_on
        from posted as j
        cross join jsonb_array_elements(p_entries) with ordinality as n (entry, line)
        cross join lateral jsonb_to_record(n.entry) as e (
            ledger_account text, account_id bigint, vat_rate numeric, amount numeric
        )
        where e.amount <> 0
    )
    select j.id into v_journal_id from posted as j;
    if v_journal_id is null then
        select j.id
        into v_journal_id
        from core.journals as j
        where j.tenant_id = p_tenant_id and j.kind = p_kind and j.source_key = p_source_key;
    end if;
    return v_journal_id;
end;
$$;
revoke all on function billing.post_journal(
    bigint, bigint, text, text, date, text, text, jsonb
) from public;
comment on function billing.post_journal(
    bigint, bigint, text, text, date, text, text, jsonb
) is
    'Post one journal, once; returns it, or null when there is nothing to post.';
