-- A journal has entries, and they sum to zero.
--
-- Deferred to the commit (or to `set constraints all immediate`), so that journal and entries may
-- be written by several statements. That nothing is added later is what
-- billing.tg_ledger_entries__check_journal sees to.
-- Called by: constraint trigger journals__check_balance.
-- Definer:   at commit this runs as whoever commits, who may read no ledger.
-- Errors:    PT500 journal_unbalanced: our own mistake, nobody else's.
create or replace function billing.tg_journals__check_balance()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Null without entries.
    v_balance constant numeric := (
        select sum(e.amount)
        from core.ledger_entries as e
        where e.tenant_id = new.tenant_id and e.journal_id = new.id
    );
begin
    if v_balance is distinct from 0 then
        raise exception using
            errcode = 'PT500',
            message = format(
                'journal %s of %s does not balance: %s',
                new.source_key, new.kind, coalesce(v_balance::text, 'no entries')
            ),
            detail = '{"error":"journal_unbalanced"}',
            hint = 'Nothing was posted.';
    end if;
    return null;
end;
$$;
revoke all on function billing.tg_journals__check_balance() from public;
comment on function billing.tg_journals__check_balance() is
    'Trigger: a journal has entries, and they sum to zero.';
