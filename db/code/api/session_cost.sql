-- What one session costs: so far while it runs, finally once it is priced.
--
-- Reads what is stored and calculates nothing, through the views that the caller may read.
-- Errors: PT404 session_unknown, also for one that the caller may not see.
create or replace function api.session_cost(session bigint)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session record;
    v_live record;
    v_final record;
    v_cost jsonb;
begin
    select s.tenant_id, s.id, s.state, s.id_token_id, s.user_id, s.energy_wh
    into v_session
    from api.charging_sessions as s
    where s.id = session_cost.session;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such session',
            detail = '{"error":"session_unknown"}',
            hint = 'charging_sessions lists those that you may see.';
    end if;
    select k.* into v_live
    from api.session_costs as k
    where k.tenant_id = v_session.tenant_id and k.session_id = v_session.id;
    select t.* into v_final
    from api.transactions as t
    where t.tenant_id = v_session.tenant_id and t.session_id = v_session.id;
    if v_final.state = 'priced' then
        v_cost := jsonb_build_object(
            'as_of', v_final.ended_at,
            'energy_wh', v_final.energy_wh,
            'currency', v_final.currency,
            'total_excl_vat', v_final.total_excl_vat,
            'total_incl_vat', v_final.total_incl_vat,
            'lines', v_final.lines,
            'taxes', v_final.taxes,
            'warnings', v_final.warnings,
            'explanation', v_final.explanation,
            'problem', null
        );
    else
        v_cost := jsonb_build_object(
            'as_of', v_live.as_of,
            'energy_wh', coalesce(v_live.energy_wh, v_session.energy_wh),
            'currency', v_live.currency,
            'total_excl_vat', v_live.total_excl_vat,
            'total_incl_vat', v_live.total_incl_vat,
            'lines', v_live.lines,
            'taxes', v_live.taxes,
            'warnings', v_live.warnings,
            'explanation', v_live.explanation,
            'problem', v_live.problem
        );
    end if;
    return jsonb_build_object(
        'session_id', v_session.id,
        'state', v_session.state,
        'is_final', coalesce(v_final.state = 'priced', false),
        'transaction_id', v_final.id,
        'transaction_state', v_final.state,
        'hold_reasons', v_final.hold_reasons,
        'budget_id', v_live.budget_id,
        'budgets', (
            select
                coalesce(
                    jsonb_agg(
                        jsonb_build_object(
                            'id', b.id,
                            'per', b.per,
                            'max_energy_wh', b.max_energy_wh,
                            'max_amount', b.max_amount,
                            'currency', b.currency,
                            'used_energy_wh', case
                                when b.per = 'session' then v_session.energy_wh
                                else b.used_energy_wh
                            end,
                            'used_amount', case
                                when b.per <> 'session' then b.used_amount
                                when b.currency = v_cost ->> 'currency'
                                    then coalesce(
                                        v_cost ->> 'total_incl_vat', v_cost ->> 'total_excl_vat'
                                    )::numeric
                            end
                        )
                        order by b.id
                    ),
                    '[]'
                )
            from api.budgets as b
            where
                b.tenant_id = v_session.tenant_id
                and b.is_enabled
                and (b.id_token_id = v_session.id_token_id or b.user_id = v_session.user_id)
        )
    ) || v_cost;
end;
$$;
revoke all on function api.session_cost(bigint) from public;
grant execute on function api.session_cost(bigint) to staff, customer, platform;
comment on function api.session_cost(bigint) is
    E'What a session costs: so far while it runs, finally once it is priced.\n'
    'One object: total_excl_vat, total_incl_vat, lines and their explanation as of as_of, the '
    'newest reading of a running session; is_final says that it is the price of the transaction. '
    'problem or hold_reasons say why there is no price. budgets are those that the session counts '
    'for, with what is used of them now.';
