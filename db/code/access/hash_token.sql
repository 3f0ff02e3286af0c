-- Hash a token for storing and looking up: it is random, so a plain SHA-256 suffices.
create or replace function access.hash_token(p_token text)
returns bytea
language sql
immutable
strict
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select sha256(convert_to(p_token, 'UTF8'));
$$;
revoke all on function access.hash_token(text) from public;
comment on function access.hash_token(text) is 'Hash a token for storing and looking up.';
