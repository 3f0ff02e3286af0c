-- Budgets with what is used of them, writable.
create or replace view api.budgets
with (security_invoker = true) as
select
    b.tenant_id,
    b.id,
    b.id_token_id,
    b.user_id,
    b.per,
    b.max_energy_wh,
    b.max_amount,
    b.currency,
    b.is_enabled,
    (pricing.get_budget_use(b, now(), null)).energy_wh as used_energy_wh,
    (pricing.get_budget_use(b, now(), null)).amount as used_amount,
    (pricing.get_budget_use(b, now(), null)).starts_at as period_starts_at,
    (pricing.get_budget_use(b, now(), null)).ends_at as period_ends_at,
    b.created_at,
    b.updated_at
from core.budgets as b;
alter view api.budgets alter column tenant_id set default claims.tenant_id();
alter view api.budgets alter column is_enabled set default true;

grant select (
    tenant_id, id, id_token_id, user_id, per, max_energy_wh, max_amount, currency, is_enabled,
    used_energy_wh, used_amount, period_starts_at, period_ends_at, created_at, updated_at
) on api.budgets to staff, customer, platform;
grant insert (
    tenant_id, id_token_id, user_id, per, max_energy_wh, max_amount, currency, is_enabled
) on api.budgets to staff, platform;
grant update (
    per, max_energy_wh, max_amount, currency, is_enabled
) on api.budgets to staff, platform;
grant delete on api.budgets to staff, platform;

comment on view api.budgets is
    E'How much a token or a person may use in a session, a day or a month.\n'
    'Reached, running sessions are stopped from afar and no new one is let begin. A session '
    'counts in the period in which it began, days and months being those of the tenant''s time '
    'zone. Staff write them with the permission tariffs.write; drivers read their own.';
comment on column api.budgets.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.budgets.id is 'Number of the budget.';
comment on column api.budgets.id_token_id is 'The token that has the budget; or a person has it.';
comment on column api.budgets.user_id is 'The person who has the budget, for all their tokens.';
comment on column api.budgets.per is 'What it is for: each session, day or month.';
comment on column api.budgets.max_energy_wh is 'So much energy in watt-hours; null for any amount.';
comment on column api.budgets.max_amount is
    'So much money with tax, in currency; null for any amount.';
comment on column api.budgets.currency is
    'Currency of max_amount (ISO 4217); what is charged in another does not count.';
comment on column api.budgets.is_enabled is 'Switched off, it stops and refuses nothing.';
comment on column api.budgets.used_energy_wh is
    'Energy used in the current day or month, running sessions included; null for one per session.';
comment on column api.budgets.used_amount is
    'Money used in the current day or month, running sessions included; null without max_amount '
    'and for one per session.';
comment on column api.budgets.period_starts_at is
    'When the current day or month began; null for a budget per session.';
comment on column api.budgets.period_ends_at is
    'When it will be over; null for a budget per session.';
comment on column api.budgets.created_at is 'When the row was made.';
comment on column api.budgets.updated_at is 'When the row was last changed.';
