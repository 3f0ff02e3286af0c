-- Handle a batch of calls from chargers: one function a message, one transaction for all.
--
-- Arrays run in parallel, one entry a message, at most 40: each message runs in a subtransaction
-- of its own, and past 64 of those PostgreSQL gets slow. Messages are taken by charge point and,
-- within one, in the order given, so that two batches lock rows in the same order.
-- The handler of an action is the function of the connection's protocol schema that bears its
-- name in snake case and takes (ops.ocpp_call, jsonb): every function of that signature there is
-- an entry point for chargers. It refuses with errcode 'OCPP1', the OCPP error code in detail.
-- A message whose data the database cannot take (classes 21 to 23, or an error raised by name) is
-- put by in ops.failed_messages and answered InternalError; its batch mates do not notice.
-- Trouble of ours must never reach a charger as an answer (DESIGN 5). What is one message's (a row
-- that somebody keeps locked, a missing object or right, one session too many for a day) leaves
-- that message undone and without an outcome: the bridge closes its socket and the charger sends
-- it again. What is everybody's
-- (shutdown, time-out, memory, disk, read-only server, a deadlock that does not go away) fails the
-- whole batch.
-- The first message that waits for a lock has all of lock_timeout, those after it a moment each:
-- a table that is locked must not hold up whoever does not need it.
-- Returned is one row a message that has an outcome: its answer as compact JSON, or an OCPP error.
-- Security definer: the bridge has no right on any table. Generic plans, for the handlers too:
-- every statement here looks up keys or inserts, and planning it anew for each array costs more
-- than running it (measured: 40 % of a single call).
-- Called by: the bridge.
-- Writes:    what the handlers write, ops.presence, ops.message_log, ops.failed_messages.
-- Errors:    22023 for arrays of different or excessive length; 55000 for a connection that is
--            not there, was refused, or closed more than a minute ago, which is time enough for
--            what was under way (run the others singly, close that socket); 40001, 40P01 (try
--            again).
create or replace function ocpp.handle_calls(
    p_connection_ids bigint[],
    p_message_ids text[],
    p_actions text[],
    p_payloads text[],
    p_violations text[],
    p_received_at timestamptz[]
)
returns table (ordinal integer, reply text, error_code text, error_description text)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    v_size constant integer := coalesce(cardinality(p_connection_ids), 0);
    v_now constant timestamptz := clock_timestamp();
    v_message record;
    v_call ops.ocpp_call;
    v_text text;
    v_payload jsonb;
    v_result jsonb;
    v_reply text;
    v_code text;
    v_description text;
    v_sqlstate text;
    v_error text;
    v_attempt integer;
    v_is_undone boolean;
    -- Its later messages wait for the one that was left undone.
    v_undone_charge_point_id bigint;
    v_lock_timeout constant text := current_setting('lock_timeout');
    -- Statements by protocol and action, so that a batch looks up each once.
    v_kind text;
    v_kinds text[] := '{}';
    v_handlers text[] := '{}';
    v_handler text;
    v_tenant_ids bigint[];
    v_charge_point_ids bigint[];
    v_received_at timestamptz[];
    v_replies text[];
    v_codes text[];
    v_descriptions text[];
    v_stale_ids bigint[] := '{}';
    v_has_secret boolean;
