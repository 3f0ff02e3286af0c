-- Queue a command for a charge point, or for every member of a group.
--
-- The permission is that of the action. The commands of a group share a batch_id, and a member
-- that cannot take its command gets a row in state expired instead of failing the rest: with
-- error_code Offline, Disabled, QueueFull, NotAccepted, or the key of the error that
-- prepare_<action> raised for it. What is wrong for all of them fails the call.
-- Called by: api.send_command and the functions for one kind of command.
-- Writes:    as fleet.queue_command.
-- Errors:    those of fleet.find_addressed_charge_points and fleet.queue_command.
create or replace function fleet.send_commands(
    p_action text,
    p_payload jsonb,
    p_charge_point text,
    p_charge_point_group text,
    p_keep boolean,
    p_expires_in_s integer
)
returns setof ops.commands
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_permission text;
    v_charge_point core.charge_points;
    v_expires_in constant interval := make_interval(secs => p_expires_in_s);
    v_batch_id uuid;
    v_detail text;
begin
    select a.permission into v_permission
    from ops.command_actions as a
    where a.action = p_action
    order by a.ocpp_version
    limit 1;
    if not found then
        raise exception using
            errcode = 'PT400',
            message = format('there is no command %s', left(p_action, 60)),
            detail = '{"error":"command_action_unknown"}',
            hint = 'Name an OCPP message that a central system may send, such as Reset.';
    end if;
    if p_charge_point is not null then
        return query
        select q.*
        from fleet.find_addressed_charge_points(
            v_permission, p_charge_point, p_charge_point_group
        ) as cp
        cross join lateral fleet.queue_command(
            cp, p_action, p_payload, p_keep, v_expires_in
        ) as q;
        return;
    end if;

    v_batch_id := gen_random_uuid();
    -- A loop, as one that refuses must not fail the others.
    for v_charge_point in
        select cp.*
        from fleet.find_addressed_charge_points(
            v_permission, p_charge_point, p_charge_point_group
        ) as cp
    loop
        -- Only prepare_<action> refuses one member: without it there is nothing to catch, and a
        -- thousand subtransactions would slow everybody down.
        if
            fleet.find_command_hook(
                'prepare', coalesce(v_charge_point.ocpp_version, '1.6'), p_action
            ) is null
        then
            return next fleet.queue_command(
                v_charge_point, p_action, p_payload, p_keep, v_expires_in,
                p_batch_id => v_batch_id, p_raise_offline => false
            );
            continue;
        end if;
        begin
            return next fleet.queue_command(
                v_charge_point, p_action, p_payload, p_keep, v_expires_in,
                p_batch_id => v_batch_id, p_raise_offline => false
            );
        exception
            when sqlstate 'PT404' or sqlstate 'PT409' then
                get stacked diagnostics v_detail = pg_exception_detail;
                return next fleet.record_refused_command(
                    v_charge_point, p_action, p_payload, v_batch_id,
                    v_detail::jsonb ->> 'error'
                );
        end;
    end loop;
end;
$$;
revoke all on function fleet.send_commands(
    text, jsonb, text, text, boolean, integer
) from public;
comment on function fleet.send_commands(text, jsonb, text, text, boolean, integer) is
    'Queue a command for a charge point or for every member of a group.';

-- Keep a command that a member of a group could not take, in state expired.
--
-- Called by: fleet.send_commands.
-- Writes:    ops.commands.
create or replace function fleet.record_refused_command(
    p_charge_point core.charge_points,
    p_action text,
    p_payload jsonb,
    p_batch_id uuid,
    p_error_code text
)
returns ops.commands
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    insert into ops.commands as q (
        tenant_id, charge_point_id, ocpp_version, action, payload, state, is_kept, expires_at,
        batch_id, requested_by, requested_via, finished_at, error_code
    )
    values (
        p_charge_point.tenant_id, p_charge_point.id, coalesce(p_charge_point.ocpp_version, '1.6'),
        p_action,
        case
            when jsonb_typeof(p_payload) = 'object' then fleet.mask_json(p_payload)
            else '{}'
        end,
        'expired', false, clock_timestamp(), p_batch_id, claims.user_id(), 'api',
        clock_timestamp(), p_error_code
    )
    returning *
$$;
revoke all on function fleet.record_refused_command(
    core.charge_points, text, jsonb, uuid, text
) from public;
comment on function fleet.record_refused_command(core.charge_points, text, jsonb, uuid, text) is
    'Keep a command that a member of a group could not take, in state expired.';
