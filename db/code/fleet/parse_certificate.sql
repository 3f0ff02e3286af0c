-- What an X.509 certificate says, out of its PEM text; null when it is none.
--
-- Read is the first certificate in the text (RFC 5280 §4.1): its fingerprint, serial number (hex
-- without leading zeros), common name and organization of its subject, its issuer (RFC 4514) and
-- its validity, under the names that ocpp.open_connection uses. No signature is checked: who
-- registers a certificate vouches for it.
-- Called by: api.register_charge_point_certificate, ocpp16.prepare_install_certificate,
--            ocpp16.prepare_certificate_signed.
create or replace function fleet.parse_certificate(p_pem text)
returns jsonb
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_text constant text := regexp_replace(
        substring(
            p_pem from '-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----'
        ),
        '\s', '', 'g'
    );
    v_der bytea;
    v_whole record;
    v_body record;
    v_part record;
    v_not_before timestamptz;
    v_not_after timestamptz;
    v_serial_number text;
    v_issuer jsonb;
    v_subject jsonb;
begin
    if
        v_text is null
        or length(v_text) % 4 <> 0
        or v_text !~ '^[A-Za-z0-9+/]+={0,2}$'
        or length(v_text) > 20000
    then
        return null;
    end if;
    v_der := decode(v_text, 'base64');
    v_whole := fleet.read_der(v_der, 0);
    v_body := fleet.read_der(v_der, v_whole.content_at);
    if
        v_whole.next_at is distinct from length(v_der)
        or (v_whole.tag, v_body.tag) is distinct from (48, 48)
    then
        return null;
    end if;
    v_part := fleet.read_der(v_der, v_body.content_at);
    -- The version is left out by those of the first.
    if v_part.tag = 160 then
        v_part := fleet.read_der(v_der, v_part.next_at);
    end if;
    if v_part.tag is distinct from 2 or v_part.content_length not between 1 and 21 then
        return null;
    end if;
    v_serial_number := upper(
        ltrim(
            encode(
                substr(v_der, v_part.content_at + 1, v_part.content_length), 'hex'
            ),
            '0'
        )
    );
    v_part := fleet.read_der(v_der, v_part.next_at);
    v_part := fleet.read_der(v_der, v_part.next_at);
    v_issuer := fleet.read_der_name(v_der, v_part.content_at, v_part.next_at);
    v_part := fleet.read_der(v_der, v_part.next_at);
    v_not_before := fleet.read_der_time(v_der, v_part.content_at);
    v_not_after := fleet.read_der_time(
        v_der, (fleet.read_der(v_der, v_part.content_at)).next_at
    );
    v_part := fleet.read_der(v_der, v_part.next_at);
    v_subject := fleet.read_der_name(v_der, v_part.content_at, v_part.next_at);
    if num_nulls(v_issuer, v_subject) > 0 or (v_not_before < v_not_after) is not true then
        return null;
    end if;
    return jsonb_build_object(
        'fingerprint_sha256', encode(sha256(v_der), 'hex'),
        'serial_number', v_serial_number,
        'common_name', jsonb_path_query_first(v_subject, '$[*] ? (@.type == "CN").value'),
        'organization', jsonb_path_query_first(v_subject, '$[*] ? (@.type == "O").value'),
        'issuer', (
            select string_agg(
                concat(
                    n.name ->> 'type', '=',
                    regexp_replace(n.name ->> 'value', '([,+"\\<>;=])', '\\\1', 'g')
                ),
                ',' order by n.ordinal desc
            )
            from jsonb_array_elements(v_issuer) with ordinality as n (name, ordinal)
        ),
        'not_before', v_not_before,
        'not_after', v_not_after
    );
end;
$$;
revoke all on function fleet.parse_certificate(text) from public;
comment on function fleet.parse_certificate(text) is
    'What an X.509 certificate says, out of its PEM text; null when it is none.';

-- The element of a DER encoding (ITU-T X.690) that begins at an offset from 0; all null where
-- there is none or it would be longer than the text.
--
-- Called by: fleet.parse_certificate and its readers.
create or replace function fleet.read_der(
    p_der bytea,
    p_at integer,
    out tag integer,
    out content_at integer,
    out content_length integer,
    out next_at integer
)
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_first integer;
    v_length integer;
