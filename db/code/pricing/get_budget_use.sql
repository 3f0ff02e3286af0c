-- What is used of a budget: in the day or month that holds p_at, or in one session.
--
-- A session counts in the period in which it began, so that a running one never changes its
-- budget at midnight; a reservation counts when it was made. A transaction counts with its newest
-- price, a session that has none yet with its live cost, one that is written off with its energy
-- only.
-- energy_wh is in watt-hours, amount in the budget's currency with tax (null without a limit in
-- money; what is charged in another currency does not count), [starts_at, ends_at) the period,
-- null for a budget per session. For such a budget without p_session_id everything is null.
-- Called by: pricing.find_exhausted_budget, pricing.mark_exhausted_budgets; api.budgets, as the
--            caller, hence the grant: API roles cannot name a function of this schema.
-- Definer:   the caller of the view has no right on the tables.
create or replace function pricing.get_budget_use(
    p_budget core.budgets,
    p_at timestamptz,
    p_session_id bigint,
    out energy_wh numeric,
    out amount numeric,
    out starts_at timestamptz,
    out ends_at timestamptz
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_time_zone text;
begin
    if p_budget.per = 'session' and p_session_id is null then
        return;
    end if;
    if p_budget.per <> 'session' then
        select t.time_zone into v_time_zone from core.tenants as t where t.id = p_budget.tenant_id;
        starts_at := pricing.get_budget_start(p_budget.per, v_time_zone, p_at);
        ends_at := pricing.get_budget_start(
            p_budget.per, v_time_zone, p_at, ('1 ' || p_budget.per)::interval
        );
    end if;

    -- Of the branches all but one or two are passed over without being read.
    with counted as (
        select s.id as session_id, null::bigint as reservation_id, s.energy_wh
        from core.sessions as s
        where
            p_budget.per = 'session'
            and s.tenant_id = p_budget.tenant_id
            and s.id = p_session_id
        union all
        select s.id, null, s.energy_wh
        from core.sessions as s
        where
            p_budget.per <> 'session'
            and p_budget.id_token_id is not null
            and s.tenant_id = p_budget.tenant_id
            and s.id_token_id = p_budget.id_token_id
            and s.started_at >= starts_at
            and s.started_at < ends_at
        union all
        select s.id, null, s.energy_wh
        from core.sessions as s
        where
            p_budget.per <> 'session'
            and p_budget.user_id is not null
            and s.tenant_id = p_budget.tenant_id
            and s.user_id = p_budget.user_id
            and s.started_at >= starts_at
            and s.started_at < ends_at
        union all
        select null, r.id, null
        from core.reservations as r
        where
            p_budget.per <> 'session'
            and p_budget.id_token_id is not null
            and r.tenant_id = p_budget.tenant_id
            and r.id_token_id = p_budget.id_token_id
            and r.created_at >= starts_at
            and r.created_at < ends_at
        union all
        select null, r.id, null
        from core.reservations as r
        where
            p_budget.per <> 'session'
            and p_budget.user_id is not null
            and r.tenant_id = p_budget.tenant_id
            and r.user_id = p_budget.user_id
            and r.created_at >= starts_at
            and r.created_at < ends_at
    )

    select
        coalesce(sum(coalesce(g.energy_wh, c.energy_wh)), 0),
        case
            when p_budget.max_amount is not null
                then coalesce(
                    sum(
                        case
                            when g.currency = p_budget.currency
                                then coalesce(g.total_incl_vat, g.total_excl_vat)
                            when g.currency is null and x.state is distinct from 'written_off'
                                and k.currency = p_budget.currency
                                then coalesce(k.total_incl_vat, k.total_excl_vat)
                        end
                    ),
                    0
                )
        end
    into energy_wh, amount
    from counted as c
    left join lateral (
        select xs.tenant_id, xs.id, xs.state, xs.rating_version
        from core.transactions as xs
        where xs.tenant_id = p_budget.tenant_id and xs.session_id = c.session_id
        union all
        select xr.tenant_id, xr.id, xr.state, xr.rating_version
        from core.transactions as xr
        where xr.tenant_id = p_budget.tenant_id and xr.reservation_id = c.reservation_id
    ) as x on true
    left join core.ratings as g
        on g.tenant_id = x.tenant_id
        and g.transaction_id = x.id
        and g.version = x.rating_version
        and x.state <> 'written_off'
    left join core.session_costs as k
        on k.tenant_id = p_budget.tenant_id and k.session_id = c.session_id;
end;
$$;
revoke all on function pricing.get_budget_use(core.budgets, timestamptz, bigint) from public;
grant execute on function pricing.get_budget_use(core.budgets, timestamptz, bigint)
to staff, customer, platform;
comment on function pricing.get_budget_use(core.budgets, timestamptz, bigint) is
    'What is used of a budget in the day or month that holds a moment, or in one session.';

-- When the day or month (p_per) that holds p_at began, by the clock of p_time_zone; with p_later
-- the one so much later.
--
-- Asked is the second before midnight: on some days there is no midnight (Cairo, Santiago), on
-- others there are two (the Azores, Havana), of which PostgreSQL takes the second.
-- Called by: pricing.get_budget_use, pricing.mark_exhausted_budgets.
create or replace function pricing.get_budget_start(
    p_per text,
    p_time_zone text,
    p_at timestamptz,
    p_later interval default '0 seconds'
)
returns timestamptz
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        (
            date_trunc(p_per, p_at at time zone p_time_zone) + p_later - interval '1 second'
        ) at time zone p_time_zone
        + interval '1 second'
$$;
revoke all on function pricing.get_budget_start(text, text, timestamptz, interval) from public;
comment on function pricing.get_budget_start(text, text, timestamptz, interval) is
    'When the day or month that holds a moment began, by the clock of a zone.';
