-- Whether the API and its database answer; open to anonymous callers, and so without details.
--
-- Called by: monitoring, load balancers.
create or replace function api.health()
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return jsonb_build_object(
        'status', 'ok',
        'time', to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    );
end;
$$;
revoke all on function api.health() from public;
grant execute on function api.health() to anon, staff, customer, platform;
comment on function api.health() is
    E'Whether the API and its database answer.\nReturns status "ok" and the server''s time.';
