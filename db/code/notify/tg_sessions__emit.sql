-- Tell of sessions that begin and end.
--
-- One that a stop without a start made is told of as ended only. One that was presumed to have
-- ended and whose end is reported then is told of once.
-- Called by: triggers sessions__emit_*, after insert or update of state, for each row.
-- Writes:    core.events.
create or replace function notify.tg_sessions__emit()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform notify.emit(
        new.tenant_id,
        case when new.state = 'active' then 'session.started' else 'session.ended' end,
        'session',
        new.id,
        jsonb_build_object(
            'charge_point_id', new.charge_point_id,
            'evse_id', new.evse_id,
            'connector_id', new.connector_id,
            'id_token_id', new.id_token_id,
            'user_id', new.user_id,
            'started_at', new.started_at
        ) || case
            when new.state = 'active' then '{}'
            else jsonb_build_object(
                'ended_at', new.ended_at,
                'energy_wh', new.energy_wh,
                'stop_reason', new.stop_reason,
                'is_presumed', new.state = 'presumed_ended'
            )
        end
    );
    return null;
end;
$$;
revoke all on function notify.tg_sessions__emit() from public;
comment on function notify.tg_sessions__emit() is 'Trigger: tell of sessions that begin and end.';
