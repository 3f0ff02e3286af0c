-- What happened to sessions, read-only.
create or replace view api.session_events
with (security_invoker = true) as
select
    e.tenant_id,
    e.session_id,
    e.id,
    e.event,
    e.from_state,
    e.to_state,
    e.happened_at,
    e.received_at,
    -- As in api.charging_sessions: a driver sees no card but their own.
    case
        when
            coalesce((select claims.role()), '') <> 'customer'
            or not e.details ? 'id_token'
            or lower(e.details ->> 'id_token') = any(array(
                select lower(t.id_token)
                from core.id_tokens as t
                where t.user_id = (select claims.user_id())
            ))
            then e.details
        else e.details - 'id_token'
    end as details
from core.session_events as e;

grant select (
    tenant_id, session_id, id, event, from_state, to_state, happened_at, received_at, details
) on api.session_events to staff, customer, platform;

comment on view api.session_events is 'What happened to a charging session, in order of id.';
comment on column api.session_events.tenant_id is 'The tenant that owns the row.';
comment on column api.session_events.session_id is 'The session.';
comment on column api.session_events.id is 'Number of the event.';
comment on column api.session_events.event is
    'started, orphan_created (made of a stop without a start), start_merged, '
    'charging_state_changed, presumed_by_start, presumed_by_available, presumed_by_silence, '
    'stopped, stop_repeated (a second stop that says something else) or stop_replaced (the stop '
    'by its own id, after one that was matched without).';
comment on column api.session_events.from_state is 'State before; null at the beginning.';
comment on column api.session_events.to_state is 'State after.';
comment on column api.session_events.happened_at is 'When it happened.';
comment on column api.session_events.received_at is 'When it was heard.';
comment on column api.session_events.details is
    'What the charger said, or what changed; a driver sees no id_token but their own.';
