-- Lowering the security of a charge point takes the permission for it: its profile, or that it
-- may use old TLS.
--
-- OCPP 1.6 Security Whitepaper A00.FR.005: a profile is lowered by other means than OCPP; here
-- that is a person with security.write. Whatever a person sets ends a change that the charger
-- was told of.
-- Called by: trigger charge_points__guard_profile, before insert or update, for each row.
-- Errors:    PT403 permission_missing.
create or replace function fleet.tg_charge_points__guard_profile()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    -- A new charge point may have any profile but none at all.
    v_least constant smallint := case when tg_op = 'INSERT' then 1 else old.security_profile end;
begin
    if
        current_user = 'staff'
        and (
            new.security_profile < v_least
            or new.quirks -> 'allows_old_tls' = 'true'
            and (tg_op = 'INSERT' or old.quirks -> 'allows_old_tls' is distinct from 'true')
        )
        and not claims.has_permission('security.write')
    then
        raise exception using
            errcode = 'PT403',
            message = 'your role lacks the permission security.write',
            detail = '{"error":"permission_missing"}',
            hint = 'A lower security profile and old TLS take a permission of their own; an '
            'administrator of your tenant can give it to your role.';
    end if;
    if tg_op = 'UPDATE' and new.security_profile <> old.security_profile then
        new.pending_security_profile := null;
        new.security_command_id := null;
    end if;
    return new;
end;
$$;
revoke all on function fleet.tg_charge_points__guard_profile() from public;
comment on function fleet.tg_charge_points__guard_profile() is
    'Trigger: only security.write lowers a security profile or allows old TLS.';
