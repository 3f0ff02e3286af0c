-- Decide on the handshake of a charger, and open its connection.
--
-- p_path:     segments of the address after the bridge's prefix, percent-decoded once, no empty
--             ones. The last is the identity (OCPP-J 1.6 §3.1.1); the one before it names the
--             tenant where it is a tenant's slug and is passed over otherwise (quirk 5).
-- p_password: the bytes behind the first colon of the Basic credentials.
-- Returned is what the bridge answers: status 101 with connection_id, identity and subprotocol
-- (to be named in the handshake only if the client offered it); 101 with connection_id null,
-- close_code and close_reason (finish the handshake without a subprotocol, then close:
-- OCPP-J 1.6 §3.2); or another status with a reason for our log.
--
-- A 101 with a connection also has settle_s, command_timeout_s and command_gap_s: what this
-- charger's quirks say of commands to it, null for the bridge's own.
-- p_tls_version: as Python's ssl names it ('TLSv1.2'), null for a plain socket.
-- p_client_certificate: null, or of a certificate that the TLS layer verified against the CAs of
--             the installation: fingerprint_sha256 and serial_number (hex), common_name,
--             organization, issuer (RFC 4514), not_before and not_after (ISO 8601).
--
-- An unknown charger and wrong credentials of any kind get the same 401 after the same work.
-- Refusals of a known charge point are counted in one row a minute; a certificate that the CA
-- vouches for and we refuse raises the alarm certificate_refused. What each security profile asks
-- for stands in fleet.judge_security_profile. A charger that was told to use a higher profile
-- (ChangeConfiguration) is raised to it by the first connection that meets it, and not before.
-- An accepted connection is a new epoch: the one before it is closed, and ops.presence points at
-- the new one.
-- Security definer: the bridge has no right on any table.
-- Called by: the bridge, once a handshake.
-- Writes:    ops.presence (row locked), ops.connections, core.charge_point_keys,
--            core.charge_point_certificates, core.charge_points, core.unknown_charge_points,
--            core.alarms.
create or replace function ocpp.open_connection(
    p_bridge_id uuid,
    p_path text[],
    p_username text,
    p_password bytea,
    p_offered_subprotocols text[],
    p_remote_address text,
    p_tls_version text,
    p_client_certificate jsonb,
    p_user_agent text
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_identity constant text := p_path[cardinality(p_path)];
    v_offered constant text[] := coalesce(p_offered_subprotocols, '{}');
    v_tenant_id bigint;
    v_charge_point core.charge_points;
    v_key record;
    v_certificate record;
    v_connection ops.connections;
    v_has_raised boolean := false;
    v_basic_refusal text;
    v_refusal text;
    v_quirks jsonb;
    v_status integer := 401;
begin
    -- The charset of OCPP 2.0.1 part 4 §3.1.1, without the colon that Basic splits at.
    if v_identity is null or v_identity !~ '^[!-9;-~]{1,48}$' then
        return jsonb_build_object('status', 404, 'reason', 'no identity in the path');
    end if;
    if not exists (select from ops.bridges as b where b.id = p_bridge_id) then
        return jsonb_build_object('status', 503, 'reason', 'unknown bridge');
    end if;

    select t.id into v_tenant_id
    from core.tenants as t
    where t.slug = lower(p_path[cardinality(p_path) - 1]);
    select cp.* into v_charge_point
    from core.charge_point_identities as i
    inner join core.charge_points as cp on cp.tenant_id = i.tenant_id and cp.id = i.charge_point_id
    where
        i.identity_key = lower(v_identity)
        and i.tenant_id = coalesce(v_tenant_id, i.tenant_id);
    -- Whatever was found: the same work.
    select k.key_id, k.is_hex_form into v_key
    from fleet.find_charge_point_key(v_charge_point.tenant_id, v_charge_point.id, p_password) as k;

    select c.certificate_id, c.refusal into v_certificate
    from fleet.find_charge_point_certificate(v_charge_point, p_client_certificate) as c;

    v_basic_refusal := case
        when p_password is null then 'no_credentials'
        -- OCPP 1.6 Security Whitepaper A00.FR.204.
        when lower(p_username) is distinct from lower(v_identity) then 'wrong_user_name'
        when v_key.key_id is null then 'wrong_key'
    end;
    v_refusal := fleet.judge_security_profile(
        coalesce(v_charge_point.security_profile, 1::smallint), p_tls_version is not null,
        v_basic_refusal, v_certificate.refusal
    );
    if v_charge_point.id is null then
        v_refusal := 'unknown_charge_point';
    elsif
        fleet.has_profile_change(v_charge_point)
        and fleet.judge_security_profile(
            v_charge_point.pending_security_profile, p_tls_version is not null, v_basic_refusal,
            v_certificate.refusal
        ) is null
    then
        v_has_raised := true;
        v_refusal := null;
        v_charge_point.security_profile := v_charge_point.pending_security_profile;
    end if;
    if v_refusal = 'unknown_charge_point' then
        perform set_config('synchronous_commit', 'off', true);
        perform fleet.record_unknown_charge_point(
            v_tenant_id, v_identity, left(p_remote_address, 100), left(p_user_agent, 200),
            v_offered, p_password is not null
        );
        return jsonb_build_object('status', v_status, 'reason', v_refusal);
    end if;
    if v_refusal like 'certificate\_%' then
        perform fleet.raise_alarm(
            v_charge_point.tenant_id, v_charge_point.id, 'certificate_refused', 'warning',
            'It connected with a certificate of a trusted CA that is not good for it.',
            jsonb_build_object('reason', v_refusal, 'certificate', p_client_certificate)
        );
    end if;

    -- Only for who is let in: a wrong key costs no more than an unknown charger.
    if v_refusal is null then
        v_quirks := fleet.get_quirks(v_charge_point);
    end if;
    -- Each charger by itself, never a whole model (whitepaper A00.FR.324, quirk 14).
    if
        v_refusal is null
        and p_tls_version in ('TLSv1', 'TLSv1.1')
        and v_charge_point.quirks -> 'allows_old_tls' is distinct from 'true'
    then
        v_refusal := 'needs_newer_tls';
    end if;
    if v_refusal is null and not (
        v_charge_point.is_enabled
        and (select t.is_active from core.tenants as t where t.id = v_charge_point.tenant_id)
    ) then
        v_refusal := 'disabled';
        v_status := 403;
    end if;
    if v_refusal is null then
        -- OCPP-J 1.6 §3.1.2 wants the header; quirk 1 is for chargers that never send it.
        select l.subprotocol into v_connection.subprotocol
        from unnest(
            case
                when v_offered <> '{}' then v_offered
                else array[v_quirks ->> 'assume_subprotocol']
            end
        ) with ordinality as o (subprotocol, ordinal)
        inner join ocpp.list_subprotocols() as l on l.subprotocol = o.subprotocol
        order by o.ordinal
        limit 1;
        if v_connection.subprotocol is null then
            v_refusal := 'no_common_subprotocol';
            v_status := 101;
        end if;
    end if;

    v_connection.tenant_id := v_charge_point.tenant_id;
    v_connection.charge_point_id := v_charge_point.id;
    v_connection.bridge_id := p_bridge_id;
    v_connection.refuse_reason := v_refusal;
    v_connection.remote_address := left(p_remote_address, 100);
    v_connection.user_agent := left(p_user_agent, 200);
    v_connection.is_tls := p_tls_version is not null;
    v_connection.tls_version := left(p_tls_version, 20);
    if v_refusal is not null then
        perform set_config('synchronous_commit', 'off', true);
        perform fleet.record_refusal(v_connection);
        return jsonb_build_object('status', v_status) || case
            when v_status = 101 then jsonb_build_object(
                'connection_id', null,
                'subprotocol', null,
                'close_code', 1002,
                'close_reason', 'no common subprotocol'
            )
            else jsonb_build_object('reason', v_refusal)
        end;
    end if;

    v_connection.security_profile := v_charge_point.security_profile;
    v_connection.flags := array_remove(
        array[
            case when v_offered = '{}' then 'assumed_subprotocol' end,
            case when v_key.is_hex_form then 'hex_key' end,
            case when v_charge_point.security_profile < 3 and v_key.key_id is null then 'no_key' end,
            case
                when v_charge_point.security_profile < 2 and p_tls_version is not null
                    then 'more_than_profile'
            end,
            case when v_has_raised then 'profile_raised' end,
            -- It has not stored the key it was given, or not yet.
            case
                when exists (
                    select
                    from core.charge_point_keys as k
                    where
                        k.tenant_id = v_charge_point.tenant_id
                        and k.charge_point_id = v_charge_point.id
                        and k.id > v_key.key_id
                        and k.retired_at is null
                )
                    then 'old_key'
            end
        ],
        null
    );
    v_connection := fleet.begin_connection(v_connection);
    if v_charge_point.security_profile = 3 then
        perform fleet.note_charge_point_certificate_use(
            v_charge_point, p_client_certificate, v_certificate.certificate_id
        );
    elsif v_basic_refusal is null then
        perform fleet.note_charge_point_key_use(
            v_charge_point.tenant_id, v_charge_point.id, v_key.key_id
        );
    end if;
    update core.charge_points as cp
    set ocpp_version = substr(v_connection.subprotocol, length('ocpp') + 1),
        security_profile = case
            when v_has_raised then greatest(cp.pending_security_profile, cp.security_profile)
            else cp.security_profile
        end
    where
        cp.tenant_id = v_charge_point.tenant_id
        and cp.id = v_charge_point.id
        and (
            v_has_raised
            or cp.ocpp_version is distinct from substr(v_connection.subprotocol, length('ocpp') + 1)
        );
    return jsonb_build_object(
        'status', 101,
        'connection_id', v_connection.id,
        'identity', v_charge_point.identity,
        'subprotocol', v_connection.subprotocol,
        'settle_s', v_quirks -> 'settle_s',
        'command_timeout_s', v_quirks -> 'command_timeout_s',
        'command_gap_s', v_quirks -> 'command_gap_s'
    );
end;
$$;
revoke all on function ocpp.open_connection(
    uuid, text[], text, bytea, text[], text, text, jsonb, text
) from public;
grant execute on function ocpp.open_connection(
    uuid, text[], text, bytea, text[], text, text, jsonb, text
) to bridge;
comment on function ocpp.open_connection(
    uuid, text[], text, bytea, text[], text, text, jsonb, text
) is 'Decide on the handshake of a charger and open its connection.';
