-- Make an unguessable token: 256 random bits as 43 characters.
create or replace function access.create_token()
returns text
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select access.encode_base64url(extensions.gen_random_bytes(32));
$$;
revoke all on function access.create_token() from public;
comment on function access.create_token() is
    'Make an unguessable token: 256 random bits as 43 characters.';
