-- Begin the billing run of the last month once it is over for all legal entities of a tenant.
--
-- Zones differ, so that it begins on the 1st where the day begins last, or later when no job ran.
-- A tenant without accounts has none. jobs.run_billing does the rest.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    what billing.open_run writes.
-- Returns:   what was done, empty for nothing.
create or replace function jobs.start_billing_runs()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_due record;
    v_started integer := 0;
begin
    for v_due in
        select m.tenant_id, m.month
        from (
            select
                e.tenant_id,
                (
                    date_trunc('month', min(now() at time zone e.time_zone)) - interval '1 month'
                )::date as month
            from core.legal_entities as e
            group by e.tenant_id
        ) as m
        where
            exists (select from core.accounts as a where a.tenant_id = m.tenant_id)
            and not exists (
                select
                from core.billing_runs as r
                where
                    r.tenant_id = m.tenant_id
                    and r.period_from = m.month
                    and r.period_to = (m.month + interval '1 month')::date
            )
        order by m.tenant_id
    loop
        perform billing.open_run(v_due.tenant_id, v_due.month, null);
        v_started := v_started + 1;
    end loop;
    return case when v_started > 0 then format('began %s runs', v_started) else '' end;
end;
$$;
revoke all on function jobs.start_billing_runs() from public;
grant execute on function jobs.start_billing_runs() to jobs;
comment on function jobs.start_billing_runs() is
    'Begin billing runs of the last month; returns how many.';
