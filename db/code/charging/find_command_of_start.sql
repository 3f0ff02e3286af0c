-- The remote start that a session which begins came from; null when it came from none.
--
-- That is a RemoteStartTransaction of the same charge point, sent within
-- commands.remote_start_window_s before the start, not refused and not another session's already,
-- that named this connector or none, and this token whatever its case. A charger may report the
-- token of the group instead of the one that was named, or the other way round (OCPP 1.6 §3.5).
-- Of several, one that named the connector, then the token itself, then one that was accepted,
-- then the latest. Where the charger's clock may be hours off (quirk 58: a late replay looks the
-- same), the time of receipt will do as well; it is never before the one that was reported.
-- Called by: charging.start_session, once for a session that is new.
-- Locks:     the commands that could be meant, so that no two sessions take the same one.
create or replace function charging.find_command_of_start(
    p_session core.sessions,
    p_ocpp16_connector_id integer
)
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_window constant interval := make_interval(
        secs => access.get_setting('commands.remote_start_window_s')::integer
    );
    -- Chargers cut a time to the second, and their clocks stray.
    v_tolerance constant interval := '1 minute';
    v_started_at constant timestamptz := p_session.started_at;
    v_or_at constant timestamptz := case
        when 'start_clock_off_whole_hours' = any(p_session.flags)
            then p_session.start_received_at
        else p_session.started_at
    end;
begin
    perform
    from ops.commands as c
    where
        c.tenant_id = p_session.tenant_id
        and c.charge_point_id = p_session.charge_point_id
        and c.sent_at between v_started_at - v_window and v_or_at + v_tolerance
        and c.action = 'RemoteStartTransaction'
        and c.state in ('sent', 'accepted', 'unknown')
    order by c.id
    for no key update;
    if not found then
        return null;
    end if;

    -- A statement of its own, which sees what whoever held the lock has done.
    return (
        select c.id
        from ops.commands as c
        where
            c.tenant_id = p_session.tenant_id
            and c.charge_point_id = p_session.charge_point_id
            and (
                c.sent_at between v_started_at - v_window and v_started_at + v_tolerance
                or c.sent_at between v_or_at - v_window and v_or_at + v_tolerance
            )
            and c.action = 'RemoteStartTransaction'
            and c.state in ('sent', 'accepted', 'unknown')
            and coalesce(
                ocpp.parse_numeric(c.payload ->> 'connectorId') = p_ocpp16_connector_id,
                c.payload -> 'connectorId' is null
            )
            and (
                lower(c.payload ->> 'idTag') = lower(p_session.id_token)
                or exists (
                    select
                    from core.id_tokens as t
                    inner join core.id_token_groups as g
                        on g.tenant_id = t.tenant_id and g.id = t.id_token_group_id
                    where
                        t.tenant_id = c.tenant_id
                        and (
                            t.id_token_key = lower(p_session.id_token)
                            and lower(g.group_token) = lower(c.payload ->> 'idTag')
                            or t.id_token_key = lower(c.payload ->> 'idTag')
                            and lower(g.group_token) = lower(p_session.id_token)
                        )
                )
            )
            and not exists (
                select
                from core.sessions as s
                where s.tenant_id = c.tenant_id and s.command_id = c.id
            )
        order by
            c.payload -> 'connectorId' is null,
            lower(c.payload ->> 'idTag') is distinct from lower(p_session.id_token),
            c.state <> 'accepted',
            c.id desc
        limit 1
    );
end;
$$;
revoke all on function charging.find_command_of_start(core.sessions, integer) from public;
comment on function charging.find_command_of_start(core.sessions, integer) is
    'The remote start that a session which begins came from, if it came from one.';
