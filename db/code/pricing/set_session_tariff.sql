-- Give a session the tariff that applies to it, or take it away where none does.
--
-- What an operator chose stays (pricing.set_operator_tariff).
-- Called by: triggers sessions__choose_tariff and sessions__choose_tariff_again;
--            pricing.refresh_live_costs and pricing.rate_sessions, for a session that had none.
-- Writes:    core.session_tariffs; locks assignment and version against deletion.
create or replace function pricing.set_session_tariff(p_session core.sessions)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_choice record;
begin
    -- What was chosen may be deleted this moment. No start of a charger fails for that: what is
    -- there is held, and what has gone is chosen no second time.
    loop
        v_choice := pricing.choose_tariff(
            p_session.tenant_id, p_session.charge_point_id, p_session.evse_id,
            p_session.connector_id, p_session.id_token_id, p_session.user_id, p_session.started_at
        );
        exit when v_choice.tariff_version_id is null;
        perform
        from core.tariff_assignments as a
        inner join core.tariff_versions as v
            on v.tenant_id = a.tenant_id and v.id = v_choice.tariff_version_id
        where a.tenant_id = p_session.tenant_id and a.id = v_choice.tariff_assignment_id
        for key share;
        exit when found;
    end loop;
    if v_choice.tariff_version_id is null then
        delete from core.session_tariffs as t
        where
            t.tenant_id = p_session.tenant_id
            and t.session_id = p_session.id
            and t.place <> 'operator';
        return;
    end if;
    insert into core.session_tariffs as t (
        tenant_id, session_id, tariff_version_id, tariff_assignment_id, place, audience, time_zone
    )
    values (
        p_session.tenant_id, p_session.id, v_choice.tariff_version_id,
        v_choice.tariff_assignment_id, v_choice.place, v_choice.audience, v_choice.time_zone
    )
    on conflict (tenant_id, session_id) do update
    set tariff_version_id = excluded.tariff_version_id,
        tariff_assignment_id = excluded.tariff_assignment_id,
        place = excluded.place,
        audience = excluded.audience,
        time_zone = excluded.time_zone,
        chosen_at = excluded.chosen_at
    where
        t.place <> 'operator'
        and (t.tariff_version_id, t.tariff_assignment_id, t.place, t.audience, t.time_zone)
        is distinct from (
            excluded.tariff_version_id, excluded.tariff_assignment_id, excluded.place,
            excluded.audience, excluded.time_zone
        );
end;
$$;
revoke all on function pricing.set_session_tariff(core.sessions) from public;
comment on function pricing.set_session_tariff(core.sessions) is
    'Give a session the tariff that applies to it, or take it away where none does.';
