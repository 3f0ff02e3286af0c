-- Who changed what: read with audit.read.
create or replace view api.audit_log
with (security_invoker = true)
as
select
    a.tenant_id,
    a.id,
    a.changed_at,
    a.user_id,
    (select u.email from core.users as u where u.id = a.user_id) as user_email,
    a.actor,
    a.table_name,
    a.row_key,
    a.operation,
    a.old_values,
    a.new_values
from core.audit_log as a;

grant select (
    tenant_id, id, changed_at, user_id, user_email, actor, table_name, row_key, operation,
    old_values, new_values
) on api.audit_log to staff, platform;

comment on view api.audit_log is
    E'Who changed which row, when, and from what to what.\n'
    'Needs audit.read. Nothing in it can be changed. Ask for a range of changed_at.';
comment on column api.audit_log.tenant_id is 'The tenant of the row that changed.';
comment on column api.audit_log.id is 'The entry.';
comment on column api.audit_log.changed_at is 'When it changed.';
comment on column api.audit_log.user_id is 'Who changed it; null when no person did.';
comment on column api.audit_log.user_email is
    'E-mail of who changed it, as it is now and if you may see it.';
comment on column api.audit_log.actor is
    'As what they acted: the audience of a person, or the login of a program.';
comment on column api.audit_log.table_name is 'The table, such as core.sites.';
comment on column api.audit_log.row_key is 'Primary key of the row.';
comment on column api.audit_log.operation is 'insert, update or delete.';
comment on column api.audit_log.old_values is
    'The row before (of an update: the columns that changed); secrets are ***.';
comment on column api.audit_log.new_values is
    'The row after (of an update: the columns that changed); secrets are ***.';
