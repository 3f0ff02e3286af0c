-- Write frames to the message log that no call of ocpp.handle_calls writes.
--
-- Malformed frames (payload is the whole frame), replies from the bridge's cache, answers that
-- nobody waited for, errors that the bridge forms. Arrays run in parallel, one entry a frame;
-- frames of unknown connections are passed over. Secrets are masked, times that no clock of ours
-- can have made become now. The log may lose its last moments in a crash of the database.
-- Security definer: the bridge has no right on any table.
-- Called by: the bridge.
-- Writes:    ops.message_log.
create or replace function ocpp.log_frames(
    p_connection_ids bigint[],
    p_received_at timestamptz[],
    p_directions text[],
    p_message_types smallint[],
    p_message_ids text[],
    p_actions text[],
    p_payloads text[],
    p_errors text[]
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
begin
    perform set_config('synchronous_commit', 'off', true);
    for v_round in 1 .. 2 loop
        begin
            insert into ops.message_log (
                tenant_id, charge_point_id, connection_id, received_at, direction, message_type,
                message_id, action, payload, error_code
            )
            select
                c.tenant_id, c.charge_point_id, c.id,
                case
                    when f.received_at between v_now - interval '1 hour' and v_now
                        then f.received_at
                    else v_now
                end,
                f.direction, f.message_type, left(f.message_id, 200), left(f.action, 200),
                ocpp.mask_payload(coalesce(f.payload, '')), left(f.error_code, 100)
            from unnest(
                p_connection_ids, p_received_at, p_directions, p_message_types, p_message_ids,
                p_actions, p_payloads, p_errors
            ) with ordinality as f (
                connection_id, received_at, direction, message_type, message_id, action, payload,
                error_code, ordinal
            )
            inner join ops.connections as c on c.id = f.connection_id
            order by f.ordinal;
            return;
        exception
            when check_violation then
                -- There is no partition for today: the jobs runner has been away for days.
                if v_round = 2 then
                    raise log 'ocpp: frames are missing in the log: %', sqlerrm;
                else
                    perform jobs.maintain_partitions();
                end if;
        end;
    end loop;
end;
$$;
revoke all on function ocpp.log_frames(
    bigint[], timestamptz[], text[], smallint[], text[], text[], text[], text[]
) from public;
grant execute on function ocpp.log_frames(
    bigint[], timestamptz[], text[], smallint[], text[], text[], text[], text[]
) to bridge;
comment on function ocpp.log_frames(
    bigint[], timestamptz[], text[], smallint[], text[], text[], text[], text[]
) is 'Write frames to the message log that no call of handle_calls writes.';
