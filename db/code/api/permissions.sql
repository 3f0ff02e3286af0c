-- What roles can be allowed to do.
create or replace view api.permissions
with (security_invoker = true)
as
select
    p.key,
    p.description
from core.permissions as p;

grant select (key, description) on api.permissions to staff, platform;

comment on view api.permissions is 'What roles can be allowed to do.';
comment on column api.permissions.key is 'The permission, as roles name it.';
comment on column api.permissions.description is 'What it allows.';
