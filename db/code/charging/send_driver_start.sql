-- Send a remote start for the driver who asks: their token, at a place where it may charge now.
--
-- The place is an EVSE id, where p_connector_no counts within the EVSE, or the identity of a
-- charge point, which few drivers know, where it is OCPP's number.
-- The token comes first: what is blocked or out of date is so everywhere. Then a charge point that
-- there is not and one where the token has no right are one answer, so that nobody learns which
-- identities there are by trying; of an EVSE, whose id everybody can read, it is said. Only then
-- its state, and running sessions, as for a start at the charger; what begins there is judged
-- again. A driver waits for the answer to one command before the next.
-- Called by: api.remote_start_transaction.
-- Writes:    as fleet.queue_command.
-- Errors:    PT404 charge_point_unknown; PT403 id_token_refused (its detail has "status" and
--            "reason"); those of fleet.find_evse, charging.choose_own_id_token,
--            charging.choose_free_connector, charging.refuse_second_command and
--            fleet.queue_command.
create or replace function charging.send_driver_start(
    p_charge_point text,
    p_evse_id text,
    p_connector_no integer,
    p_id_token text
)
returns ops.commands
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id_token constant core.id_tokens := charging.choose_own_id_token(p_id_token);
    v_evse core.evses;
    v_charge_point core.charge_points;
    v_refusal text;
    v_judgement record;
    v_connector core.connectors;
begin
    if p_evse_id is not null then
        v_evse := fleet.find_evse(p_evse_id);
    end if;
    select cp.* into v_charge_point
    from core.charge_points as cp
    where
        cp.tenant_id = claims.tenant_id()
        and cp.id = coalesce(
            v_evse.charge_point_id,
            (
                select i.charge_point_id
                from core.charge_point_identities as i
                where
                    i.identity_key = lower(p_charge_point)
                    and i.tenant_id = claims.tenant_id()
            )
        );
    v_judgement := charging.judge_id_token(
        v_charge_point.id, v_id_token, 'authorize', now(), null
    );
    if v_judgement.status <> 'Accepted' and v_judgement.reason <> 'no_right_here' then
        perform charging.refuse_id_token(v_judgement.status, v_judgement.reason);
    elsif v_charge_point.id is null or v_evse.id is null and v_judgement.status <> 'Accepted' then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such charge point for you',
            detail = '{"error":"charge_point_unknown"}',
            hint = 'Send evse_id, which stands on the charger.';
    elsif v_judgement.status <> 'Accepted' then
        perform charging.refuse_id_token(v_judgement.status, v_judgement.reason);
    end if;
    v_refusal := fleet.find_command_refusal(v_charge_point, 'RemoteStartTransaction', false);
    if v_refusal is not null then
        perform fleet.refuse_command(v_refusal);
    end if;
    perform charging.refuse_second_command('RemoteStartTransaction', v_charge_point);

    v_judgement := charging.judge_id_token(v_charge_point.id, v_id_token, 'start', now(), null);
    if v_judgement.status <> 'Accepted' then
        perform charging.refuse_id_token(v_judgement.status, v_judgement.reason);
    end if;
    if v_evse.id is not null then
        v_connector := charging.choose_connector(v_evse, p_connector_no, v_id_token);
    else
        v_connector := charging.choose_free_connector(
            array(
                select k
                from core.connectors as k
                where
                    k.tenant_id = v_charge_point.tenant_id
                    and k.charge_point_id = v_charge_point.id
                    and k.ocpp16_connector_id = coalesce(p_connector_no, k.ocpp16_connector_id)
                order by k.ocpp16_connector_id
            ),
            v_id_token
        );
    end if;
    return fleet.queue_command(
        v_charge_point, 'RemoteStartTransaction',
        jsonb_build_object(
            'connectorId', v_connector.ocpp16_connector_id, 'idTag', v_id_token.id_token
        ),
        p_keep => false, p_requested_via => 'driver'
    );
end;
$$;
revoke all on function charging.send_driver_start(text, text, integer, text) from public;
comment on function charging.send_driver_start(text, text, integer, text) is
    'Send a remote start for the driver who asks.';

-- Refuse a driver whose token may not charge, and say why.
--
-- Called by: charging.send_driver_start.
-- Errors:    PT403 id_token_refused (its detail has "status" and "reason").
create or replace function charging.refuse_id_token(p_status text, p_reason text)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'PT403',
        message = 'your token may not charge there now',
        detail = jsonb_build_object(
            'error', 'id_token_refused', 'status', p_status, 'reason', p_reason
        )::text,
        hint = 'The reason says why.';
end;
$$;
revoke all on function charging.refuse_id_token(text, text) from public;
comment on function charging.refuse_id_token(text, text) is
    'Refuse a driver whose token may not charge, and say why.';
