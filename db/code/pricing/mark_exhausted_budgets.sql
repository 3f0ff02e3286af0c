-- Mark the running sessions whose budget is used up, given those whose cost has changed.
--
-- What one session uses may exhaust what others share: all running sessions of the budgets that
-- the given ones count for are judged, each day or month once.
-- Called by: jobs.refresh_session_costs.
-- Writes:    core.session_costs.budget_id, core.session_events (budget_reached).
-- Returns:   how many were marked.
create or replace function pricing.mark_exhausted_budgets(
    p_tenant_ids bigint[],
    p_session_ids bigint[]
)
returns integer
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_marked core.session_costs[];
begin
    with touched as (
        select b as budget, s.id as session_id
        from unnest(p_tenant_ids, p_session_ids) as p (tenant_id, id)
        inner join core.sessions as s on s.tenant_id = p.tenant_id and s.id = p.id
        inner join core.budgets as b
            on b.tenant_id = s.tenant_id and b.id_token_id = s.id_token_id
        where b.is_enabled
        union all
        select b, s.id
        from unnest(p_tenant_ids, p_session_ids) as p (tenant_id, id)
        inner join core.sessions as s on s.tenant_id = p.tenant_id and s.id = p.id
        inner join core.budgets as b on b.tenant_id = s.tenant_id and b.user_id = s.user_id
        where b.is_enabled
    ),

    shared as (
        select distinct t.budget
        from touched as t
        where (t.budget).per <> 'session'
    ),

    counted as (
        select
            t.budget,
            s.tenant_id,
            s.id as session_id,
            s.started_at,
            t.session_id as unit_session_id,
            null::timestamptz as unit_starts_at
        from touched as t
        inner join core.sessions as s
            on s.tenant_id = (t.budget).tenant_id and s.id = t.session_id
        where (t.budget).per = 'session' and s.state = 'active'
        union all
        select
            d.budget,
            s.tenant_id,
            s.id,
            s.started_at,
            null,
            pricing.get_budget_start((d.budget).per, n.time_zone, s.started_at)
        from shared as d
        inner join core.tenants as n on n.id = (d.budget).tenant_id
        -- Two look-ups: an "or" would compare each budget with all that runs.
        cross join lateral (
            select r.tenant_id, r.id, r.started_at
            from core.sessions as r
            where
                r.tenant_id = n.id
                and r.id_token_id = (d.budget).id_token_id
                and r.state = 'active'
            union all
            select r.tenant_id, r.id, r.started_at
            from core.sessions as r
            where r.tenant_id = n.id and r.user_id = (d.budget).user_id and r.state = 'active'
        ) as s
        inner join core.session_costs as k
            on k.tenant_id = s.tenant_id and k.session_id = s.id and k.budget_id is null
    ),

    units as (
        select c.budget, c.unit_session_id, c.unit_starts_at, min(c.started_at) as started_at
        from counted as c
        group by c.budget, c.unit_session_id, c.unit_starts_at
    ),

    exhausted as materialized (
        select u.budget, u.unit_session_id, u.unit_starts_at
        from units as u
        where pricing.is_budget_exhausted(u.budget, u.started_at, u.unit_session_id)
    ),

    marked as (
        update core.session_costs as k
        set budget_id = f.budget_id
        from (
            select c.tenant_id, c.session_id, min((c.budget).id) as budget_id
            from counted as c
            inner join exhausted as e
                on e.budget = c.budget
                and e.unit_session_id is not distinct from c.unit_session_id
                and e.unit_starts_at is not distinct from c.unit_starts_at
            group by c.tenant_id, c.session_id
        ) as f
        where
            k.tenant_id = f.tenant_id
            and k.session_id = f.session_id
            and k.budget_id is null
        returning k.*
    )

    select array_agg(m) into v_marked
    from marked as m;

    perform charging.record_session_event(
        s, 'budget_reached', s.state, m.as_of, now(),
        jsonb_build_object(
            'budget_id', b.id, 'per', b.per, 'max_energy_wh', b.max_energy_wh,
            'max_amount', b.max_amount, 'currency', b.currency
        )
    )
    from unnest(v_marked) as m
    inner join core.sessions as s on s.tenant_id = m.tenant_id and s.id = m.session_id
    inner join core.budgets as b on b.tenant_id = m.tenant_id and b.id = m.budget_id;
    return coalesce(cardinality(v_marked), 0);
end;
$$;
revoke all on function pricing.mark_exhausted_budgets(bigint[], bigint[]) from public;
comment on function pricing.mark_exhausted_budgets(bigint[], bigint[]) is
    'Mark the running sessions whose budget is used up, given those whose cost has changed.';
