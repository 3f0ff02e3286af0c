-- Mask secrets in the text of a frame before it is stored.
--
-- Works on text, because a malformed frame has secrets too and because the log keeps what was
-- sent byte for byte otherwise. Masked are the values of members named like a key, password,
-- token or secret, structures whole; the value of a configuration key named so (OCPP 1.6 §9.1,
-- AuthorizationKey); `name=value` and `name: value` in free text; private keys, JSON web tokens,
-- and user, password and ticket within an address (GetDiagnostics, UpdateFirmware). Where a name
-- was written with escapes (pass\u0077ord), the escapes of such letters are stored decoded.
-- An id token is no secret here: people search the log by it.
-- Called by: ocpp.handle_calls, ocpp.log_frames.
create or replace function ocpp.has_secret(p_payload text)
returns boolean
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Stems of every name in ocpp.mask_payload, and any escape that may hide one.
    return p_payload ~*
        'authori[sz]ation|pass|pwd|psk|secret|private|api[_-]?key|credential|(?:^|[^d])token'
        '|(?:^|[^a-z])pin|eyj|vt_|://|\\u00[2-7]';
end;
$$;
revoke all on function ocpp.has_secret(text) from public;
comment on function ocpp.has_secret(text) is
    'Cheap test whether a frame may hold a secret; errs on the side of yes.';

create or replace function ocpp.decode_escapes(p_payload text)
returns text
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payload text := p_payload;
    v_escape text;
begin
    -- At most once for each escape that occurs; those of letters, digits, - _ : = and the quote.
    for v_escape in
        select distinct m.match[1]
        from regexp_matches(
            p_payload, '(u00(?:2d|3[0-9ad]|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9a]))', 'gi'
        ) as m (match)
    loop
        v_payload := regexp_replace(
            v_payload,
            '\\+' || v_escape,
            chr(get_byte(decode(right(v_escape, 2), 'hex'), 0)),
            'g'
        );
    end loop;
    -- A quote stays escaped, as it was before it was written in hexadecimal.
    return regexp_replace(v_payload, '(\\+)u0022', '\1"', 'gi');
end;
$$;
revoke all on function ocpp.decode_escapes(text) from public;
comment on function ocpp.decode_escapes(text) is
    'The text of a frame with \u escapes of the characters of names decoded.';

create or replace function ocpp.mask_payload(p_payload text)
returns text
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name constant text := '[a-z0-9_.-]*(?:authori[sz]ation_?key|passw(?:or)?d|passphrase'
        '|passcode|secret|private[_-]?key|api[_-]?key|credential'
        '|(?:access|api|auth|refresh|bearer|mqtt|session|security)[_-]?token)[a-z0-9_.-]*'
        '|[a-z0-9_.-]*(?:pwd|psk)|(?:[a-z0-9]+[_-]|apn|ftp|mqtt|sim|wifi|wlan)?pass'
        '|(?:[a-z0-9]+[_-])?pin(?:[_-]?code)?|(?:x[_-])?token'
        '|(?:proxy-)?authori[sz]ation';
    -- There are chargers that trim the names of keys.
    v_blank constant text := '(?:\s|\\+[bfnrt])*';
    -- A JSON string, or what there is of one in a frame that was cut short.
    v_string constant text := '"(?:[^"\\]|\\.)*(?:"|$)';
    -- What stands between the quotes of a string that is within a string.
    v_inner constant text := '(?:[^"\\]|\\{4}|\\{3}"|\\{2})*';
    v_flat constant text := '[^"{}\[\]]|' || v_string;
    v_structure text := '[{\[](?:' || v_flat || ')*[}\]]';
    v_payload text := p_payload;
    v_decoded text;
