-- Mask secrets in the text of a frame before it is stored.
--
-- Works on text, because a malformed frame has secrets too and because the log keeps what was
-- sent byte for byte otherwise. Masked are the values of members named like a key, password,
-- token or secret, the value of a configuration key or variable named so (OCPP 1.6 §9.1,
-- AuthorizationKey), private keys, JSON web tokens, and user and password within an address
-- (GetDiagnostics, UpdateFirmware). An id token is no secret here: people search the log by it.
-- Called by: ocpp.handle_calls, ocpp.log_frames.
create or replace function ocpp.has_secret(p_payload text)
returns boolean
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return p_payload ~*
        'authorizationkey|passw|secret|private|api_?key|accesstoken|access_token|"token|eyj|://';
end;
$$;
revoke all on function ocpp.has_secret(text) from public;
comment on function ocpp.has_secret(text) is
    'Cheap test whether a frame may hold a secret; errs on the side of yes.';

create or replace function ocpp.mask_payload(p_payload text)
returns text
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name constant text := '[a-z0-9_-]*(?:authorizationkey|passw(?:or)?d|passphrase|secret'
        '|private_?key|api_?key|access_?token|auth_?token|refresh_?token)[a-z0-9_-]*|token';
    -- A JSON string, or what there is of one in a frame that was cut short.
    v_string constant text := '"(?:[^"\\]|\\.)*(?:"|$)';
    v_payload text := p_payload;
begin
    if not ocpp.has_secret(p_payload) then
        return p_payload;
    end if;
    -- {"password":"..."}, {"password":1}
    v_payload := regexp_replace(
        v_payload,
        '("(?:' || v_name || ')"\s*:\s*)(?:' || v_string || '|[^\s"{}\[\],][^"{}\[\],]*)',
        '\1"***"',
        'gi'
    );
    -- The same within a string, as DataTransfer carries it: {\"password\":\"...\"}
    v_payload := regexp_replace(
        v_payload,
        '(\\"(?:' || v_name || ')\\"\s*:\s*\\")(?:[^"\\]|\\{4}|\\{3}"|\\{2})*',
        '\1***',
        'gi'
    );
    -- {"key":"AuthorizationKey","readonly":false,"value":"..."}, in any order
    v_payload := regexp_replace(
        v_payload,
        '("key"\s*:\s*"(?:' || v_name || ')"[^{}]*"value"\s*:\s*)' || v_string,
        '\1"***"',
        'gi'
    );
    v_payload := regexp_replace(
        v_payload,
        '("value"\s*:\s*)' || v_string || '([^{}]*"key"\s*:\s*"(?:' || v_name || ')")',
        '\1"***"\2',
        'gi'
    );
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
    -- ftp://user:password@host/, https://host/?token=...
    v_payload := regexp_replace(v_payload, '(://)[^/@\s"]+@', '\1***@', 'g');
    v_payload := regexp_replace(
        v_payload,
        '([?&][a-z0-9_-]*(?:token|sig|signature|password|secret|key)=)[^&"\s]*',
        '\1***',
        'gi'
    );
    return v_payload;
end;
$$;
revoke all on function ocpp.mask_payload(text) from public;
comment on function ocpp.mask_payload(text) is
    'The text of a frame with its secrets replaced by ***.';
