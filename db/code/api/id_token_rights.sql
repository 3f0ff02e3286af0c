-- Where id tokens may charge, writable.
create or replace view api.id_token_rights
with (security_invoker = true) as
select
    r.tenant_id,
    r.id,
    r.id_token_id,
    r.id_token_group_id,
    r.site_id,
    r.charge_point_group_id,
    r.created_at
from core.id_token_rights as r;
alter view api.id_token_rights alter column tenant_id set default claims.tenant_id();

grant select (
    tenant_id, id, id_token_id, id_token_group_id, site_id, charge_point_group_id, created_at
) on api.id_token_rights to staff, platform;
grant insert (
    tenant_id, id_token_id, id_token_group_id, site_id, charge_point_group_id
) on api.id_token_rights to staff, platform;
grant delete on api.id_token_rights to staff, platform;

comment on view api.id_token_rights is
    E'Where a token, or every token of a group, may charge.\n'
    'A token without any right, its own or its group''s, may charge everywhere.';
comment on column api.id_token_rights.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.id_token_rights.id is 'Number of the right.';
comment on column api.id_token_rights.id_token_id is
    'The token that has the right; or a group has it.';
comment on column api.id_token_rights.id_token_group_id is
    'The group whose tokens all have the right.';
comment on column api.id_token_rights.site_id is
    'Where: at this site; or at a group of charge points.';
comment on column api.id_token_rights.charge_point_group_id is
    'Where: at the charge points of this group.';
comment on column api.id_token_rights.created_at is 'When the row was made.';
