-- Stop a charging session from afar (OCPP 1.6 §5.12).
--
-- Staff need commands.write; a driver stops their own sessions. The session ends when the charge
-- point says so: the command is accepted before that.
-- Errors:  those of charging.find_session_to_stop and fleet.queue_command; PT403
--          permission_missing; for a driver PT409 command_pending.
-- Definer: commands are written by functions only.
create or replace function api.remote_stop_transaction(
    charge_point text default null,
    session_id bigint default null,
    transaction_id text default null,
    keep boolean default null,
    expires_in_s integer default null
)
returns setof api.commands
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_driver constant boolean := claims.role() = 'customer';
    v_session core.sessions;
    v_charge_point core.charge_points;
begin
    -- A driver keeps no command.
    if
        not v_is_driver
        or num_nonnulls(
            remote_stop_transaction.keep, remote_stop_transaction.expires_in_s
        ) > 0
    then
        perform access.require_permission('commands.write');
    end if;
    v_session := charging.find_session_to_stop(
        remote_stop_transaction.session_id, remote_stop_transaction.transaction_id,
        remote_stop_transaction.charge_point
    );
    select cp.* into v_charge_point
    from core.charge_points as cp
    where cp.tenant_id = v_session.tenant_id and cp.id = v_session.charge_point_id;
    if v_is_driver then
        perform charging.refuse_second_command('RemoteStopTransaction', v_charge_point);
    end if;
    return query
    select s.*
    from fleet.show_commands(
        array[
            fleet.queue_command(
                v_charge_point, 'RemoteStopTransaction',
                jsonb_build_object(
                    'transactionId', ocpp.parse_numeric(v_session.transaction_id)
                ),
                remote_stop_transaction.keep,
                make_interval(secs => remote_stop_transaction.expires_in_s),
                case when v_is_driver then 'driver' else 'api' end
            )
        ]
    ) as s;
end;
$$;
revoke all on function api.remote_stop_transaction(
    text, bigint, text, boolean, integer
) from public;
grant execute on function api.remote_stop_transaction(
    text, bigint, text, boolean, integer
) to staff, customer, platform;
comment on function api.remote_stop_transaction(text, bigint, text, boolean, integer) is
    E'Stop a charging session from afar.\n'
    'session_id is its number in charging_sessions; or transaction_id is the number that the '
    'charge point knows it by, with the OCPP identity in charge_point. A driver may stop their own '
    'sessions by session_id or transaction_id. Returns the command; the session ends when the '
    'charge point says so. keep and expires_in_s (seconds) say whether and how long staff want to '
    'wait for a charge point that is away. Staff need the permission commands.write.';
