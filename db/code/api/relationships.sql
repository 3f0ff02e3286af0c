-- Relationships for embedding, where tables have no foreign key or views hide it:
-- meter_values?select=*,charge_points(identity), charging_sessions?select=*,meter_values(*).
--
-- PostgREST takes a function of a row for a relationship that has the function's name; hence the
-- same name for several rows. What a person may not read is not embedded: functions are invokers.

create or replace function api.charge_points(reading api.meter_values)
returns setof api.charge_points rows 1
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select c.*
    from api.charge_points as c
    where c.tenant_id = $1.tenant_id and c.id = $1.charge_point_id;
$$;
revoke all on function api.charge_points(api.meter_values) from public;
grant execute on function api.charge_points(api.meter_values) to staff, customer, platform;
comment on function api.charge_points(api.meter_values) is
    'The charge point of a reading, to embed into meter_values.';

create or replace function api.charge_points(message api.ocpp_messages)
returns setof api.charge_points rows 1
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select c.*
    from api.charge_points as c
    where c.tenant_id = $1.tenant_id and c.id = $1.charge_point_id;
$$;
revoke all on function api.charge_points(api.ocpp_messages) from public;
grant execute on function api.charge_points(api.ocpp_messages) to staff, platform;
comment on function api.charge_points(api.ocpp_messages) is
    'The charge point of a message, to embed into ocpp_messages.';

create or replace function api.charge_points(decision api.authorizations)
returns setof api.charge_points rows 1
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select c.*
    from api.charge_points as c
    where c.tenant_id = $1.tenant_id and c.id = $1.charge_point_id;
$$;
revoke all on function api.charge_points(api.authorizations) from public;
grant execute on function api.charge_points(api.authorizations) to staff, platform;
comment on function api.charge_points(api.authorizations) is
    'The charge point of a decision, to embed into authorizations.';

create or replace function api.charge_points(change api.connector_status_changes)
returns setof api.charge_points rows 1
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select c.*
    from api.charge_points as c
    where c.tenant_id = $1.tenant_id and c.id = $1.charge_point_id;
$$;
revoke all on function api.charge_points(api.connector_status_changes) from public;
grant execute on function api.charge_points(api.connector_status_changes) to staff, platform;
comment on function api.charge_points(api.connector_status_changes) is
    'The charge point of a change, to embed into connector_status_changes.';

create or replace function api.charge_points(drift api.configuration_drift)
returns setof api.charge_points rows 1
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select c.*
    from api.charge_points as c
    where c.tenant_id = $1.tenant_id and c.id = $1.charge_point_id;
$$;
revoke all on function api.charge_points(api.configuration_drift) from public;
grant execute on function api.charge_points(api.configuration_drift) to staff, platform;
comment on function api.charge_points(api.configuration_drift) is
    'The charge point that has drifted, to embed into configuration_drift.';

create or replace function api.charging_sessions(reading api.meter_values)
returns setof api.charging_sessions rows 1
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select s.*
    from api.charging_sessions as s
    where s.tenant_id = $1.tenant_id and s.id = $1.session_id;
$$;
revoke all on function api.charging_sessions(api.meter_values) from public;
grant execute on function api.charging_sessions(api.meter_values) to staff, customer, platform;
comment on function api.charging_sessions(api.meter_values) is
    'The session of a reading, to embed into meter_values.';

create or replace function api.users(change api.audit_log)
returns setof api.users rows 1
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select u.*
    from api.users as u
    where u.id = $1.user_id
    order by u.tenant_id is distinct from $1.tenant_id, u.tenant_id
    limit 1;
$$;
revoke all on function api.users(api.audit_log) from public;
grant execute on function api.users(api.audit_log) to staff, platform;
comment on function api.users(api.audit_log) is
    'Who made a change, to embed into audit_log.';

-- The times of the session bound the search, so that few partitions are read: readings with a
-- time that cannot be true lie under the time of their receipt, before the last change.
create or replace function api.meter_values(session api.charging_sessions)
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
revoke all on function api.meter_values(api.charging_sessions) from public;
grant execute on function api.meter_values(api.charging_sessions) to staff, customer, platform;
comment on function api.meter_values(api.charging_sessions) is
    'Readings of a session, to embed into charging_sessions.';