begin
    if p_at is null or p_at < 0 or p_at + 2 > length(p_der) then
        return;
    end if;
    v_first := get_byte(p_der, p_at + 1);
    if v_first < 128 then
        v_length := v_first;
        v_first := 128;
    elsif v_first in (129, 130, 131) and p_at + 2 + v_first - 128 <= length(p_der) then
        v_length := 0;
        for v_byte in 0 .. v_first - 129 loop
            v_length := v_length * 256 + get_byte(p_der, p_at + 2 + v_byte);
        end loop;
    else
        return;
    end if;
    if p_at + 2 + v_first - 128 + v_length > length(p_der) then
        return;
    end if;
    tag := get_byte(p_der, p_at);
    content_at := p_at + 2 + v_first - 128;
    content_length := v_length;
    next_at := content_at + v_length;
end;
$$;
revoke all on function fleet.read_der(bytea, integer) from public;
comment on function fleet.read_der(bytea, integer) is
    'The element of a DER encoding that begins at an offset.';

-- A distinguished name as a list of {"type", "value"}; null where it cannot be read.
--
-- Types without a short name are left out. p_at and p_end: offsets of the content of the name.
-- Called by: fleet.parse_certificate.
create or replace function fleet.read_der_name(p_der bytea, p_at integer, p_end integer)
returns jsonb
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_names jsonb := '[]';
    v_set record;
    v_pair record;
    v_oid record;
    v_value record;
    v_type text;
    v_bytes bytea;
    v_at integer := p_at;
begin
    if num_nulls(p_at, p_end) > 0 then
        return null;
    end if;
    -- A loop, for each element says where the next one begins.
    while v_at < p_end loop
        v_set := fleet.read_der(p_der, v_at);
        v_pair := fleet.read_der(p_der, v_set.content_at);
        v_oid := fleet.read_der(p_der, v_pair.content_at);
        v_value := fleet.read_der(p_der, v_oid.next_at);
        if (v_set.tag, v_pair.tag, v_oid.tag) is distinct from (49, 48, 6) or v_value.tag is null
        then
            return null;
        end if;
        v_bytes := substr(p_der, v_value.content_at + 1, v_value.content_length);
        v_type := case encode(substr(p_der, v_oid.content_at + 1, v_oid.content_length), 'hex')
            when '550403' then 'CN'
            when '550406' then 'C'
            when '550407' then 'L'
            when '550408' then 'ST'
            when '55040a' then 'O'
            when '55040b' then 'OU'
        end;
        if v_type is not null then
            begin
                v_names := v_names || jsonb_build_object(
                    'type', v_type,
                    'value', convert_from(
                        v_bytes, case when v_value.tag = 20 then 'LATIN1' else 'UTF8' end
                    )
                );
            exception
                when character_not_in_repertoire then
                    return null;
            end;
        end if;
        v_at := v_set.next_at;
    end loop;
    return v_names;
end;
$$;
revoke all on function fleet.read_der_name(bytea, integer, integer) from public;
comment on function fleet.read_der_name(bytea, integer, integer) is
    'A distinguished name of a DER encoding as a list of {"type", "value"}.';

-- A UTCTime or GeneralizedTime of a DER encoding (RFC 5280 §4.1.2.5), null where it is none.
--
-- Called by: fleet.parse_certificate.
create or replace function fleet.read_der_time(p_der bytea, p_at integer)
returns timestamptz
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_element constant record := fleet.read_der(p_der, p_at);
    v_text text;
begin
    v_text := encode(substr(p_der, v_element.content_at + 1, v_element.content_length), 'escape');
    if v_element.tag = 23 and v_text ~ '^[0-9]{12}Z$' then
        v_text := case when v_text < '50' then '20' else '19' end || v_text;
    elsif v_element.tag is distinct from 24 or v_text !~ '^[0-9]{14}Z$' then
        return null;
    end if;
    return ocpp.parse_timestamp(
        regexp_replace(v_text, '^(....)(..)(..)(..)(..)(..)Z$', '\1-\2-\3T\4:\5:\6Z')
    );
end;
$$;
revoke all on function fleet.read_der_time(bytea, integer) from public;
comment on function fleet.read_der_time(bytea, integer) is
    'A time of a DER encoding, null where it is none.';
