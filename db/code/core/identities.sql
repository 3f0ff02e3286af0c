-- Who an outside subject is: the platform's alone, for a person may belong to many tenants.
create policy identities_select_platform on core.identities for select to platform
using (true);
create policy identities_insert_platform on core.identities for insert to platform
with check (true);
create policy identities_delete_platform on core.identities for delete to platform
using (true);

grant select (issuer, subject, user_id, created_at) on core.identities to platform;
grant insert (issuer, subject, user_id) on core.identities to platform;
grant delete on core.identities to platform;

create trigger identities__log_change after insert or update or delete on core.identities
for each row execute function audit.tg_log_change();
create trigger identities__limit_update after update on core.identities
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
create trigger identities__limit_delete after delete on core.identities
referencing old table as changed_rows
for each statement execute function audit.tg_limit_rows();
