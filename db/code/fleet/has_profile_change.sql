-- Whether a charge point was told to use a higher security profile and may have taken it.
--
-- OCPP 1.6 Security Whitepaper A05: the charger accepts the new profile, reconnects, and falls
-- back to the old one should that fail. So both are good until it has connected with the new one,
-- and the old one not any more then (A05.FR.07). A command whose answer was lost counts as well:
-- the charger shows by connecting that it took it. Never lowers (A00.FR.005).
-- Called by: ocpp.open_connection.
create or replace function fleet.has_profile_change(p_charge_point core.charge_points)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select p_charge_point.pending_security_profile > p_charge_point.security_profile
        and exists (
            select
            from ops.commands as c
            where
                c.tenant_id = p_charge_point.tenant_id
                and c.id = p_charge_point.security_command_id
                and c.state in ('sent', 'accepted', 'unknown')
        );
$$;
revoke all on function fleet.has_profile_change(core.charge_points) from public;
comment on function fleet.has_profile_change(core.charge_points) is
    'Whether a charge point was told to use a higher security profile and may have taken it.';
