-- Readings of a session, for embedding: charging_sessions?select=*,readings(*).
--
-- PostgREST takes a function of a row for a relationship; meter values have no foreign key.
-- The times of the session bound the search, so that few partitions are read: readings with a
-- time that cannot be true lie under the time of their receipt, before the last change.
create or replace function api.readings(session api.charging_sessions)
returns setof api.meter_values
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select m.*
    from api.meter_values as m
    where
        m.tenant_id = $1.tenant_id
        and m.session_id = $1.id
        and m.sampled_at >= least($1.started_at, $1.created_at) - interval '1 day'
        and m.sampled_at
        <= greatest($1.ended_at, $1.last_reading_at, $1.updated_at) + interval '1 day'
    order by m.sampled_at;
$$;
revoke all on function api.readings(api.charging_sessions) from public;
grant execute on function api.readings(api.charging_sessions) to staff, customer, platform;
comment on function api.readings(api.charging_sessions) is
    'Readings of a session, to embed into charging_sessions.';
