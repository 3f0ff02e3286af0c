-- Sign claims as a JWT with our key (HS256, RFC 7515 appendix A.1).
create or replace function access.sign_jwt(p_claims jsonb)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_signed constant text :=
        access.encode_base64url('{"alg":"HS256","typ":"JWT"}'::bytea)
        || '.' || access.encode_base64url(convert_to(p_claims::text, 'UTF8'));
begin
    return v_signed || '.' || access.encode_base64url(
        extensions.hmac(
            convert_to(v_signed, 'UTF8'),
            convert_to(access.get_secret('jwt_secret'), 'UTF8'),
            'sha256'
        )
    );
end;
$$;
revoke all on function access.sign_jwt(jsonb) from public;
comment on function access.sign_jwt(jsonb) is 'Sign claims as a JWT with our key (HS256).';
