-- The version of the rules by which pricing.price works, kept with every rating.
--
-- Called by: pricing.price, whatever rates. Counted up when the same tariff and session may cost
-- something else than before.
create or replace function pricing.engine_version()
returns text
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select '1'
$$;
revoke all on function pricing.engine_version() from public;
comment on function pricing.engine_version() is
    'The version of the rules by which pricing.price works.';
