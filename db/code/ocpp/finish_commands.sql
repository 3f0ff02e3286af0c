-- Record what became of commands that were taken.
--
-- Arrays run in parallel, one entry a command, at most 40. Outcomes:
--   result   the charger answered; payload is that of its CALLRESULT
--   error    it answered with a CALLERROR: code and description, details in payload
--   timeout  no answer in time: the command is unknown, as it may have been carried out
--   unsent   the frame was not written: the command goes back to the queue, under the same id
--   invalid  the bridge found that the payload breaks the schema and wrote nothing
-- A late answer still counts when the command is unknown. An answer to what is no command of that
-- connection, or to one that has its answer, is only logged. An answer can hold anything: what
-- cannot be read makes the command an error, what breaks the schema (violations) is kept.
-- Returned are the connections that have another command waiting.
-- Security definer: the bridge has no right on any table.
-- Called by: the bridge.
-- Writes:    ops.commands (rows locked), ops.command_secrets, ops.message_log, and what the
--            functions finished_<action> of the version write.
-- Errors:    22023 for arrays of different or excessive length; 40001, 40P01, 55P03 (again).
create or replace function ocpp.finish_commands(
    p_connection_ids bigint[],
    p_message_ids text[],
    p_outcomes text[],
    p_payloads text[],
    p_error_codes text[],
    p_error_descriptions text[],
    p_violations text[],
    p_received_at timestamptz[]
)
returns bigint[]
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    v_size constant integer := coalesce(cardinality(p_connection_ids), 0);
    v_now constant timestamptz := clock_timestamp();
    v_synchronous_commit constant text := current_setting('synchronous_commit');
    v_answer record;
    v_command ops.commands;
begin
    if v_size = 0 then
        return '{}';
    end if;
    if
        v_size > 40
        or cardinality(p_message_ids) is distinct from v_size
        or cardinality(p_outcomes) is distinct from v_size
        or cardinality(p_payloads) is distinct from v_size
        or cardinality(p_error_codes) is distinct from v_size
        or cardinality(p_error_descriptions) is distinct from v_size
        or cardinality(p_violations) is distinct from v_size
        or cardinality(p_received_at) is distinct from v_size
    then
        raise exception using
            errcode = '22023',
            message = 'a batch is at most 40 commands in arrays of one length';
    end if;

    -- A loop, as the functions behind it are per command; in the order of charge points, so that
    -- two batches lock rows in the same order.
    for v_answer in
        select
            a.connection_id, a.message_id, a.outcome, a.payload, a.error_code,
            a.error_description, a.violations,
            case
                when a.received_at between v_now - interval '1 hour' and v_now
                    then a.received_at
                else v_now
            end as received_at
        from unnest(
            p_connection_ids, p_message_ids, p_outcomes, p_payloads, p_error_codes,
            p_error_descriptions, p_violations, p_received_at
        ) with ordinality as a (
            connection_id, message_id, outcome, payload, error_code, error_description,
            violations, received_at, ordinal
        )
        left join ops.connections as c on c.id = a.connection_id
        order by c.charge_point_id, a.ordinal
    loop
        select q.* into v_command
        from ops.commands as q
        where
            q.connection_id = v_answer.connection_id
            and q.message_id = v_answer.message_id
            and q.state in ('sent', 'unknown')
        for update;
        continue when not found;
        perform ocpp.finish_command(
            v_command, v_answer.outcome, v_answer.payload, v_answer.error_code,
            v_answer.error_description, v_answer.violations, v_answer.received_at
        );
    end loop;

    perform ocpp.log_frames(
        array_agg(a.connection_id), array_agg(a.received_at), array_agg('in'::text),
        array_agg(case a.outcome when 'result' then 3::smallint else 4::smallint end),
        array_agg(a.message_id), array_agg(a.action),
        array_agg(
            case
                when a.outcome = 'error' and coalesce(a.payload, '{}') in ('{}', 'null', '')
                    then to_jsonb(a.error_description)::text
                else a.payload
            end
        ),
        array_agg(case a.outcome when 'error' then a.error_code end)
    )
    from (
        select
            a.connection_id, a.received_at, a.outcome, a.message_id, q.action, a.payload,
            a.error_code, a.error_description
        from unnest(
            p_connection_ids, p_message_ids, p_outcomes, p_payloads, p_error_codes,
            p_error_descriptions, p_received_at
        ) with ordinality as a (
            connection_id, message_id, outcome, payload, error_code, error_description,
            received_at, ordinal
        )
        left join ops.commands as q
            on q.connection_id = a.connection_id and q.message_id = a.message_id
        where a.outcome in ('result', 'error')
        order by a.ordinal
    ) as a;
    perform set_config(
        'synchronous_commit',
        case when v_synchronous_commit in ('off', 'local') then 'on' else v_synchronous_commit end,
        true
    );

    return array(
        select c.id
        from ops.connections as c
        where
            c.id = any(p_connection_ids)
            and c.closed_at is null
            and exists (
                select
                from ops.commands as q
                where
                    q.tenant_id = c.tenant_id
                    and q.charge_point_id = c.charge_point_id
                    and q.state = 'queued'
                    and q.expires_at > clock_timestamp()
                    and q.ocpp_version = substr(c.subprotocol, 5)
                    and fleet.may_be_sent(
                        q.action,
                        (
                            select cp.registration_status
                            from core.charge_points as cp
                            where cp.tenant_id = c.tenant_id and cp.id = c.charge_point_id
                        )
                    )
            )
            and not exists (
                select
                from ops.commands as f
                where
                    f.tenant_id = c.tenant_id
                    and f.charge_point_id = c.charge_point_id
                    and f.state = 'sent'
            )
        order by c.id
    );
