-- Charging profiles that live and die with their session.
--
-- A session that a remote start began has the profile that came with it (OCPP 1.6 §5.16.2). When a
-- session is over, or presumed to be, its profiles are (§3.13.1).
-- Called by: trigger sessions__apply_profiles, after insert or update of state or command_id, for
--            each row.
-- Writes:    core.charging_profile_installations.
create or replace function charging.tg_sessions__apply_profiles()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if
        new.state = 'active'
        and new.command_id is not null
        and (tg_op = 'INSERT' or old.command_id is distinct from new.command_id)
    then
        insert into core.charging_profile_installations (
            tenant_id, charge_point_id, ocpp16_connector_id, profile_no, session_id, purpose,
            stack_level, profile, state, command_id, installed_at
        )
        select
            new.tenant_id, new.charge_point_id, k.ocpp16_connector_id,
            ocpp.get_integer(p.profile, 'chargingProfileId'), new.id, 'TxProfile',
            ocpp.get_integer(p.profile, 'stackLevel'), p.profile, 'installed', c.id,
            new.started_at
        from ops.commands as c
        cross join lateral (select c.payload -> 'chargingProfile' as profile) as p
        inner join core.connectors as k
            on k.tenant_id = new.tenant_id and k.id = new.connector_id
        where
            c.tenant_id = new.tenant_id
            and c.id = new.command_id
            and c.state in ('sent', 'accepted', 'unknown')
            and jsonb_typeof(p.profile) = 'object';
    elsif new.state <> 'active' and (tg_op = 'UPDATE' and old.state = 'active') then
        update core.charging_profile_installations as i
        set state = 'cleared', ended_at = now()
        where
            i.tenant_id = new.tenant_id
            and i.session_id = new.id
            and i.state in ('requested', 'installed', 'unknown');
    end if;
    return null;
end;
$$;
revoke all on function charging.tg_sessions__apply_profiles() from public;
comment on function charging.tg_sessions__apply_profiles() is
    'Trigger: charging profiles that live and die with their session.';
