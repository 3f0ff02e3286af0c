-- Book one statement of a file: check it, keep its lines, post those that are new.
--
-- p_statement: {"reference", "iban", "currency", "opened_on", "closed_on", "opening", "closing",
--   "lines": [{"booked_on", "value_on", "amount", "counterparty_name", "counterparty_iban",
--   "end_to_end_id", "mandate_reference", "creditor_reference", "batch_reference",
--   "bank_reference", "bank_code", "return_reason", "charges", "remittance"}]}; amounts are texts,
--   above zero what came in; what is not known is left out.
-- A line is known by what it says: booked day, amount, parties, references and text, and how often
-- that came before on the same day. Banks number nothing that stays the same across files.
-- The closing balance has to follow from that of the newest statement and the new lines alone, so
-- neither a missing statement nor a line that was mistaken for another gets into the books. The
-- newest is the last that brought lines: one that came again says nothing of the balance now.
-- An account that a legal entity had before is still its own, for money goes there for a while.
-- Called by: jobs.book_bank_statement, which undoes the whole file when this raises.
-- Returns:   ids of the new lines.
-- Writes:    core.bank_statements, core.bank_transactions, the ledger (kind bank).
-- Errors:    BK001, which never leaves jobs.book_bank_statement: detail is the reason.
create or replace function billing.book_bank_statement(
    p_tenant_id bigint,
    p_bank_file_id bigint,
    p_statement jsonb
)
returns bigint[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_iban constant text := upper(regexp_replace(p_statement ->> 'iban', '\s', '', 'g'));
    v_currency constant text := p_statement ->> 'currency';
    v_opening constant numeric := (p_statement ->> 'opening')::numeric;
    v_closing constant numeric := (p_statement ->> 'closing')::numeric;
    v_opened_on constant date := (p_statement ->> 'opened_on')::date;
    v_closed_on constant date := (p_statement ->> 'closed_on')::date;
    v_legal_entity core.legal_entities;
    v_newest core.bank_statements;
    v_oldest core.bank_statements;
    v_keys text[];
    v_lines integer;
    v_sum numeric;
    v_statement_id bigint;
    v_new bigint[];
    v_new_sum numeric;
    v_problem text;
begin
    -- Statements of an account are booked one after the other.
    select l.* into v_legal_entity
    from core.legal_entities as l
    where
        l.tenant_id = p_tenant_id
        and (
            l.iban = v_iban
            or l.id in (
                select s.legal_entity_id
                from core.bank_statements as s
                where s.tenant_id = p_tenant_id and s.iban = v_iban
            )
        )
    order by l.iban is distinct from v_iban, l.id
    limit 1
    for no key update;
    if not found then
        raise exception using
            errcode = 'BK001',
            message = format('no legal entity has the account %s', coalesce(v_iban, 'unnamed')),
            detail = 'iban_unknown';
    end if;
    select count(*), coalesce(sum((l.line ->> 'amount')::numeric), 0) into v_lines, v_sum
    from jsonb_array_elements(p_statement -> 'lines') as l (line);
    v_problem := case
        when v_currency is distinct from v_legal_entity.currency
            then 'currency_unknown'
        when
            v_opening is null or v_closing is null or v_opened_on is null or v_closed_on is null
            or v_opened_on > v_closed_on
            or v_opened_on < '2000-01-01' or v_closed_on > current_date + 366
            then 'statement_invalid'
        when v_opening + v_sum <> v_closing then 'total_wrong'
    end;
    if v_problem is not null then
        raise exception using
            errcode = 'BK001',
            message = format(
                'statement %s of %s to %s in %s: opening balance %s, lines %s, closing balance %s',
                p_statement ->> 'reference', v_opened_on, v_closed_on, v_currency, v_opening, v_sum,
                v_closing
            ),
            detail = v_problem;
    end if;

    select s.* into v_newest
    from core.bank_statements as s
    where
        s.tenant_id = p_tenant_id and s.legal_entity_id = v_legal_entity.id and s.iban = v_iban
    order by s.closed_on desc, s.lines_known = s.lines, s.id desc
    limit 1;
    select s.* into v_oldest
    from core.bank_statements as s
    where
        s.tenant_id = p_tenant_id and s.legal_entity_id = v_legal_entity.id and s.iban = v_iban
    order by s.opened_on, s.id
    limit 1;
    v_keys := billing.make_entry_keys(p_tenant_id, v_legal_entity.id, v_iban, p_statement, false);
    -- One that follows from the newest as it is, and not without the lines that were said before on
    -- that day: a bank that makes several statements a day may say the same in two.
    if
        v_opening = v_newest.closing_balance
        and v_closed_on >= v_newest.closed_on
        and v_closing <> v_newest.closing_balance + (
            select coalesce(sum((l.line ->> 'amount')::numeric), 0)
            from jsonb_array_elements(p_statement -> 'lines') with ordinality as l (line, n)
            where not exists (
                select
                from core.bank_transactions as t
                where
                    t.tenant_id = p_tenant_id
                    and t.legal_entity_id = v_legal_entity.id
                    and t.entry_key = v_keys[l.n]
            )
        )
    then
        v_keys := billing.make_entry_keys(
            p_tenant_id, v_legal_entity.id, v_iban, p_statement, true
        );
    end if;
    insert into core.bank_statements (
        tenant_id, bank_file_id, legal_entity_id, reference, iban, currency, opened_on, closed_on,
        opening_balance, closing_balance, lines, lines_known
    )
    select
        p_tenant_id, p_bank_file_id, v_legal_entity.id,
        left(coalesce(p_statement ->> 'reference', ''), 100), v_iban, v_currency, v_opened_on,
        v_closed_on, v_opening, v_closing, v_lines,
        (
            select count(*)
            from core.bank_transactions as t
            where
                t.tenant_id = p_tenant_id
                and t.legal_entity_id = v_legal_entity.id
                and t.entry_key = any(v_keys)
        )
    returning id into v_statement_id;

    with added as (
        insert into core.bank_transactions (
            tenant_id, bank_statement_id, legal_entity_id, line, entry_key, booked_on, value_on,
            amount, currency, counterparty_name, counterparty_iban, end_to_end_id,
            mandate_reference, creditor_reference, batch_reference, bank_reference, bank_code,
            return_reason, charges, remittance
        )
        select
            p_tenant_id, v_statement_id, v_legal_entity.id, l.n, k.entry_key,
            (l.line ->> 'booked_on')::date, (l.line ->> 'value_on')::date,
            (l.line ->> 'amount')::numeric, v_currency,
            left(l.line ->> 'counterparty_name', 140),
            left(upper(regexp_replace(l.line ->> 'counterparty_iban', '\s', '', 'g')), 34),
            left(l.line ->> 'end_to_end_id', 35), left(l.line ->> 'mandate_reference', 35),
            left(upper(regexp_replace(l.line ->> 'creditor_reference', '\s', '', 'g')), 35),
            left(l.line ->> 'batch_reference', 35), left(l.line ->> 'bank_reference', 50),
            left(l.line ->> 'bank_code', 50), left(l.line ->> 'return_reason', 10),
            coalesce((l.line ->> 'charges')::numeric, 0),
            left(coalesce(l.line ->> 'remittance', ''), 1000)
        from jsonb_array_elements(p_statement -> 'lines') with ordinality as l (line, n)
        inner join unnest(v_keys) with ordinality as k (entry_key, n) on k.n = l.n
        order by l.n
        on conflict (tenant_id, legal_entity_id, entry_key) do nothing
        returning id, amount
    )

    select coalesce(array_agg(a.id order by a.id), '{}'), coalesce(sum(a.amount), 0)
    into v_new, v_new_sum
    from added as a;

    v_problem := case
        when v_newest.id is null or cardinality(v_new) = 0 and v_closed_on <= v_newest.closed_on
            then null
        when
            cardinality(v_new) = v_lines
            and exists (
                select
                from core.bank_statements as s
                where
                    s.tenant_id = p_tenant_id
                    and s.legal_entity_id = v_legal_entity.id
                    and s.iban = v_iban
                    and s.id <> v_statement_id
                    and (s.opened_on, s.closed_on, s.opening_balance, s.closing_balance, s.lines)
                    = (v_opened_on, v_closed_on, v_opening, v_closing, v_lines)
            )
            then 'statement_repeated'
        when v_closed_on >= v_newest.closed_on and v_newest.closing_balance + v_new_sum = v_closing
            then null
        -- One from before the first: the books begin earlier then.
        when
            v_closed_on <= v_oldest.opened_on
            and v_closing = v_oldest.opening_balance
            and cardinality(v_new) = v_lines
            then null
        else 'statement_gap'
    end;
    if v_problem is not null then
        raise exception using
            errcode = 'BK001',
            message = format(
                'statement %s closes at %s on %s, but the newest one closed at %s on %s and %s of '
                'its lines are new, which come to %s',
                p_statement ->> 'reference', v_closing, v_closed_on, v_newest.closing_balance,
                v_newest.closed_on, cardinality(v_new), v_new_sum
            ),
            detail = v_problem;
    end if;

    insert into core.journals (
        tenant_id, legal_entity_id, kind, source_key, posted_on, currency, description
    )
    select
        t.tenant_id, t.legal_entity_id, 'bank', t.id::text, t.booked_on, t.currency,
        left(concat_ws(': ', t.counterparty_name, nullif(t.remittance, '')), 500)
    from core.bank_transactions as t
    where t.tenant_id = p_tenant_id and t.id = any(v_new) and t.amount <> 0
    order by t.id;
    insert into core.ledger_entries (
        tenant_id, journal_id, line, legal_entity_id, ledger_account, amount, currency, posted_on
    )
    select
        j.tenant_id, j.id, e.line, j.legal_entity_id, e.ledger_account, e.amount, j.currency,
        j.posted_on
    from core.bank_transactions as t
    inner join core.journals as j
        on j.tenant_id = t.tenant_id and j.kind = 'bank' and j.source_key = t.id::text
    cross join lateral (
        values (1, 'bank', t.amount), (2, 'suspense', -t.amount)
    ) as e (line, ledger_account, amount)
    where t.tenant_id = p_tenant_id and t.id = any(v_new);
    return v_new;
end;
$$;
revoke all on function billing.book_bank_statement(bigint, bigint, jsonb) from public;
comment on function billing.book_bank_statement(bigint, bigint, jsonb) is
    'Book one statement of a file; returns the ids of the lines that are new.';

-- What tells the lines of a statement from each other, in their order.
--
-- p_are_new: a line that says the same as lines which are in the books is counted on from these;
-- otherwise it is the first of them.
-- Called by: billing.book_bank_statement.
create or replace function billing.make_entry_keys(
    p_tenant_id bigint,
    p_legal_entity_id bigint,
    p_iban text,
    p_statement jsonb,
    p_are_new boolean
)
returns text[]
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        array_agg(
            encode(
                sha256(convert_to(concat_ws('|', p_iban, k.says, k.times + b.before), 'UTF8')),
                'hex'
            )
            order by k.n
        ),
        '{}'
    )
    from (
        select
            l.n,
            s.says,
            row_number() over (partition by s.says order by l.n) as times
        from jsonb_array_elements(p_statement -> 'lines') with ordinality as l (line, n)
        cross join lateral (
            select (
                jsonb_strip_nulls(l.line)
                || jsonb_build_object(
                    'amount', trim_scale((l.line ->> 'amount')::numeric),
                    'booked_on', (l.line ->> 'booked_on')::date
                )
            )::text as says
        ) as s
    ) as k
    cross join lateral (
        select count(t.id) as before
        from generate_series(1, case when p_are_new then 100 else 0 end) as o (times)
        inner join core.bank_transactions as t
            on
                t.tenant_id = p_tenant_id
                and t.legal_entity_id = p_legal_entity_id
                and t.entry_key = encode(
                    sha256(convert_to(concat_ws('|', p_iban, k.says, o.times), 'UTF8')), 'hex'
                )
    ) as b;
$$;
revoke all on function billing.make_entry_keys(bigint, bigint, text, jsonb, boolean) from public;
comment on function billing.make_entry_keys(bigint, bigint, text, jsonb, boolean) is
    'What tells the lines of a statement from each other: a hash of each, and how often it came.';