begin
    if not ocpp.has_secret(p_payload) then
        return p_payload;
    end if;
    if p_payload ~* '\\u00[2-7]' then
        v_decoded := ocpp.decode_escapes(p_payload);
        -- Decoded only if that shows a secret: the log keeps what was sent.
        if v_decoded <> p_payload then
            v_payload := ocpp.mask_payload(v_decoded);
            if v_payload <> v_decoded then
                return v_payload;
            end if;
            v_payload := p_payload;
        end if;
    end if;
    -- A structure of structures, four deep; what is deeper ends the frame below.
    for v_depth in 1 .. 3 loop
        v_structure := '[{\[](?:' || v_flat || '|' || v_structure || ')*[}\]]';
    end loop;
    -- {"password":["..."]}
    if v_payload ~* ('"(?:' || v_name || '|value)"\s*:\s*[{\[]') then
        v_payload := regexp_replace(
            v_payload, '("(?:' || v_name || ')"\s*:\s*)' || v_structure, '\1"***"', 'gi'
        );
        v_payload := regexp_replace(
            v_payload, '("(?:' || v_name || ')"\s*:\s*)[{\[].*$', '\1"***"', 'i'
        );
    end if;
    -- {"password":"..."}, {"password":1}
    v_payload := regexp_replace(
        v_payload,
        '("(?:' || v_name || ')"\s*:\s*)(?:' || v_string || '|[^\s"{}\[\],][^"{}\[\],]*)',
        '\1"***"',
        'gi'
    );
    -- {"key":"AuthorizationKey","readonly":false,"value":"..."}, in any order
    if v_payload ~* ('"key"\s*:\s*"' || v_blank || '(?:' || v_name || ')' || v_blank || '"') then
        v_payload := regexp_replace(
            v_payload,
            '("key"\s*:\s*"' || v_blank || '(?:' || v_name || ')' || v_blank
            || '"(?:' || v_flat || '|' || v_structure
            || ')*"value"\s*:\s*)(?:' || v_string || '|' || v_structure || '|[^\s"{}\[\],]+)',
            '\1"***"',
            'gi'
        );
        v_payload := regexp_replace(
            v_payload,
            '("value"\s*:\s*)(?:' || v_string || '|' || v_structure || '|[^\s"{}\[\],]+)'
            || '((?:' || v_flat || '|' || v_structure || ')*"key"\s*:\s*"' || v_blank
            || '(?:' || v_name || ')' || v_blank || '")',
            '\1"***"\2',
            'gi'
        );
    end if;
    -- The same within a string, as DataTransfer carries it: {\"password\":\"...\"}
    if strpos(v_payload, '\"') > 0 then
        v_payload := regexp_replace(
            v_payload,
            '(\\+"(?:' || v_name || ')\\+"\s*:\s*\\+")' || v_inner,
            '\1***',
            'gi'
        );
        v_payload := regexp_replace(
            v_payload,
            '((\\+)"(?:' || v_name || ')\\+"\s*:\s*)'
            '(?:[{\[](?:[^{}\[\]]|[{\[][^{}\[\]]*[}\]])*(?:[}\]]|$)|[^\s"\\{}\[\],]+)',
            '\1\2"***\2"',
            'gi'
        );
        v_payload := regexp_replace(
            v_payload,
            '(\\+"key\\+"\s*:\s*\\+"' || v_blank || '(?:' || v_name || ')' || v_blank
            || '\\+"[^{}]*\\+"value\\+"\s*:\s*\\+")' || v_inner,
            '\1***',
            'gi'
        );
        v_payload := regexp_replace(
            v_payload,
            '(\\+"value\\+"\s*:\s*\\+")' || v_inner
            || '(\\+"[^{}]*\\+"key\\+"\s*:\s*\\+"' || v_blank || '(?:' || v_name || ')'
            || v_blank || '\\+")',
            '\1***\2',
            'gi'
        );
    end if;
    v_payload := regexp_replace(
        v_payload,
        '-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(-----END [A-Z ]*PRIVATE KEY-----)?',
        '***',
        'g'
    );
    -- JSON web tokens: base64 of {" and a dot.
    v_payload := regexp_replace(
        v_payload, 'eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)*', '***', 'g'
    );
    -- One-time tickets within addresses for files (fleet.prepare_location).
    if strpos(v_payload, 'vt_') > 0 then
        v_payload := regexp_replace(v_payload, 'vt_[A-Za-z0-9_-]{43}', '***', 'g');
    end if;
    -- ftp://user:password@host/, https://host/?token=...
    v_payload := regexp_replace(v_payload, '(://)[^/@\s"]+@', '\1***@', 'g');
    v_payload := regexp_replace(
        v_payload,
        '([?&][a-z0-9_-]*(?:token|sig|signature|password|secret|key)=)[^&"\s]*',
        '\1***',
        'gi'
    );
    -- AuthorizationKey=...; Password: ...
    v_payload := regexp_replace(
        v_payload,
        '((?:\m|\\[nrt])(?:' || v_name || ')\s*[=:]\s*(?:(?:basic|bearer)\s+)?)'
        '(?:\\+"[^"\\]*|(?:[^\s"\\;,&{}\[\]]|\\\\)+)',
        '\1***',
        'gi'
    );
    return v_payload;
end;
$$;
revoke all on function ocpp.mask_payload(text) from public;
comment on function ocpp.mask_payload(text) is
    'The text of a frame with its secrets replaced by ***.';
