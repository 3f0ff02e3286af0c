-- Price the running sessions that changed since they were priced last, each once.
--
-- A session is compared with what it was when it was priced by updated_at, which every reading
-- and change of state moves: an index on that column would make each reading write to every
-- index of the table, so all running sessions are compared (measured: docs/live_costs.md).
-- Nothing of a charger is locked. Sessions whose cost was calculated longest ago come first.
-- A session whose end is only presumed is priced on while its row is there. Of sessions that are
-- over the rows go once a transaction has their price.
-- Called by: jobs.refresh_session_costs.
-- Writes:    core.session_costs; core.session_tariffs of sessions without a tariff.
-- Returns:   the sessions that were priced; failures is how many could not be.
create or replace function pricing.refresh_live_costs(
    p_limit integer,
    out tenant_ids bigint[],
    out session_ids bigint[],
    out failures bigint
)
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_over_tenant_ids bigint[];
    v_over_ids bigint[];
begin
    -- Running ones that changed, and those with a cost that run no more.
    with running as materialized (
        select s.tenant_id, s.id, s.updated_at
        from core.sessions as s
        where s.state = 'active'
    ),

    changed as materialized (
        select
            coalesce(r.tenant_id, k.tenant_id) as tenant_id,
            coalesce(r.id, k.session_id) as id,
            r.id is not null as is_running,
            k.calculated_at
        from running as r
        full join core.session_costs as k
            on k.tenant_id = r.tenant_id and k.session_id = r.id
        where r.updated_at is distinct from k.session_updated_at
    ),

    due as (
        select c.tenant_id, c.id
        from changed as c
        where c.is_running
        order by c.calculated_at nulls first
        limit p_limit
    )

    select
        (select array_agg(d.tenant_id) from due as d),
        (select array_agg(d.id) from due as d),
        array_agg(c.tenant_id) filter (where not c.is_running),
        array_agg(c.id) filter (where not c.is_running)
    into tenant_ids, session_ids, v_over_tenant_ids, v_over_ids
    from changed as c;

    -- A tariff that was assigned since, with which the session will be rated in the end.
    perform pricing.set_session_tariff(s)
    from unnest(tenant_ids, session_ids) as d (tenant_id, id)
    inner join core.sessions as s on s.tenant_id = d.tenant_id and s.id = d.id
    where not exists (
        select
        from core.session_tariffs as st
        where st.tenant_id = d.tenant_id and st.session_id = d.id
    );

    with due as (
        select d.tenant_id, d.id
        from unnest(tenant_ids, session_ids) as d (tenant_id, id)
        union all
        select o.tenant_id, o.id
        from unnest(v_over_tenant_ids, v_over_ids) as o (tenant_id, id)
    ),

    priced as (
        insert into core.session_costs as k (
            tenant_id, session_id, energy_wh, currency, total_excl_vat, total_incl_vat, result,
            problem, failure, as_of, session_updated_at
        )
        select
            s.tenant_id,
            s.id,
            coalesce(s.energy_wh, 0),
            c.result ->> 'currency',
            (c.result ->> 'total_excl_vat')::numeric,
            (c.result ->> 'total_incl_vat')::numeric,
            c.result,
            case
                when v.id is null then 'tariff_missing'
                when c.result is null then 'pricing_failed'
            end,
            c.failure,
            c.as_of,
            s.updated_at
        from due as d
        inner join core.sessions as s on s.tenant_id = d.tenant_id and s.id = d.id
        left join core.session_costs as old
            on old.tenant_id = s.tenant_id and old.session_id = s.id
        left join core.session_tariffs as st
            on st.tenant_id = s.tenant_id and st.session_id = s.id
        left join core.tariff_versions as v
            on v.tenant_id = st.tenant_id and v.id = st.tariff_version_id
        cross join lateral pricing.get_live_cost(s, v.compiled, st.time_zone) as c
        where
            s.state <> 'ended'
            and s.updated_at is distinct from old.session_updated_at
        on conflict (tenant_id, session_id) do update
        set energy_wh = excluded.energy_wh,
            currency = excluded.currency,
            total_excl_vat = excluded.total_excl_vat,
            total_incl_vat = excluded.total_incl_vat,
            result = excluded.result,
            problem = excluded.problem,
            failure = excluded.failure,
            as_of = excluded.as_of,
            session_updated_at = excluded.session_updated_at,
            calculations = k.calculations + 1,
            calculated_at = now()
        returning k.tenant_id, k.session_id, k.failure
    )

    select
        array_agg(p.tenant_id),
        array_agg(p.session_id),
        count(*) filter (where p.failure is not null)
    into tenant_ids, session_ids, failures
    from priced as p;

    -- A day without a transaction: nothing was delivered to somebody who was refused, or its
    -- end is only presumed and nothing more was heard.
    delete from core.session_costs as k
    using unnest(v_over_tenant_ids, v_over_ids) as o (tenant_id, id)
    inner join core.sessions as s on s.tenant_id = o.tenant_id and s.id = o.id
    left join core.transactions as x on x.tenant_id = s.tenant_id and x.session_id = s.id
    where
        k.tenant_id = o.tenant_id
        and k.session_id = o.id
        and s.state <> 'active'
        and (
            x.state in ('priced', 'written_off')
            or x.id is null and s.updated_at < now() - interval '1 day'
        );
end;
$$;
revoke all on function pricing.refresh_live_costs(integer) from public;
comment on function pricing.refresh_live_costs(integer) is
    'Price the running sessions that changed since they were priced last, each once.';
