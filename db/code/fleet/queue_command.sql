-- Queue a command for one charge point: check it, complete it, keep it, ring its bridge.
--
-- p_keep and p_expires_in default to what ops.command_actions says of the action. A command that
-- is not kept needs a charge point that is there now. p_raise_offline false, for calls to many:
-- a charge point that cannot take the command gets a row in state expired, with error_code
-- Offline, Disabled, QueueFull or NotAccepted, for which no function of the action is called.
-- A charge point that has never connected is taken to speak OCPP 1.6.
-- The caller has checked who may do this.
-- Called by: fleet.send_commands and whoever sends commands by itself.
-- Writes:    ops.commands, ops.command_secrets, and what queued_<action> writes.
-- Errors:    PT400 command_action_unknown, command_expiry_invalid, command_payload_invalid (its
--            detail has "violations"); PT409 charge_point_disabled, charge_point_offline,
--            charge_point_not_accepted, command_queue_full; PT503 message_schema_missing; those
--            of prepare_<action>.
create or replace function fleet.queue_command(
    p_charge_point core.charge_points,
    p_action text,
    p_payload jsonb,
    p_keep boolean default null,
    p_expires_in interval default null,
    p_requested_via text default 'api',
    p_batch_id uuid default null,
    p_raise_offline boolean default true
)
returns ops.commands
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_version constant text := coalesce(p_charge_point.ocpp_version, '1.6');
    v_payload jsonb := coalesce(p_payload, '{}');
    v_action ops.command_actions;
    v_is_kept boolean;
    v_expires_in interval;
    v_refusal text;
    v_hook text;
    v_masked jsonb;
    v_command ops.commands;
begin
    select a.* into v_action
    from ops.command_actions as a
    where a.ocpp_version = v_version and a.action = p_action;
    if not found then
        raise exception using
            errcode = 'PT400',
            message = format('there is no command %s in OCPP %s', left(p_action, 60), v_version),
            detail = '{"error":"command_action_unknown"}',
            hint = 'Name an OCPP message that a central system may send, such as Reset.';
    end if;
    v_is_kept := coalesce(p_keep, v_action.is_kept);
    v_expires_in := coalesce(p_expires_in, v_action.expires_in);
    if v_expires_in not between interval '1 second' and interval '90 days' then
        raise exception using
            errcode = 'PT400',
            message = 'a command expires after 1 second to 90 days',
            detail = '{"error":"command_expiry_invalid"}',
            hint = 'Send expires_in_s between 1 and 7776000, or leave it out.';
    end if;

    perform fleet.check_command_size(p_action, v_payload);
    v_refusal := fleet.find_command_refusal(p_charge_point, p_action, v_is_kept);
    if v_refusal is null or p_raise_offline then
        v_hook := fleet.find_command_hook('prepare', v_version, p_action);
        -- What is no object is refused by the schema.
        if v_hook is not null and jsonb_typeof(v_payload) = 'object' then
            execute format('select %s($1, $2)', v_hook)
            into v_payload using p_charge_point, v_payload;
        end if;
        perform fleet.check_command_payload(v_version, p_action, v_payload);
    end if;
    if v_refusal is not null and p_raise_offline then
        perform fleet.refuse_command(v_refusal);
    end if;

    if jsonb_typeof(v_payload) <> 'object' then
        v_payload := '{}';
    end if;
    v_masked := fleet.mask_json(v_payload);
    insert into ops.commands as q (
        tenant_id, charge_point_id, ocpp_version, action, payload, state, is_kept, expires_at,
        batch_id, requested_by, requested_via, finished_at, error_code
    )
    values (
        p_charge_point.tenant_id, p_charge_point.id, v_version, p_action, v_masked,
        case when v_refusal is null then 'queued' else 'expired' end,
        v_is_kept, clock_timestamp() + v_expires_in, p_batch_id,
        case when p_requested_via in ('api', 'driver') then claims.user_id() end,
        p_requested_via,
        case when v_refusal is not null then clock_timestamp() end,
        v_refusal
    )
    returning * into v_command;
    if v_refusal is not null then
        return v_command;
    end if;
    if v_masked <> v_payload then
        insert into ops.command_secrets (tenant_id, command_id, payload)
        values (v_command.tenant_id, v_command.id, v_payload);
    end if;

    v_hook := fleet.find_command_hook('queued', v_version, p_action);
    if v_hook is not null then
        execute format('select %s($1, $2)', v_hook) using v_command, v_payload;
    end if;
    perform fleet.ring_bridge(v_command.tenant_id, v_command.charge_point_id);
    return v_command;
end;
$$;
revoke all on function fleet.queue_command(
    core.charge_points, text, jsonb, boolean, interval, text, uuid, boolean
) from public;
comment on function fleet.queue_command(
    core.charge_points, text, jsonb, boolean, interval, text, uuid, boolean
) is 'Queue a command for one charge point and ring the bridge that holds it.';

-- Why a charge point cannot take a command now, as an error_code, or null.
--
-- Called by: fleet.queue_command.
create or replace function fleet.find_command_refusal(
    p_charge_point core.charge_points,
    p_action text,
    p_is_kept boolean
)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if not p_charge_point.is_enabled then
        return 'Disabled';
    end if;
    if not p_is_kept and not exists (
        select
        from ops.presence as p
        where
            p.tenant_id = p_charge_point.tenant_id
            and p.charge_point_id = p_charge_point.id
            and fleet.is_online(p.is_connected, p.last_seen_at, p.heartbeat_interval_s)
    ) then
        return 'Offline';
    end if;
    if not fleet.may_be_sent(p_action, p_charge_point.registration_status) then
        return 'NotAccepted';
    end if;
    if (
        select count(*)
        from ops.commands as q
        where
            q.tenant_id = p_charge_point.tenant_id
            and q.charge_point_id = p_charge_point.id
            and q.state = 'queued'
    ) >= access.get_setting('commands.max_queued')::bigint then
        return 'QueueFull';
    end if;
    return null;
