-- Encode bytes as base64url without padding (RFC 7515 §2).
create or replace function access.encode_base64url(p_data bytea)
returns text
language sql
immutable
strict
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select translate(encode(p_data, 'base64'), E'+/=\n', '-_');
$$;
revoke all on function access.encode_base64url(bytea) from public;
comment on function access.encode_base64url(bytea) is
    'Encode bytes as base64url without padding (RFC 7515 section 2).';
