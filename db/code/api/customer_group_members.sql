-- Who is in which group of customers, writable.
create or replace view api.customer_group_members
with (security_invoker = true) as
select
    m.tenant_id,
    m.id,
    m.customer_group_id,
    m.user_id,
    m.id_token_id,
    m.created_at
from core.customer_group_members as m;
alter view api.customer_group_members alter column tenant_id set default claims.tenant_id();

grant select (tenant_id, id, customer_group_id, user_id, id_token_id, created_at)
on api.customer_group_members to staff, platform;
grant insert (tenant_id, customer_group_id, user_id, id_token_id)
on api.customer_group_members to staff, platform;
grant delete on api.customer_group_members to staff, platform;

comment on view api.customer_group_members is
    'A person, with all their tokens, or one token being in a group of customers.';
comment on column api.customer_group_members.tenant_id is
    'The tenant that owns the row; filled in from the token when left out.';
comment on column api.customer_group_members.id is 'Number of the membership.';
comment on column api.customer_group_members.customer_group_id is 'The group.';
comment on column api.customer_group_members.user_id is
    'The person in it; null when it is a token.';
comment on column api.customer_group_members.id_token_id is
    'The token in it; null when it is a person.';
comment on column api.customer_group_members.created_at is 'When the row was made.';