end;
$$;
revoke all on function ocpp.finish_commands(
    bigint[], text[], text[], text[], text[], text[], text[], timestamptz[]
) from public;
grant execute on function ocpp.finish_commands(
    bigint[], text[], text[], text[], text[], text[], text[], timestamptz[]
) to bridge;
comment on function ocpp.finish_commands(
    bigint[], text[], text[], text[], text[], text[], text[], timestamptz[]
) is 'Record what became of commands; returns the connections with another one waiting.';

-- Record what became of one command, whose row is locked.
--
-- Called by: ocpp.finish_commands.
-- Writes:    ops.commands, ops.command_secrets, and what finished_<action> writes.
create or replace function ocpp.finish_command(
    p_command ops.commands,
    p_outcome text,
    p_payload text,
    p_error_code text,
    p_error_description text,
    p_violations text,
    p_received_at timestamptz
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_command ops.commands := p_command;
    v_payload text;
    v_result jsonb;
begin
    -- What a time-out said of it is over with a late answer.
    v_command.error_code := null;
    v_command.error_description := null;
    case p_outcome
        when 'result' then
            v_payload := ocpp.strip_nul(coalesce(p_payload, 'null'));
            if not pg_input_is_valid(v_payload, 'jsonb') then
                v_payload := ocpp.drop_half_surrogates(v_payload);
            end if;
            v_command.answered_at := p_received_at;
            if pg_input_is_valid(v_payload, 'jsonb') then
                v_result := v_payload::jsonb;
                v_command.state := fleet.judge_reply(
                    v_command.ocpp_version, v_command.action, v_result
                );
                v_command.violations := nullif(ocpp.strip_nul(p_violations), 'null')::jsonb;
            else
                v_command.state := 'error';
                v_command.error_code := 'FormationViolation';
                v_command.error_description := 'the answer is not valid JSON';
            end if;
        when 'error' then
            v_command.state := 'error';
            v_command.answered_at := p_received_at;
            v_command.error_code := coalesce(p_error_code, '');
            v_command.error_description := p_error_description;
        when 'invalid' then
            v_command.state := 'error';
            v_command.error_code := coalesce(p_error_code, 'FormationViolation');
            v_command.error_description := coalesce(
                p_error_description, 'the payload breaks the schema and was not sent'
            );
        when 'timeout' then
            if v_command.state = 'unknown' then
                return;
            end if;
            v_command.state := 'unknown';
            v_command.error_code := 'Timeout';
        when 'unsent' then
            -- Also when the loss of the connection has made it unknown in the meantime.
            update ops.commands as q
            set state = 'queued',
                connection_id = null,
                sent_at = null,
                answer_due_at = null,
                finished_at = null,
                error_code = null
            where q.tenant_id = p_command.tenant_id and q.id = p_command.id;
            return;
        else
            raise exception using
                errcode = '22023', message = 'there is no such outcome of a command';
    end case;
    perform fleet.finish_command(v_command, v_result);
end;
$$;
revoke all on function ocpp.finish_command(
    ops.commands, text, text, text, text, text, timestamptz
) from public;
comment on function ocpp.finish_command(
    ops.commands, text, text, text, text, text, timestamptz
) is 'Record what became of one command, as the bridge reports it.';
