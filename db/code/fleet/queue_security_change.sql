-- Expect what a queued ChangeConfiguration of AuthorizationKey or SecurityProfile will change.
--
-- A new key is good from now on, beside the old one: a charger may use it at once, before its
-- answer has reached us, or keep the old one for having lost power before it stored the new one.
-- The first connection with the new one retires the old (fleet.note_charge_point_key_use).
-- A new profile is remembered until the charger connects with it (fleet.has_profile_change).
-- A text that is not 20 letters and digits, as ours are, was chosen by a person and takes the
-- slow hash.
-- p_payload: with its secrets.
-- Called by: ocpp16.queued_change_configuration.
-- Writes:    core.charge_point_keys, core.charge_points.
create or replace function fleet.queue_security_change(
    p_command ops.commands,
    p_payload jsonb
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key constant text := lower(ocpp.trim_text(p_payload ->> 'key'));
    v_value constant text := p_payload ->> 'value';
    v_charge_point core.charge_points;
    v_bytes bytea;
    v_is_human_chosen boolean;
begin
    if v_key = 'securityprofile' then
        perform fleet.expect_profile(p_command, v_value::smallint);
    elsif v_key = 'authorizationkey' then
        select cp.* into v_charge_point
        from core.charge_points as cp
        where cp.tenant_id = p_command.tenant_id and cp.id = p_command.charge_point_id;
        if fleet.get_authorization_key_form(v_charge_point) = 'hex' then
            v_bytes := decode(v_value, 'hex');
            v_is_human_chosen := false;
        else
            v_bytes := convert_to(v_value, 'UTF8');
            v_is_human_chosen := v_value !~ '^[A-Za-z0-9]{20}$';
        end if;
        insert into core.charge_point_keys (
            tenant_id, charge_point_id, key_hash, is_human_chosen, command_id
        )
        values (
            p_command.tenant_id, p_command.charge_point_id,
            case
                when v_is_human_chosen
                    then convert_to(
                        extensions.crypt(
                            encode(fleet.hash_charge_point_key(v_bytes), 'hex'),
                            extensions.gen_salt('bf', 8)
                        ),
                        'UTF8'
                    )
                else fleet.hash_charge_point_key(v_bytes)
            end,
            v_is_human_chosen, p_command.id
        );
    end if;
end;
$$;
revoke all on function fleet.queue_security_change(ops.commands, jsonb) from public;
comment on function fleet.queue_security_change(ops.commands, jsonb) is
    'Expect the key or the profile that a queued ChangeConfiguration brings.';

-- Remember the higher profile that a charge point was told to use, or may have been.
--
-- Told of two, it uses the one that it accepted last. Before its answer to the second the first
-- one goes on to count, for it may be coming back with that. The higher one counts where no answer
-- came.
-- Called by: fleet.queue_security_change, fleet.settle_security_change.
-- Writes:    core.charge_points.
create or replace function fleet.expect_profile(
    p_command ops.commands,
    p_security_profile smallint
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    update core.charge_points as cp
    set pending_security_profile = p_security_profile, security_command_id = p_command.id
    where
        cp.tenant_id = p_command.tenant_id
        and cp.id = p_command.charge_point_id
        and cp.security_profile < p_security_profile
        and (
            p_command.state = 'accepted'
            or p_command.state = 'unknown' and cp.pending_security_profile < p_security_profile
            or not exists (
                select
                from ops.commands as c
                where
                    cp.pending_security_profile is not null
                    and c.tenant_id = cp.tenant_id
                    and c.id = cp.security_command_id
                    and c.state in ('queued', 'sent', 'accepted', 'unknown')
            )
        );
$$;
revoke all on function fleet.expect_profile(ops.commands, smallint) from public;
comment on function fleet.expect_profile(ops.commands, smallint) is
    'Remember the higher profile that a charge point was told to use.';
