-- Decisions about shown id tokens, read-only.
create or replace view api.authorizations
with (security_invoker = true) as
select
    a.tenant_id,
    a.id,
    a.charge_point_id,
    a.id_token,
    a.id_token_id,
    a.user_id,
    a.source,
    a.status,
    a.reason,
    a.decided_at
from core.authorizations as a;

grant select (
    tenant_id, id, charge_point_id, id_token, id_token_id, user_id, source, status, reason,
    decided_at
) on api.authorizations to staff, platform;

comment on view api.authorizations is
    'An answer to a shown token, with the reason that the charger is not told.';
comment on column api.authorizations.tenant_id is 'The tenant that owns the row.';
comment on column api.authorizations.id is 'Number of the decision.';
comment on column api.authorizations.charge_point_id is 'Where the token was shown.';
comment on column api.authorizations.id_token is 'The token as it was shown.';
comment on column api.authorizations.id_token_id is 'The registered token, if it is one.';
comment on column api.authorizations.user_id is 'The person whose token it is.';
comment on column api.authorizations.source is 'At what: authorize, start or stop.';
comment on column api.authorizations.status is
    'What the charger was told: Accepted, Blocked, Expired, Invalid or ConcurrentTx.';
comment on column api.authorizations.reason is
    'Why: accepted, id_token_malformed, id_token_unknown, id_token_blocked, user_inactive, '
    'id_token_not_yet_valid, id_token_expired, no_right_here, too_many_transactions, '
    'budget_exhausted or no_credit.';
comment on column api.authorizations.decided_at is 'When it was decided.';
