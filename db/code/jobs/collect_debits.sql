-- Announce direct debits, put those that are near into batches, and end mandates that were not used
-- for 36 months.
--
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    see billing.announce_debits, billing.create_debit_batches; core.mandates.
-- Source:    SEPA core direct debit rulebook, 4.1: a mandate ends 36 months after its last
--            collection.
create or replace function jobs.collect_debits()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_step constant integer := 1000;
    v_lead_days constant integer := access.get_setting('bank.debit_lead_days')::integer;
    v_legal_entity record;
    v_some integer;
    v_announced integer := 0;
    v_batches integer := 0;
    v_expired integer;
    v_is_more boolean := false;
begin
    update core.mandates as m
    set state = 'expired'
    where
        m.state = 'active'
        and m.signed_on < current_date - interval '36 months'
        and not exists (
            select
            from core.payments as p
            where
                p.tenant_id = m.tenant_id
                and p.mandate_id = m.id
                and p.state in ('pending', 'submitted', 'unknown', 'succeeded', 'returned')
                and p.collect_on >= current_date - interval '36 months'
        );
    get diagnostics v_expired = row_count;
    -- Few, each with its own day.
    for v_legal_entity in
        select l.tenant_id, l.id, (now() at time zone l.time_zone)::date as today
        from core.legal_entities as l
        inner join core.tenants as t on t.id = l.tenant_id and t.is_active
        where l.creditor_id is not null and l.iban is not null
        order by l.tenant_id, l.id
    loop
        v_some := billing.announce_debits(
            v_legal_entity.tenant_id, v_legal_entity.id, null, v_step
        );
        v_announced := v_announced + v_some;
        v_is_more := v_is_more or v_some = v_step;
        v_batches := v_batches + cardinality(
            billing.create_debit_batches(
                v_legal_entity.tenant_id, v_legal_entity.id,
                v_legal_entity.today + v_lead_days, null
            )
        );
    end loop;
    return concat_ws(
        ', ',
        case when v_announced > 0 then format('announced %s', v_announced) end,
        case when v_batches > 0 then format('made %s batches', v_batches) end,
        case when v_expired > 0 then format('ended %s mandates', v_expired) end,
        case when v_is_more then 'more is left' end
    );
end;
$$;
revoke all on function jobs.collect_debits() from public;
grant execute on function jobs.collect_debits() to jobs;
comment on function jobs.collect_debits() is
    'Announce direct debits, put those that are near into batches, end mandates long unused.';