begin
    if v_size = 0 then
        return;
    end if;
    if
        v_size > 40
        or cardinality(p_message_ids) is distinct from v_size
        or cardinality(p_actions) is distinct from v_size
        or cardinality(p_payloads) is distinct from v_size
        or cardinality(p_violations) is distinct from v_size
        or cardinality(p_received_at) is distinct from v_size
    then
        raise exception using
            errcode = '22023',
            message = 'a batch is at most 40 messages in arrays of one length';
    end if;
    -- What is acknowledged is on disk, whatever the login's settings say.
    if current_setting('synchronous_commit') in ('off', 'local') then
        perform set_config('synchronous_commit', 'on', true);
    end if;

    v_replies := array_fill(null::text, array[v_size]);
    v_codes := v_replies;
    v_descriptions := v_replies;
    v_tenant_ids := array_fill(null::bigint, array[v_size]);
    v_charge_point_ids := v_tenant_ids;
    v_received_at := array_fill(v_now, array[v_size]);

    for v_message in
        select
            m.ordinal::integer as ordinal, m.message_id, m.action, m.payload, m.violations,
            case
                when m.received_at between v_now - interval '1 hour' and v_now
                    then m.received_at
                else v_now
            end as received_at,
            c.id as connection_id, c.tenant_id, c.charge_point_id, c.subprotocol,
            p.connection_id = c.id and p.last_seen_at < v_now - interval '3 seconds' as is_stale
        from unnest(
            p_connection_ids, p_message_ids, p_actions, p_payloads, p_violations, p_received_at
        ) with ordinality as m (
            connection_id, message_id, action, payload, violations, received_at, ordinal
        )
        -- `offset 0` keeps these look-ups by key, whatever the planner knows of the tables.
        left join lateral (
            select c.id, c.tenant_id, c.charge_point_id, c.subprotocol
            from ops.connections as c
            where
                c.id = m.connection_id
                and c.outcome = 'accepted'
                and (c.closed_at is null or c.closed_at > v_now - interval '1 minute')
            offset 0
        ) as c on true
        left join lateral (
            select p.connection_id, p.last_seen_at
            from ops.presence as p
            where p.tenant_id = c.tenant_id and p.charge_point_id = c.charge_point_id
            offset 0
        ) as p on true
        order by c.charge_point_id, m.ordinal
    loop
        v_reply := null;
        v_code := null;
        v_description := null;
        v_sqlstate := null;
        v_attempt := 0;
        v_text := v_message.payload;
        if v_message.is_stale then
            v_stale_ids := v_stale_ids || v_message.connection_id;
        end if;

        if v_message.connection_id is null then
            -- A failover lost the row: an answer would burn a retry of the charger, a closed
            -- socket brings it back under a new connection.
            raise exception using
                errcode = '55000',
                message = 'a connection of the batch is not known or is closed';
        end if;
        v_tenant_ids[v_message.ordinal] := v_message.tenant_id;
        v_charge_point_ids[v_message.ordinal] := v_message.charge_point_id;
        v_received_at[v_message.ordinal] := v_message.received_at;
        v_kind := v_message.subprotocol || ' ' || v_message.action;
        v_handler := v_handlers[array_position(v_kinds, v_kind)];
        if v_handler is null then
            v_handler := ocpp.find_handler(v_message.subprotocol, v_message.action);
            v_kinds := v_kinds || v_kind;
            v_handlers := v_handlers || v_handler;
        end if;
        v_is_undone := v_message.charge_point_id is not distinct from v_undone_charge_point_id;
        if v_handler is null and not v_is_undone then
            v_code := 'NotImplemented';
            v_description := 'this action is not known here';
        end if;

        while v_reply is null and v_code is null and not v_is_undone loop
            v_attempt := v_attempt + 1;
            begin
                set constraints all deferred;
                v_payload := null;
                v_payload := ocpp.parse_payload(v_text);
                v_call := (
                    v_message.connection_id, v_message.tenant_id, v_message.charge_point_id,
                    v_message.message_id, v_message.received_at,
                    ocpp.strip_nul(v_message.violations)::jsonb
                );
                execute v_handler into v_result using v_call, v_payload;
                -- A deferred constraint speaks here, or it would take the batch down at commit.
                set constraints all immediate;
                v_reply := ocpp.compact_json(coalesce(v_result, '{}'));
            exception
                when sqlstate 'OCPP1' then
                    get stacked diagnostics
                        v_code = pg_exception_detail,
                        v_description = message_text;
                    v_code := ocpp.check_error_code(v_code);
                when serialization_failure or deadlock_detected then
                    if v_attempt >= 3 then
                        raise;
                    end if;
                when
                    connection_exception or invalid_transaction_state
                    or insufficient_resources
                    or operator_intervention or system_error
                    or data_corrupted or index_corrupted
                then
                    -- Ours, not the charger's: the batch fails as a whole.
                    raise;
                when others then
                    get stacked diagnostics
                        v_sqlstate = returned_sqlstate,
                        v_error = message_text;
                    if v_payload is null and left(v_sqlstate, 2) in ('22', '54') then
                        if v_attempt = 1 then
                            v_text := ocpp.drop_half_surrogates(v_text);
                            v_sqlstate := null;
                        else
                            v_code := 'FormationViolation';
                            v_description := 'the payload is not valid JSON';
                        end if;
                    elsif
                        left(v_sqlstate, 2) in ('21', '22', '23', 'PT') or v_sqlstate = 'P0001'
                    then
                        v_code := 'InternalError';
                        v_description := 'the message could not be processed and was kept';
                    else
                        v_is_undone := true;
                    end if;
            end;
        end loop;

        if v_is_undone then
            v_undone_charge_point_id := v_message.charge_point_id;
            if v_sqlstate = '55P03' then
                perform set_config('lock_timeout', '50ms', true);
            end if;
            if v_sqlstate is not null then
                raise warning 'ocpp: % of connection % is left undone: % %',
                    v_message.action, v_message.connection_id, v_sqlstate, v_error;
            end if;
        elsif v_sqlstate is not null then
            raise log 'ocpp: % of connection % failed: % %',
                v_message.action, v_message.connection_id, v_sqlstate, v_error;
            if
                fleet.is_within_volume(
                    v_message.tenant_id, v_message.charge_point_id, 'failed_messages'
                )
            then
                insert into ops.failed_messages (
                    tenant_id, charge_point_id, connection_id, message_id, action, payload,
                    sqlstate, error, received_at
                )
                values (
                    v_message.tenant_id, v_message.charge_point_id, v_message.connection_id,
                    v_message.message_id, v_message.action,
                    ocpp.mask_payload(v_message.payload), v_sqlstate, v_error,
                    v_message.received_at
                );
            end if;
        end if;
        v_replies[v_message.ordinal] := v_reply;
        v_codes[v_message.ordinal] := v_code;
        v_descriptions[v_message.ordinal] := v_description;
    end loop;

    perform set_config('lock_timeout', v_lock_timeout, true);
    if v_stale_ids <> '{}' then
        perform fleet.touch_presence(v_stale_ids, v_now);
    end if;

    v_has_secret := ocpp.has_secret(
        array_to_string(p_payloads, ' ') || array_to_string(v_replies, ' ')
    );
    for v_round in 1 .. 2 loop
        begin
            insert into ops.message_log (
                tenant_id, charge_point_id, connection_id, received_at, direction, message_type,
                message_id, action, payload, error_code
            )
            select
                m.tenant_id, m.charge_point_id, m.connection_id, f.received_at, f.direction,
                f.message_type, left(m.message_id, 200), left(m.action, 200),
                case when v_has_secret then ocpp.mask_payload(f.payload) else f.payload end,
                f.error_code
            from unnest(
                p_connection_ids, v_tenant_ids, v_charge_point_ids, v_received_at, p_message_ids,
                p_actions, p_payloads, v_replies, v_codes, v_descriptions
            ) with ordinality as m (
                connection_id, tenant_id, charge_point_id, received_at, message_id, action,
                payload, reply, error_code, description, ordinal
            )
            cross join lateral (
                values
                    ('in', 2::smallint, m.received_at, coalesce(m.payload, 'null'), null),
                    (
                        'out',
                        case when m.error_code is null then 3 else 4 end,
                        clock_timestamp(),
                        coalesce(m.reply, to_jsonb(m.description)::text),
                        m.error_code
                    )
            ) as f (direction, message_type, received_at, payload, error_code)
            where
                m.tenant_id is not null
                and (f.direction = 'in' or m.reply is not null or m.error_code is not null)
            order by m.ordinal, f.direction;
            exit;
        exception
            when check_violation then
                -- There is no partition for today: the jobs runner has been away for days.
                -- Charging goes on without a log rather than not at all.
                if v_round = 2 then
                    raise log 'ocpp: frames are missing in the log: %', sqlerrm;
                else
                    perform jobs.maintain_partitions();
                end if;
        end;
    end loop;

    return query
    select r.ordinal::integer, r.reply, r.code, r.description
    from unnest(v_replies, v_codes, v_descriptions) with ordinality
        as r (reply, code, description, ordinal)
    where r.reply is not null or r.code is not null;
end;
$$;
revoke all on function ocpp.handle_calls(
    bigint[], text[], text[], text[], text[], timestamptz[]
) from public;
grant execute on function ocpp.handle_calls(
    bigint[], text[], text[], text[], text[], timestamptz[]
) to bridge;
comment on function ocpp.handle_calls(
    bigint[], text[], text[], text[], text[], timestamptz[]
) is 'Handle a batch of calls from chargers and return their answers.';
