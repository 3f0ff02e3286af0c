-- The inbox of id tokens that nobody has registered, read-only.
create or replace view api.unknown_id_tokens
with (security_invoker = true) as
select
    u.tenant_id,
    u.id,
    u.id_token,
    u.state,
    u.attempts,
    u.first_seen_at,
    u.last_seen_at,
    u.last_charge_point_id,
    u.decided_at,
    u.decided_by
from core.unknown_id_tokens as u
where u.state <> 'admitted';

grant select (
    tenant_id, id, id_token, state, attempts, first_seen_at, last_seen_at, last_charge_point_id,
    decided_at, decided_by
) on api.unknown_id_tokens to staff, platform;

comment on view api.unknown_id_tokens is
    E'A token that was shown at a charger and is not registered.\n'
    'admit_id_token registers it, ignore_id_token takes it out of the waiting list.';
comment on column api.unknown_id_tokens.tenant_id is 'The tenant that owns the row.';
comment on column api.unknown_id_tokens.id is
    'Number of the entry: what admit_id_token and ignore_id_token take.';
comment on column api.unknown_id_tokens.id_token is 'The token as it was shown first.';
comment on column api.unknown_id_tokens.state is
    'waiting, or ignored: an ignored token still counts its attempts.';
comment on column api.unknown_id_tokens.attempts is 'How often it was shown.';
comment on column api.unknown_id_tokens.first_seen_at is 'When it was shown first.';
comment on column api.unknown_id_tokens.last_seen_at is 'When it was shown last.';
comment on column api.unknown_id_tokens.last_charge_point_id is 'Where it was shown last.';
comment on column api.unknown_id_tokens.decided_at is 'When somebody decided about it.';
comment on column api.unknown_id_tokens.decided_by is 'Who decided about it.';
