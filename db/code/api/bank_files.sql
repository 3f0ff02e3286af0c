-- Files of account statements, read-only: what became of each.
create or replace view api.bank_files
with (security_invoker = true) as
select
    f.tenant_id,
    f.id,
    f.source,
    f.file_name,
    f.size_bytes,
    f.sha256,
    f.format,
    f.state,
    f.reason,
    f.problem,
    f.attempts,
    f.imported_by,
    f.imported_at,
    f.finished_at
from core.bank_files as f;

grant select (
    tenant_id, id, source, file_name, size_bytes, sha256, format, state, reason, problem,
    attempts, imported_by, imported_at, finished_at
) on api.bank_files to staff, platform;

comment on view api.bank_files is
    E'A file of account statements, as it came from the bank.\n'
    'Imported with import_bank_statement. It is booked whole or parked whole; retry_bank_file '
    'tries a parked one again.';
comment on column api.bank_files.tenant_id is 'The tenant whose account it is.';
comment on column api.bank_files.id is 'Number of the file.';
comment on column api.bank_files.source is 'api, or folder when the jobs runner found it.';
comment on column api.bank_files.file_name is 'Its name, of one from a folder.';
comment on column api.bank_files.size_bytes is 'Its size.';
comment on column api.bank_files.sha256 is
    'SHA-256 of its bytes, as 64 hexadecimal digits; the same file is kept once.';
comment on column api.bank_files.format is 'camt.053 or mt940; null until it is booked.';
comment on column api.bank_files.state is
    'waiting, booked, or parked: nothing of it is in the books then.';
comment on column api.bank_files.reason is
    'Why it is parked: statement_unreadable, statement_invalid, total_wrong, currency_unknown, '
    'iban_unknown, statement_gap (one before it is missing), statement_repeated, runner_lost.';
comment on column api.bank_files.problem is 'The same in a sentence, with the figures.';
comment on column api.bank_files.attempts is 'How often it was begun.';
comment on column api.bank_files.imported_by is 'Who imported it; null for one from a folder.';
comment on column api.bank_files.imported_at is 'When it came.';
comment on column api.bank_files.finished_at is 'When it was booked or parked.';
