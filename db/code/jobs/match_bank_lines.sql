-- Look again at lines of statements that nobody owned when they came: an invoice, an IBAN or a
-- refund may be known by now. And go on with a large file.
--
-- Each about once an hour, the lines of one tenant at a time. Lines are locked before accounts, as
-- by whoever matches by hand; one that somebody has locked is left to them.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    core.bank_transactions, and what billing.match_bank_transactions writes.
-- Returns:   how many were matched, empty for none; ends in 'more is left' when it is.
create or replace function jobs.match_bank_lines()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit constant integer := access.get_setting('bank.lines_to_match')::integer;
    v_tenant_id bigint;
    v_ids bigint[];
    v_matched integer;
begin
    select t.tenant_id into v_tenant_id
    from core.bank_transactions as t
    where t.matched_amount = 0 and t.amount <> 0 and t.look_at <= now()
    order by t.look_at
    limit 1;
    with due as (
        select t.id
        from core.bank_transactions as t
        where
            t.tenant_id = v_tenant_id
            and t.matched_amount = 0
            and t.amount <> 0
            and t.look_at <= now()
        order by t.look_at
        limit v_limit
        for no key update skip locked
    ),

    looked as (
        update core.bank_transactions as t
        set look_at = now() + interval '1 hour'
        where t.tenant_id = v_tenant_id and t.id in (select d.id from due as d)
        returning t.id
    )

    select array_agg(l.id) into v_ids from looked as l;
    if v_ids is null then
        return '';
    end if;
    v_matched := billing.match_bank_transactions(v_tenant_id, v_ids);
    return concat_ws(
        ', ',
        case when v_matched > 0 then format('matched %s', v_matched) end,
        case
            when exists (
                select
                from core.bank_transactions as t
                where t.matched_amount = 0 and t.amount <> 0 and t.look_at <= now()
            )
                then 'more is left'
        end
    );
end;
$$;
revoke all on function jobs.match_bank_lines() from public;
grant execute on function jobs.match_bank_lines() to jobs;
comment on function jobs.match_bank_lines() is
    'Look again at lines of statements in suspense; says how many were matched.';
