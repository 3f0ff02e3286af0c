-- Book the statements of a file: all of them, or none and the file is parked with the reason.
--
-- p_statements: an array, in the file's order; the shape of each stands at
--   billing.book_bank_statement. What is new is matched at once; of a large file the first lines,
--   and jobs.match_bank_lines goes on, so that accounts are not locked for minutes.
-- Files that were parked because one was missing between are tried again, for it may be this one.
-- Security definer: the jobs runner has no right on any table.
-- Called by: the jobs runner.
-- Writes:    core.bank_files, and what billing.book_bank_statement and
--            billing.match_bank_transactions write.
-- Returns:   booked or the reason, and what it came to.
create or replace function jobs.book_bank_statement(
    p_tenant_id bigint,
    p_bank_file_id bigint,
    p_format text,
    p_statements jsonb
)
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit constant integer := access.get_setting('bank.lines_to_match')::integer;
    v_statement jsonb;
    v_new bigint[] := '{}';
    v_matched integer;
    v_reason text;
    v_problem text;
begin
    perform
    from core.bank_files as f
    where f.tenant_id = p_tenant_id and f.id = p_bank_file_id and f.state = 'waiting'
    for no key update;
    if not found then
        return 'is done already';
    end if;
    begin
        -- Each follows from the one before.
        for v_statement in
            select s.statement from jsonb_array_elements(p_statements) as s (statement)
        loop
            v_new := v_new
                || billing.book_bank_statement(p_tenant_id, p_bank_file_id, v_statement);
        end loop;
        v_matched := billing.match_bank_transactions(p_tenant_id, v_new[:v_limit]);
        update core.bank_transactions as t
        set look_at = now()
        where t.tenant_id = p_tenant_id and t.id = any(v_new[v_limit + 1:]);
        set constraints all immediate;
    exception
        when sqlstate 'BK001' then
            get stacked diagnostics v_reason = pg_exception_detail, v_problem = message_text;
        -- A number, a date or a text that no column takes.
        when data_exception or integrity_constraint_violation then
            v_reason := 'statement_invalid';
            v_problem := format('%s: %s', sqlstate, sqlerrm);
    end;
    if v_reason is not null then
        perform jobs.park_bank_file(p_tenant_id, p_bank_file_id, v_reason, v_problem);
        return format('%s: %s', v_reason, v_problem);
    end if;
    update core.bank_files as f
    set state = 'booked',
        format = p_format,
        finished_at = now()
    where f.tenant_id = p_tenant_id and f.id = p_bank_file_id;
    if cardinality(v_new) > 0 then
        update core.bank_files as f
        set state = 'waiting',
            reason = null,
            problem = null,
            finished_at = null,
            attempts = 0,
            next_attempt_at = now()
        where f.tenant_id = p_tenant_id and f.state = 'parked' and f.reason = 'statement_gap';
    end if;
    return format(
        'booked: %s statements, %s new lines, %s of them matched',
        jsonb_array_length(p_statements), cardinality(v_new), v_matched
    );
end;
$$;
revoke all on function jobs.book_bank_statement(bigint, bigint, text, jsonb) from public;
grant execute on function jobs.book_bank_statement(bigint, bigint, text, jsonb) to jobs;
comment on function jobs.book_bank_statement(bigint, bigint, text, jsonb) is
    'Book the statements of a file, all or none; says what it came to.';
