-- What operators decided about sessions, read-only.
create or replace view api.session_resolutions
with (security_invoker = true) as
select
    r.tenant_id,
    r.id,
    r.session_id,
    r.kind,
    r.reason,
    r.started_at,
    r.ended_at,
    r.meter_start_wh::numeric as meter_start_wh,
    r.meter_stop_wh::numeric as meter_stop_wh,
    r.basis,
    r.made_by,
    r.made_at
from core.session_resolutions as r;

grant select (
    tenant_id, id, session_id, kind, reason, started_at, ended_at, meter_start_wh, meter_stop_wh,
    basis, made_by, made_at
) on api.session_resolutions to staff, platform;

comment on view api.session_resolutions is
    E'What operators decided about sessions: who, when and why.\n'
    'Made by release_session, correct_session and write_off_session; the newest one of a session '
    'counts while the session says what it said then.';
comment on column api.session_resolutions.tenant_id is 'The tenant that owns the row.';
comment on column api.session_resolutions.id is 'Number of the decision.';
comment on column api.session_resolutions.session_id is 'The session.';
comment on column api.session_resolutions.kind is 'released, corrected or written_off.';
comment on column api.session_resolutions.reason is 'Why.';
comment on column api.session_resolutions.started_at is 'Begin after a correction.';
comment on column api.session_resolutions.ended_at is 'End after a correction.';
comment on column api.session_resolutions.meter_start_wh is
    'Register at the start after a correction, in watt-hours.';
comment on column api.session_resolutions.meter_stop_wh is
    'Register at the end after a correction, in watt-hours.';
comment on column api.session_resolutions.basis is 'What the session said then.';
comment on column api.session_resolutions.made_by is 'Who decided.';
comment on column api.session_resolutions.made_at is 'When.';
