-- The audit log is append-only.
--
-- Called by: triggers of core.audit_log before update, delete and truncate.
-- Errors:    PT403 audit_append_only.
create or replace function audit.tg_audit_log__refuse_change()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'PT403',
        message = format('the audit log is append-only: no %s', lower(tg_op)),
        detail = '{"error":"audit_append_only"}',
        hint = 'Old entries go with their partition when their retention is over.';
end;
$$;
revoke all on function audit.tg_audit_log__refuse_change() from public;
comment on function audit.tg_audit_log__refuse_change() is
    'Trigger: the audit log is append-only.';
