-- Whether a charge point comes and goes too often: so many connections or boots in a while.
--
-- A charger that reboots every minute is served like any other (quirk 27); one alarm that stays
-- open tells of it, however often it comes back. Connections are counted as they are stored,
-- boots by ops.presence, because a charger may boot time and again on one socket.
-- Called by: fleet.begin_connection, fleet.record_boot; both hold the charge point's presence.
-- Writes:    core.alarms (kind flapping).
create or replace function fleet.note_flapping(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_boots integer
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count constant integer := access.get_setting('fleet.flapping_count')::integer;
    v_window_s constant integer := access.get_setting('fleet.flapping_window_s')::integer;
    v_what text;
begin
    if p_boots >= v_count then
        v_what := 'boots';
    elsif p_boots is null and v_count <= (
        select count(*)
        from (
            select
            from ops.connections as c
            where
                c.tenant_id = p_tenant_id
                and c.charge_point_id = p_charge_point_id
                and c.opened_at > clock_timestamp() - make_interval(secs => v_window_s)
                and c.outcome = 'accepted'
            order by c.opened_at desc
            limit v_count
        ) as recent
    ) then
        v_what := 'connections';
    end if;
    if v_what is null then
        return;
    end if;
    perform fleet.raise_alarm(
        p_tenant_id, p_charge_point_id, 'flapping', 'warning',
        format('at least %s %s within %s s', v_count, v_what, v_window_s),
        jsonb_build_object('what', v_what, 'count', v_count, 'window_s', v_window_s)
    );
end;
$$;
revoke all on function fleet.note_flapping(bigint, bigint, integer) from public;
comment on function fleet.note_flapping(bigint, bigint, integer) is
    'Raise the alarm of a charge point that connects or boots too often.';
