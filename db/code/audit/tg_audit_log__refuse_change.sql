-- The audit log is append-only, but for what an erasure overwrites.
--
-- access.erase_person writes a row of core.erasures first, which names its database transaction:
-- in that one the values of entries may be overwritten, and nothing else of them. That row stays,
-- so every change of the log is on record.
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
    if
        tg_op = 'UPDATE'
        and (new.tenant_id, new.id, new.changed_at, new.user_id, new.actor, new.table_name)
        is not distinct from
        (old.tenant_id, old.id, old.changed_at, old.user_id, old.actor, old.table_name)
        and new.operation = old.operation
        and exists (
            select from core.erasures as e where e.written_in = pg_current_xact_id_if_assigned()
        )
    then
        return new;
    end if;
    raise exception using
        errcode = 'PT403',
        message = format('the audit log is append-only: no %s', lower(tg_op)),
        detail = '{"error":"audit_append_only"}',
        hint = 'Old entries go with their partition when their retention is over.';
end;
$$;
revoke all on function audit.tg_audit_log__refuse_change() from public;
comment on function audit.tg_audit_log__refuse_change() is
    'Trigger: the audit log is append-only, but for what an erasure overwrites.';
