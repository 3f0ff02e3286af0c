-- Check and complete a ChangeConfiguration of a key that decides how a charger gets in.
--
-- For AuthorizationKey and SecurityProfile, in any case; any other payload is returned as it is.
-- AuthorizationKey without a value gets a random one. Its form is the quirk
-- authorization_key_form: hex, OCPP 1.6's own, is 32 to 40 hexadecimal digits of 16 to 20 bytes
-- (Security Whitepaper A00.FR.205); text is 16 to 40 characters as they are.
-- SecurityProfile is never lowered over OCPP (A00.FR.005), and raised only to one that the
-- charge point could use: a key for 1 and 2, for 3 a serial number or a certificate.
-- Called by: ocpp16.prepare_change_configuration.
-- Errors:    PT403 permission_missing (security.write); PT400 authorization_key_invalid,
--            security_profile_invalid; PT409 security_profile_lower,
--            security_profile_not_ready.
create or replace function fleet.prepare_security_change(
    p_charge_point core.charge_points,
    p_payload jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key constant text := lower(ocpp.trim_text(p_payload ->> 'key'));
    v_value constant text := p_payload ->> 'value';
    -- Sent by its plain name: there are chargers that trim it, and it is masked by it.
    v_payload constant jsonb := p_payload
        || jsonb_build_object('key', ocpp.trim_text(p_payload ->> 'key'));
    v_form text;
begin
    if v_key is null or v_key not in ('authorizationkey', 'securityprofile') then
        return p_payload;
    end if;
    -- What the system sends by itself has nobody to ask for.
    if claims.role() is not null then
        perform access.require_permission('security.write');
    end if;
    if v_key = 'securityprofile' then
        perform fleet.check_profile_change(p_charge_point, v_value);
        return v_payload;
    end if;

    v_form := fleet.get_authorization_key_form(p_charge_point);
    if v_value is null then
        return v_payload || jsonb_build_object('value', fleet.create_authorization_key(v_form));
    elsif
        v_form = 'hex' and v_value !~ '^([0-9a-fA-F]{2}){16,20}$'
        or v_form = 'text' and v_value !~ '^[ -~]{16,40}$'
    then
        raise exception using
            errcode = 'PT400',
            message = case v_form
                when 'hex' then 'the key is not 32 to 40 hexadecimal digits'
                else 'the key is not 16 to 40 characters of ASCII'
            end,
            detail = '{"error":"authorization_key_invalid"}',
            hint = 'Leave value out to have a random one made. For a charger that takes text, '
            'set its quirk authorization_key_form to text.';
    end if;
    return v_payload;
end;
$$;
revoke all on function fleet.prepare_security_change(core.charge_points, jsonb) from public;
comment on function fleet.prepare_security_change(core.charge_points, jsonb) is
    'Check and complete a ChangeConfiguration of AuthorizationKey or SecurityProfile.';

-- How a charge point wants a new key written: hex or text.
--
-- Called by: fleet.prepare_security_change, fleet.queue_security_change.
create or replace function fleet.get_authorization_key_form(p_charge_point core.charge_points)
returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case
        when fleet.get_quirks(p_charge_point) ->> 'authorization_key_form' = 'text' then 'text'
        else 'hex'
    end;
$$;
revoke all on function fleet.get_authorization_key_form(core.charge_points) from public;
comment on function fleet.get_authorization_key_form(core.charge_points) is
    'How a charge point wants a new key written: hex or text.';

-- A new random key as ChangeConfiguration carries it.
--
-- hex: 20 bytes as 40 digits; text: 20 letters and digits. Base64 of random bytes is uniform over
-- 64 characters, and so it is over the 62 that are left without + and /: 60 characters hold 20 of
-- those but for one case in 10^50.
-- Called by: fleet.prepare_security_change, fleet.create_charge_point_key.
create or replace function fleet.create_authorization_key(p_form text)
returns text
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case p_form
        when 'hex' then encode(extensions.gen_random_bytes(20), 'hex')
        else left(
            regexp_replace(
                encode(extensions.gen_random_bytes(45), 'base64'), '[^A-Za-z0-9]', '', 'g'
            ),
            20
        )
    end;
$$;
revoke all on function fleet.create_authorization_key(text) from public;
comment on function fleet.create_authorization_key(text) is
    'A new random key as ChangeConfiguration carries it.';

-- Refuse a SecurityProfile that a charge point may not be told to use.
--
-- Called by: fleet.prepare_security_change.
-- Errors:    PT400 security_profile_invalid; PT409 security_profile_lower,
--            security_profile_not_ready.
create or replace function fleet.check_profile_change(
    p_charge_point core.charge_points,
    p_value text
)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_profile smallint;
begin
    if p_value is null or p_value !~ '^[1-3]$' then
        raise exception using
            errcode = 'PT400',
            message = 'a security profile is 1, 2 or 3',
            detail = '{"error":"security_profile_invalid"}',
            hint = 'Send value as one of these digits.';
    end if;
    v_profile := p_value::smallint;
    if v_profile < p_charge_point.security_profile then
        raise exception using
            errcode = 'PT409',
            message = format(
                'the charge point uses security profile %s', p_charge_point.security_profile
            ),
            detail = '{"error":"security_profile_lower"}',
            hint = 'A profile is not lowered over OCPP: set it at the charger, and here with '
            'charge_points.';
    elsif
        v_profile < 3
        and not exists (
            select
            from core.charge_point_keys as k
            where
                k.tenant_id = p_charge_point.tenant_id
                and k.charge_point_id = p_charge_point.id
                and k.retired_at is null
        )
    then
        raise exception using
            errcode = 'PT409',
            message = 'the charge point has no key',
            detail = '{"error":"security_profile_not_ready"}',
            hint = 'Give it one first: create_charge_point_key or rotate_charge_point_key.';
    elsif
        v_profile = 3
        and p_charge_point.serial_number is null
        and not exists (
            select
            from core.charge_point_certificates as c
            where
                c.tenant_id = p_charge_point.tenant_id
                and c.charge_point_id = p_charge_point.id
                and c.revoked_at is null
                and c.not_after > now()
        )
    then
        raise exception using
            errcode = 'PT409',
            message = 'no certificate of the charge point could be recognised',
            detail = '{"error":"security_profile_not_ready"}',
            hint = 'Set its serial_number, or register its certificate, or have it request one '
            'with extended_trigger_message.';
    end if;
end;
$$;
revoke all on function fleet.check_profile_change(core.charge_points, text) from public;
comment on function fleet.check_profile_change(core.charge_points, text) is
    'Refuse a security profile that a charge point may not be told to use.';
