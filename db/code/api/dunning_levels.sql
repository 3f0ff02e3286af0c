-- Dunning levels, writable.
create or replace view api.dunning_levels
with (security_invoker = true) as
select
    d.tenant_id,
    d.legal_entity_id,
    d.level,
    d.days_after_due,
    d.fee,
    d.due_days,
    d.blocks_charging,
    d.created_at,
    d.updated_at
from core.dunning_levels as d;
alter view api.dunning_levels alter column tenant_id set default claims.tenant_id();
alter view api.dunning_levels alter column fee set default 0;
alter view api.dunning_levels alter column due_days set default 7;
alter view api.dunning_levels alter column blocks_charging set default false;

grant select (
    tenant_id, legal_entity_id, level, days_after_due, fee, due_days, blocks_charging,
    created_at, updated_at
) on api.dunning_levels to staff, platform;
grant insert (
    tenant_id, legal_entity_id, level, days_after_due, fee, due_days, blocks_charging
) on api.dunning_levels to staff, platform;
grant update (
    days_after_due, fee, due_days, blocks_charging
) on api.dunning_levels to staff, platform;
grant delete on api.dunning_levels to staff, platform;

comment on view api.dunning_levels is
    E'When a legal entity reminds of overdue invoices, for what fee, and who may no longer '
    'charge.\n'
    'Levels come one after the other, each not before the one before asked to be paid. Reading '
    'needs the permission billing.read, writing billing.write.';
comment on column api.dunning_levels.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.dunning_levels.legal_entity_id is 'The company whose invoices they are.';
comment on column api.dunning_levels.level is 'Which reminder it is, from 1 to 9.';
comment on column api.dunning_levels.days_after_due is
    'Days after the due date of the invoice, at the earliest.';
comment on column api.dunning_levels.fee is
    'What the reminder costs, in the currency of the invoice and without VAT.';
comment on column api.dunning_levels.due_days is
    'Days within which it asks to be paid; the next reminder waits for them.';
comment on column api.dunning_levels.blocks_charging is
    'Whether the account is blocked until what is overdue is paid.';
comment on column api.dunning_levels.created_at is 'When the row was made.';
comment on column api.dunning_levels.updated_at is 'When the row was last changed.';
