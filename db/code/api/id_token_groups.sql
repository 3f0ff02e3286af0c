-- Groups of id tokens, writable.
create or replace view api.id_token_groups
with (security_invoker = true) as
select
    g.tenant_id,
    g.id,
    g.group_token,
    g.name,
    g.created_at,
    g.updated_at
from core.id_token_groups as g;
alter view api.id_token_groups alter column tenant_id set default claims.tenant_id();

grant select (tenant_id, id, group_token, name, created_at, updated_at)
on api.id_token_groups to staff, customer, platform;
grant insert (tenant_id, group_token, name) on api.id_token_groups to staff, platform;
grant update (group_token, name) on api.id_token_groups to staff, platform;
grant delete on api.id_token_groups to staff, platform;

comment on view api.id_token_groups is
    'Tokens that may end each other''s sessions and share rights.';
comment on column api.id_token_groups.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.id_token_groups.id is 'Number of the group.';
comment on column api.id_token_groups.group_token is
    'The group''s own token, at most 20 characters: OCPP 1.6 calls it parentIdTag.';
comment on column api.id_token_groups.name is 'Name for people.';
comment on column api.id_token_groups.created_at is 'When the row was made.';
comment on column api.id_token_groups.updated_at is 'When the row was last changed.';
