-- People: staff with users.read see those of their tenant, everybody of the staff themselves,
-- the platform all. Written by functions only: a person may belong to several tenants.
create policy users_select_staff on core.users for select to staff
using (
    id in (
        select m.user_id
        from core.memberships as m
        where m.tenant_id = (select claims.tenant_id())
    )
);
create policy users_select_platform on core.users for select to platform
using (true);

grant select (id, email, full_name, language, is_active, email_verified_at, created_at, updated_at)
on core.users to staff, platform;

create trigger users__keep_a_platform_admin after update of is_active on core.users
for each row when (old.is_active and not new.is_active)
execute function access.tg_keep_a_platform_admin();
create trigger users__touch_updated_at before update on core.users
for each row execute function audit.tg_touch_updated_at();
create trigger users__log_change after insert or update or delete on core.users
for each row execute function audit.tg_log_change();
