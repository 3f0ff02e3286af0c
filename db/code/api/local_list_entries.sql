-- Entries of local lists, read-only.
create or replace view api.local_list_entries
with (security_invoker = true) as
select
    e.tenant_id,
    e.charge_point_id,
    e.id_token_key,
    e.id_token,
    e.status,
    e.expires_at,
    e.parent_id_token
from core.local_list_entries as e;

grant select (
    tenant_id, charge_point_id, id_token_key, id_token, status, expires_at, parent_id_token
) on api.local_list_entries to staff, platform;

comment on view api.local_list_entries is
    'What stands in the local list of a charge point, as far as it accepted it.';
comment on column api.local_list_entries.tenant_id is 'The tenant that owns the row.';
comment on column api.local_list_entries.charge_point_id is 'The charge point.';
comment on column api.local_list_entries.id_token_key is
    'The id token in lower case, as it is compared.';
comment on column api.local_list_entries.id_token is 'The id token.';
comment on column api.local_list_entries.status is
    'What the charge point answers to it while offline.';
comment on column api.local_list_entries.expires_at is 'Until when it is good there.';
comment on column api.local_list_entries.parent_id_token is 'The token of its group.';
