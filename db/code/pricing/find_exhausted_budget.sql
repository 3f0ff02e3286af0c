-- A budget of a token or its person that has nothing left at a moment, null without one.
--
-- Budgets per session are none: a session that is about to begin has used nothing.
-- Called by: charging.judge_id_token.
create or replace function pricing.find_exhausted_budget(
    p_tenant_id bigint,
    p_id_token_id bigint,
    p_user_id uuid,
    p_at timestamptz
)
returns bigint
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_budget core.budgets;
begin
    -- Most people have none: this is what a start pays then. One after the other, since what is
    -- used is read only as long as nothing was found.
    for v_budget in
        select b.*
        from core.budgets as b
        where
            b.tenant_id = p_tenant_id
            and b.id_token_id = p_id_token_id
            and b.per <> 'session'
            and b.is_enabled
        union all
        select b.*
        from core.budgets as b
        where
            b.tenant_id = p_tenant_id
            and b.user_id = p_user_id
            and b.per <> 'session'
            and b.is_enabled
    loop
        if pricing.is_budget_exhausted(v_budget, p_at, null) then
            return v_budget.id;
        end if;
    end loop;
    return null;
end;
$$;
revoke all on function pricing.find_exhausted_budget(bigint, bigint, uuid, timestamptz)
from public;
comment on function pricing.find_exhausted_budget(bigint, bigint, uuid, timestamptz) is
    'A budget of a token or its person that has nothing left at a moment, null without one.';

-- Whether a budget is used up, for the session (p_session_id) or the period that holds p_at.
--
-- Called by: pricing.find_exhausted_budget, pricing.mark_exhausted_budgets,
--            pricing.is_session_over_budget.
create or replace function pricing.is_budget_exhausted(
    p_budget core.budgets,
    p_at timestamptz,
    p_session_id bigint
)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select coalesce(u.energy_wh >= p_budget.max_energy_wh, false)
            or coalesce(u.amount >= p_budget.max_amount, false)
        from pricing.get_budget_use(p_budget, p_at, p_session_id) as u
    );
end;
$$;
revoke all on function pricing.is_budget_exhausted(core.budgets, timestamptz, bigint) from public;
comment on function pricing.is_budget_exhausted(core.budgets, timestamptz, bigint) is
    'Whether a budget is used up, for a session or the period that holds a moment.';
