-- Price a session with the tariff that an operator names, whatever was assigned.
--
-- The version is the one that was valid at p_at, when the session began: after a correction of that
-- moment not what the charger's clock said.
-- Called by: api.release_session, api.correct_session, api.rerate_transaction, which have the
--            session locked.
-- Writes:    core.session_tariffs.
-- Errors:    PT404 tariff_unknown, PT409 tariff_not_valid.
create or replace function pricing.set_operator_tariff(
    p_session core.sessions,
    p_tariff text,
    p_at timestamptz
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_version constant core.tariff_versions := pricing.get_tariff_version(
        p_session.tenant_id, p_tariff, p_at
    );
begin
    insert into core.session_tariffs as t (
        tenant_id, session_id, tariff_version_id, place, audience, time_zone
    )
    select p_session.tenant_id, p_session.id, v_version.id, 'operator', 'operator', c.time_zone
    from pricing.choose_tariff(
        p_session.tenant_id, p_session.charge_point_id, p_session.evse_id,
        p_session.connector_id, p_session.id_token_id, p_session.user_id, p_at
    ) as c
    on conflict (tenant_id, session_id) do update
    set tariff_version_id = excluded.tariff_version_id,
        tariff_assignment_id = null,
        place = excluded.place,
        audience = excluded.audience,
        chosen_at = excluded.chosen_at;
end;
$$;
revoke all on function pricing.set_operator_tariff(core.sessions, text, timestamptz) from public;
comment on function pricing.set_operator_tariff(core.sessions, text, timestamptz) is
    'Price a session with the tariff that an operator names, whatever was assigned.';
