-- Whether a charge point is there: its socket is open and it gave a sign of life within two
-- heartbeat intervals.
--
-- The state is computed when it is read, so that a silent charger goes offline without a writer.
-- Called by: api.charge_points (as the caller, hence the grants).
create or replace function fleet.is_online(
    p_is_connected boolean,
    p_last_seen_at timestamptz,
    p_heartbeat_interval_s integer
)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        p_is_connected
        and p_last_seen_at > now() - make_interval(secs => 2 * p_heartbeat_interval_s),
        false
    )
$$;
revoke all on function fleet.is_online(boolean, timestamptz, integer) from public;
grant execute on function fleet.is_online(boolean, timestamptz, integer)
to staff, customer, platform;
comment on function fleet.is_online(boolean, timestamptz, integer) is
    'True when the socket is open and the last sign of life is within two heartbeat intervals.';
