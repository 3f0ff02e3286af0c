-- Which day it is for a legal entity.
--
-- Called by: what posts something now.
create or replace function billing.get_local_date(p_tenant_id bigint, p_legal_entity_id bigint)
returns date
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select (now() at time zone e.time_zone)::date
    from core.legal_entities as e
    where e.tenant_id = p_tenant_id and e.id = p_legal_entity_id
$$;
revoke all on function billing.get_local_date(bigint, bigint) from public;
comment on function billing.get_local_date(bigint, bigint) is
    'Which day it is for a legal entity.';
