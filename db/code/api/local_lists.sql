-- Local lists of charge points, read-only.
create or replace view api.local_lists
with (security_invoker = true) as
select
    l.tenant_id,
    l.charge_point_id,
    l.version,
    l.is_certain,
    l.sent_version,
    l.status_reported,
    l.checked_at,
    l.updated_at
from core.local_lists as l;

grant select (
    tenant_id, charge_point_id, version, is_certain, sent_version, status_reported, checked_at,
    updated_at
) on api.local_lists to staff, platform;

comment on view api.local_lists is
    'The local authorisation list of each charge point: send_local_list updates it, '
    'get_local_list_version asks.';
comment on column api.local_lists.tenant_id is 'The tenant that owns the row.';
comment on column api.local_lists.charge_point_id is 'The charge point.';
comment on column api.local_lists.version is
    'Version of its list: -1 it has none, 0 it is empty; null when not known.';
comment on column api.local_lists.is_certain is
    'Whether local_list_entries is what stands there. False before the first answer, after one '
    'that never came and after a mismatch: the next update is a full one.';
comment on column api.local_lists.sent_version is 'The highest version that was sent to it.';
comment on column api.local_lists.status_reported is
    'Its answer to the latest update: Accepted, Failed, NotSupported, VersionMismatch; or '
    'the error.';
comment on column api.local_lists.checked_at is 'When it last told its version.';
comment on column api.local_lists.updated_at is 'When it last accepted an update.';
