-- Compare the books of a tenant's legal entities with what bank and card provider say, as of the
-- end of a day.
--
-- Bank: the ledger, with the balance that the account had before its first statement, is the
-- closing balance of the newest statement up to that day. Who changed their bank has two accounts:
-- the sums of both.
-- Suspense: the ledger is what the lines of statements leave open.
-- Cards: the clearing account is what the provider says it holds, where it says so.
-- Called by: jobs.prove_books, api.prove_books.
-- Writes:    core.daily_proofs.
create or replace function billing.prove_books(p_tenant_id bigint, p_on date)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into core.daily_proofs as d (
        tenant_id, legal_entity_id, proven_on, currency, bank_ledger, bank_statement,
        bank_statement_id, suspense_ledger, suspense_lines, card_ledger, card_provider, is_proven,
        problem
    )
    select
        l.tenant_id, l.id, p_on, l.currency, f.bank_ledger, n.closing_balance, n.id,
        f.suspense_ledger, f.suspense_lines, f.card_ledger, f.card_provider, f.problem is null,
        f.problem
    from core.legal_entities as l
    left join lateral (
        -- Of several accounts, the statement named is the newest.
        select
            sum(a.closing_balance) as closing_balance,
            (array_agg(a.id order by a.closed_on desc, a.id desc))[1] as id
        from (
            select distinct on (s.iban) s.id, s.closed_on, s.closing_balance
            from core.bank_statements as s
            where s.tenant_id = l.tenant_id and s.legal_entity_id = l.id and s.closed_on <= p_on
            order by s.iban, s.closed_on desc, s.lines_known = s.lines, s.id desc
        ) as a
    ) as n on true
    cross join lateral (
        select
            coalesce(sum(e.amount) filter (where e.ledger_account = 'bank'), 0) as bank,
            coalesce(sum(e.amount) filter (where e.ledger_account = 'suspense'), 0) as suspense,
            coalesce(sum(e.amount) filter (where e.ledger_account = 'card_clearing'), 0) as cards
        from core.ledger_entries as e
        where
            e.tenant_id = l.tenant_id
            and e.legal_entity_id = l.id
            and e.ledger_account in ('bank', 'suspense', 'card_clearing')
            and e.posted_on <= p_on
    ) as b
    cross join lateral (
        select
            b.bank + coalesce(
                (
                    select sum(a.opening_balance)
                    from (
                        select distinct on (s.iban) s.opening_balance
                        from core.bank_statements as s
                        where
                            s.tenant_id = l.tenant_id
                            and s.legal_entity_id = l.id
                            and s.opened_on <= p_on
                        order by s.iban, s.opened_on, s.id
                    ) as a
                ),
                0
            ) as bank_ledger,
            b.suspense as suspense_ledger,
            coalesce(
                (
                    select -sum(t.amount - t.matched_amount)
                    from core.bank_transactions as t
                    where
                        t.tenant_id = l.tenant_id
                        and t.legal_entity_id = l.id
                        and t.booked_on <= p_on
                        and t.matched_amount <> t.amount
                ),
                0
            ) as suspense_lines,
            b.cards as card_ledger,
            billing.get_provider_balance(l.tenant_id, l.id, p_on) as card_provider
    ) as g
    cross join lateral (
        select
            g.*,
            nullif(
                concat_ws(
                    '; ',
                    case
                        when g.bank_ledger <> n.closing_balance
                            then format(
                                'the bank says %s, the books %s', n.closing_balance, g.bank_ledger
                            )
                    end,
                    case
                        when g.suspense_ledger <> g.suspense_lines
                            then format(
                                'suspense is %s in the books, %s by its lines', g.suspense_ledger,
                                g.suspense_lines
                            )
                    end,
                    case
                        when g.card_ledger <> g.card_provider
                            then format(
                                'the card provider says %s, the books %s', g.card_provider,
                                g.card_ledger
                            )
                    end
                ),
                ''
            ) as problem
    ) as f
    where l.tenant_id = p_tenant_id
    on conflict (tenant_id, legal_entity_id, proven_on) do update
    set currency = excluded.currency,
        bank_ledger = excluded.bank_ledger,
        bank_statement = excluded.bank_statement,
        bank_statement_id = excluded.bank_statement_id,
        suspense_ledger = excluded.suspense_ledger,
        suspense_lines = excluded.suspense_lines,
        card_ledger = excluded.card_ledger,
        card_provider = excluded.card_provider,
        is_proven = excluded.is_proven,
        problem = excluded.problem
    where d.tenant_id = p_tenant_id;
end;
$$;
revoke all on function billing.prove_books(bigint, date) from public;
comment on function billing.prove_books(bigint, date) is
    'Compare the books with what bank and card provider say as of the end of a day.';
