-- Prove the books of the day before, once a day; again as long as they are not proven, or a
-- statement of that day came later.
--
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    core.daily_proofs.
-- Returns:   what does not fit, empty when all does.
create or replace function jobs.prove_books()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_to_prove record;
    v_problems text;
begin
    for v_to_prove in
        select distinct
            l.tenant_id,
            (now() at time zone l.time_zone)::date - 1 as proven_on
        from core.legal_entities as l
        inner join core.tenants as t on t.id = l.tenant_id and t.is_active
        where not exists (
            select
            from core.daily_proofs as d
            where
                d.tenant_id = l.tenant_id
                and d.legal_entity_id = l.id
                and d.proven_on = (now() at time zone l.time_zone)::date - 1
                and d.is_proven
                and d.updated_at >= all(
                    select s.created_at
                    from core.bank_statements as s
                    where s.tenant_id = l.tenant_id and s.legal_entity_id = l.id
                )
        )
        order by l.tenant_id, proven_on
    loop
        perform billing.prove_books(v_to_prove.tenant_id, v_to_prove.proven_on);
        v_problems := concat_ws(
            '; ',
            v_problems,
            (
                select string_agg(
                    format(
                        'tenant %s, legal entity %s, %s: %s', d.tenant_id, d.legal_entity_id,
                        d.proven_on, d.problem
                    ),
                    '; ' order by d.legal_entity_id
                )
                from core.daily_proofs as d
                where
                    d.tenant_id = v_to_prove.tenant_id
                    and d.proven_on = v_to_prove.proven_on
                    and not d.is_proven
            )
        );
    end loop;
    return coalesce(v_problems, '');
end;
$$;
revoke all on function jobs.prove_books() from public;
grant execute on function jobs.prove_books() to jobs;
comment on function jobs.prove_books() is
    'Prove the books of the day before; returns what does not fit.';
