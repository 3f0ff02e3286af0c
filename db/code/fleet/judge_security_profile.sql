-- Why a handshake does not meet an OCPP security profile, null when it does.
--
-- p_basic_refusal and p_certificate_refusal say what is wrong with the credentials, if anything.
-- 0  nothing is asked: an explicit exception of one charger.
-- 1  Basic authentication. Over TLS, too: that is more than the profile asks for, and where a
--    proxy ends TLS the charger cannot know. Strictly it is another profile (OCPP 1.6 Security
--    Whitepaper A00.FR.002), so the connection is flagged; refusing it would protect nobody.
-- 2  Basic authentication over TLS; never without TLS.
-- 3  A client certificate over TLS; a key instead is no way in.
-- Called by: ocpp.open_connection.
create or replace function fleet.judge_security_profile(
    p_security_profile smallint,
    p_has_tls boolean,
    p_basic_refusal text,
    p_certificate_refusal text
)
returns text
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case
        when p_security_profile = 0 then null
        when p_security_profile >= 2 and not p_has_tls then 'needs_tls'
        when p_security_profile = 3 then p_certificate_refusal
        else p_basic_refusal
    end;
$$;
revoke all on function fleet.judge_security_profile(smallint, boolean, text, text) from public;
comment on function fleet.judge_security_profile(smallint, boolean, text, text) is
    'Why a handshake does not meet a security profile, null when it does.';
