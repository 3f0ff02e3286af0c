-- Hash a password with bcrypt at the cost of the installation.
create or replace function access.hash_password(p_password text)
returns text
language sql
volatile
strict
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select extensions.crypt(
        p_password,
        extensions.gen_salt('bf', access.get_setting('access.bcrypt_cost')::integer)
    );
$$;
revoke all on function access.hash_password(text) from public;
comment on function access.hash_password(text) is
    'Hash a password with bcrypt at the cost of the installation.';
