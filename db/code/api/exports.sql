-- Exports, read-only: how far each is. Made by create_export, fetched by create_export_link.
create or replace view api.exports
with (security_invoker = true) as
select
    e.tenant_id,
    e.id,
    e.list,
    e.from_at,
    e.to_at,
    e.format,
    -- The job that deletes the file may be late.
    case when e.state = 'ready' and e.expires_at <= now() then 'expired' else e.state end as state,
    e.requested_by,
    e.created_at,
    e.attempts,
    e.started_at,
    e.finished_at,
    e.problem,
    e.row_count,
    e.size_bytes,
    e.sha256,
    e.file_name,
    e.expires_at,
    e.link_expires_at,
    e.fetched_at
from core.exports as e;

grant select (
    tenant_id, id, list, from_at, to_at, format, state, requested_by, created_at, attempts,
    started_at, finished_at, problem, row_count, size_bytes, sha256, file_name, expires_at,
    link_expires_at, fetched_at
) on api.exports to staff, platform;

comment on view api.exports is
    E'An export: a list of any length as a file.\n'
    'Made with create_export; once its state is ready, create_export_link gives the address.';
comment on column api.exports.tenant_id is 'The tenant whose rows they are.';
comment on column api.exports.id is 'Number of the export.';
comment on column api.exports.list is
    'What it holds: transactions, transaction_lines, charging_sessions or meter_values.';
comment on column api.exports.from_at is 'The first moment of the range.';
comment on column api.exports.to_at is 'The end of the range, no longer within it.';
comment on column api.exports.format is 'csv.';
comment on column api.exports.state is
    'waiting, running, ready, failed (problem says why), or expired: the file is gone.';
comment on column api.exports.requested_by is 'Who asked for it.';
comment on column api.exports.created_at is 'When it was asked for.';
comment on column api.exports.attempts is 'How often it was begun.';
comment on column api.exports.started_at is 'When it was last begun.';
comment on column api.exports.finished_at is 'When it was ready, or given up.';
comment on column api.exports.problem is 'Why it failed, or had to be begun again.';
comment on column api.exports.row_count is 'Rows, without the line of names.';
comment on column api.exports.size_bytes is 'Size of the file.';
comment on column api.exports.sha256 is 'SHA-256 of the file, as 64 hexadecimal digits.';
comment on column api.exports.file_name is 'Name under which the file is fetched.';
comment on column api.exports.expires_at is 'When the file is deleted.';
comment on column api.exports.link_expires_at is
    'How long the newest link is good; null when there is none, or it has been used.';
comment on column api.exports.fetched_at is 'When the file was last fetched.';
