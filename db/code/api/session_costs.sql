-- What running sessions cost so far, read-only. Reading calculates nothing.
create or replace view api.session_costs
with (security_invoker = true) as
select
    k.tenant_id,
    k.session_id,
    k.as_of,
    k.energy_wh,
    k.currency,
    k.total_excl_vat,
    k.total_incl_vat,
    k.result -> 'lines' as lines,
    k.result -> 'taxes' as taxes,
    k.result -> 'warnings' as warnings,
    case when k.result is not null then api.explain_price(k.result) end as explanation,
    k.problem,
    k.calculations,
    k.calculated_at,
    k.budget_id,
    k.stop_command_id
from core.session_costs as k;

grant select (
    tenant_id, session_id, as_of, energy_wh, currency, total_excl_vat, total_incl_vat, lines,
    taxes, warnings, explanation, problem, calculations, calculated_at, budget_id, stop_command_id
) on api.session_costs to staff, customer, platform;

comment on view api.session_costs is
    E'What a running session costs so far, as of its newest reading.\n'
    'Calculated once for a reading or a change of state, by the function that prices the session '
    'when it is over: soon after, the final price in transactions takes its place. Can be '
    'embedded into charging_sessions.';
comment on column api.session_costs.tenant_id is 'The tenant that owns the row.';
comment on column api.session_costs.session_id is 'The session.';
comment on column api.session_costs.as_of is
    'Up to when it is priced: the newest reading or change of state.';
comment on column api.session_costs.energy_wh is 'Energy so far, in watt-hours.';
comment on column api.session_costs.currency is
    'Currency of the amounts (ISO 4217); null when there is no price.';
comment on column api.session_costs.total_excl_vat is
    'Cost so far without tax; null when there is no price, or when its tax cannot be known.';
comment on column api.session_costs.total_incl_vat is
    'Cost so far with tax; null when there is no price.';
comment on column api.session_costs.lines is
    'Why: a line for each period and dimension, with the element and component of the tariff.';
comment on column api.session_costs.taxes is 'Tax by rate.';
comment on column api.session_costs.warnings is 'What is odd about the calculation.';
comment on column api.session_costs.explanation is 'The same in words, a text a kind of cost.';
comment on column api.session_costs.problem is
    'Why there is no price: tariff_missing (none applies) or pricing_failed; null when there is '
    'one. Nothing is guessed, and the energy is counted all the same.';
comment on column api.session_costs.calculations is
    'How often the session was priced while it ran.';
comment on column api.session_costs.calculated_at is 'When it was priced last.';
comment on column api.session_costs.budget_id is 'The budget that the session has used up.';
comment on column api.session_costs.stop_command_id is
    'The newest command that told the charge point to stop it for that.';