end;
$$;
revoke all on function fleet.find_command_refusal(core.charge_points, text, boolean) from public;
comment on function fleet.find_command_refusal(core.charge_points, text, boolean) is
    'Why a charge point cannot take a command now, null when it can.';

-- Whether a charge point of this registration may be sent a command.
--
-- OCPP 1.6 §4.2: no transactions are begun or ended from afar before it is accepted.
-- Called by: fleet.find_command_refusal; ocpp.take_commands, ocpp.list_waiting_connections and
--            ocpp.finish_commands, since a command may have waited while the registration changed.
create or replace function fleet.may_be_sent(p_action text, p_registration_status text)
returns boolean
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        p_registration_status = 'Accepted'
        or p_action not in ('RemoteStartTransaction', 'RemoteStopTransaction')
$$;
revoke all on function fleet.may_be_sent(text, text) from public;
comment on function fleet.may_be_sent(text, text) is
    'Whether a charge point of this registration may be sent a command.';

-- Refuse a command for what fleet.find_command_refusal found.
--
-- Called by: fleet.queue_command.
-- Errors:    PT409 charge_point_disabled, charge_point_offline, charge_point_not_accepted,
--            command_queue_full.
create or replace function fleet.refuse_command(p_refusal text)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    case p_refusal
        when 'Disabled' then
            raise exception using
                errcode = 'PT409',
                message = 'the charge point is disabled',
                detail = '{"error":"charge_point_disabled"}',
                hint = 'Enable it first.';
        when 'Offline' then
            raise exception using
                errcode = 'PT409',
                message = 'the charge point is offline',
                detail = '{"error":"charge_point_offline"}',
                hint = 'Try again when it is back, or send keep: true to have it wait.';
        when 'NotAccepted' then
            raise exception using
                errcode = 'PT409',
                message = 'the charge point is not accepted yet',
                detail = '{"error":"charge_point_not_accepted"}',
                hint = 'Set its registration_status to Accepted first.';
        else
            raise exception using
                errcode = 'PT409',
                message = 'too many commands wait for the charge point already',
                detail = '{"error":"command_queue_full"}',
                hint = 'Wait until it has answered some of them, or cancel some.';
    end case;
end;
$$;
revoke all on function fleet.refuse_command(text) from public;
comment on function fleet.refuse_command(text) is 'Refuse a command with 409.';

-- Refuse a payload that breaks the schema of its action or is too large for a charger.
--
-- Called by: fleet.queue_command, fleet.check_campaign_payload.
-- Errors:    PT400 command_payload_invalid, PT503 message_schema_missing.
create or replace function fleet.check_command_payload(
    p_ocpp_version text,
    p_action text,
    p_payload jsonb
)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_schema jsonb;
    v_violations jsonb;
begin
    select m.schema into v_schema
    from ops.message_schemas as m
    where m.ocpp_version = p_ocpp_version and m.action = p_action;
    if not found then
        raise exception using
            errcode = 'PT503',
            message = format('the schemas of OCPP %s are not known yet', p_ocpp_version),
            detail = '{"error":"message_schema_missing"}',
            hint = 'They arrive with the first bridge that starts: try again in a moment.';
    end if;
    perform fleet.check_command_size(p_action, p_payload);
    v_violations := ocpp.list_schema_violations(v_schema, p_payload);
    -- OCPP 2.0.1 part 2 §2.1.1 says it of integers, and no other number is larger in earnest.
    if jsonb_path_exists(
        p_payload,
        'strict $.** ? (@.type() == "number" && (@ > 2147483647 || @ < -2147483648))'
    ) then
        v_violations := v_violations || ocpp.describe_violation(
            '', 'range', 'has a number of more than 32 bits'
        );
    end if;
    if v_violations <> '[]' then
        raise exception using
            errcode = 'PT400',
            message = format('the payload is no valid %s', p_action),
            detail = jsonb_build_object(
                'error', 'command_payload_invalid',
                'violations', jsonb_path_query_array(v_violations, '$[0 to 19]')
            )::text,
            hint = 'The violations say where and why.';
    end if;
end;
$$;
revoke all on function fleet.check_command_payload(text, text, jsonb) from public;
comment on function fleet.check_command_payload(text, text, jsonb) is
    'Refuse with 400 a payload that breaks the schema of its action.';

-- Refuse a payload that is too large for a charger, and too large to be kept for one.
--
-- Before it is looked at any further: whatever a command comes to, its row has the payload.
-- Called by: fleet.queue_command, fleet.check_command_payload, fleet.check_campaign_payload.
-- Errors:    PT400 command_payload_invalid.
create or replace function fleet.check_command_size(p_action text, p_payload jsonb)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if octet_length(p_payload::text) > 250000 then
        raise exception using
            errcode = 'PT400',
            message = format('the payload is no valid %s', p_action),
            detail = jsonb_build_object(
                'error', 'command_payload_invalid',
                'violations', jsonb_build_array(
                    ocpp.describe_violation('', 'size', 'is larger than 250000 bytes')
                )
            )::text,
            hint = 'The violations say where and why.';
    end if;
end;
$$;
revoke all on function fleet.check_command_size(text, jsonb) from public;
comment on function fleet.check_command_size(text, jsonb) is
    'Refuse with 400 a payload that is too large for a charger.';
