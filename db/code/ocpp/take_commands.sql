-- Take the next command of each connection, to be sent now.
--
-- At most one a connection: the oldest that is queued, has not expired, speaks its version and
-- may be sent to a charge point of its registration; what may not waits and is passed over.
-- None where one is in flight, or where the connection is closed, replaced or another bridge's.
-- What is returned is marked sent: the bridge writes a frame only after this has committed, so
-- that no crash on either side sends a command twice (DESIGN 9).
-- The rows of the connections are locked first: whoever closes one waits and then finds its
-- command in flight, and of two that take for one connection the other finds nothing. Nobody
-- waits here: what is locked is passed over and found by the next bell or poll.
-- payload is compact JSON with its secrets; the log has them masked.
-- Security definer: the bridge has no right on any table.
-- Called by: the bridge.
-- Writes:    ops.commands, ops.message_log; locks rows of ops.connections.
-- Errors:    22023 for more than 40 connections.
create or replace function ocpp.take_commands(p_bridge_id uuid, p_connection_ids bigint[])
returns table (
    connection_id bigint, message_id text, action text, payload text, timeout_s numeric
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    v_synchronous_commit constant text := current_setting('synchronous_commit');
    v_timeout_s constant numeric := access.get_setting('bridge.command_timeout_s')::numeric;
    v_connection_ids bigint[];
    v_command_ids bigint[];
    v_taken_ids bigint[];
    v_message_ids text[];
    v_actions text[];
    v_payloads text[];
    v_timeouts numeric[];
    v_size integer;
begin
    if cardinality(p_connection_ids) > 40 then
        raise exception using
            errcode = '22023', message = 'commands are taken for at most 40 connections';
    end if;
    v_connection_ids := array(
        select c.id
        from ops.connections as c
        where c.id = any(p_connection_ids) and c.bridge_id = p_bridge_id and c.closed_at is null
        order by c.id
        for no key update skip locked
    );
    if v_connection_ids = '{}' then
        return;
    end if;

    -- A statement of its own: it sees what was committed before the locks were ours.
    select array_agg(h.id)
    into v_command_ids
    from ops.connections as c
    inner join core.charge_points as cp
        on cp.tenant_id = c.tenant_id and cp.id = c.charge_point_id
    cross join lateral (
        select q.id
        from ops.commands as q
        where
            q.tenant_id = c.tenant_id
            and q.charge_point_id = c.charge_point_id
            and q.state = 'queued'
            and q.expires_at > clock_timestamp()
            and q.ocpp_version = substr(c.subprotocol, 5)
            and fleet.may_be_sent(q.action, cp.registration_status)
        order by q.id
        limit 1
    ) as h
    where
        c.id = any(v_connection_ids)
        and not exists (
            select
            from ops.commands as f
            where
                f.tenant_id = c.tenant_id
                and f.charge_point_id = c.charge_point_id
                and f.state = 'sent'
        );
    if v_command_ids is null then
        return;
    end if;

    with locked as (
        select q.tenant_id, q.id, c.id as connection_id
        from ops.connections as c
        inner join ops.commands as q
            on q.tenant_id = c.tenant_id and q.charge_point_id = c.charge_point_id
        where c.id = any(v_connection_ids) and q.state = 'queued' and q.id = any(v_command_ids)
        order by c.id
        for update of q skip locked
    ),

    taken as (
        update ops.commands as q
        set state = 'sent',
            connection_id = l.connection_id,
            sent_at = clock_timestamp(),
            answer_due_at = clock_timestamp() + make_interval(secs => t.timeout_s::float8)
        from locked as l
        inner join ops.connections as c on c.id = l.connection_id
        inner join core.charge_points as cp
            on cp.tenant_id = c.tenant_id and cp.id = c.charge_point_id
        cross join lateral (
            select coalesce(
                (fleet.get_quirks(cp) ->> 'command_timeout_s')::numeric, v_timeout_s
            ) as timeout_s
        ) as t
        where q.tenant_id = l.tenant_id and q.id = l.id and q.state = 'queued'
        returning
            l.connection_id, q.tenant_id, q.id, q.message_id, q.action, q.payload, t.timeout_s
    )

    select
        array_agg(t.connection_id),
        array_agg(t.message_id),
        array_agg(t.action),
        array_agg(ocpp.compact_json(coalesce(s.payload, t.payload))),
        array_agg(t.timeout_s)
    into v_taken_ids, v_message_ids, v_actions, v_payloads, v_timeouts
    from taken as t
    left join ops.command_secrets as s on s.tenant_id = t.tenant_id and s.command_id = t.id;
    v_size := cardinality(v_taken_ids);
    if v_size is null then
        return;
    end if;

    perform ocpp.log_frames(
        v_taken_ids,
        array_fill(clock_timestamp(), array[v_size]),
        array_fill('out'::text, array[v_size]),
        array_fill(2::smallint, array[v_size]),
        v_message_ids,
        v_actions,
        v_payloads,
        array_fill(null::text, array[v_size])
    );
    -- The log may lose its last moments, this must not.
    perform set_config(
        'synchronous_commit',
        case when v_synchronous_commit in ('off', 'local') then 'on' else v_synchronous_commit end,
        true
    );
    return query
    select t.connection_id, t.message_id, t.action, t.payload, t.timeout_s
    from unnest(v_taken_ids, v_message_ids, v_actions, v_payloads, v_timeouts)
        as t (connection_id, message_id, action, payload, timeout_s);
end;
$$;
revoke all on function ocpp.take_commands(uuid, bigint[]) from public;
grant execute on function ocpp.take_commands(uuid, bigint[]) to bridge;
comment on function ocpp.take_commands(uuid, bigint[]) is
    'Take the next command of each connection, marked as sent before its frame is written.';
