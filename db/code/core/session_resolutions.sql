-- What operators decided about sessions: staff read their tenant's, the platform all. Append-only,
-- written by api.release_session, api.correct_session and api.write_off_session.
create policy session_resolutions_select_staff on core.session_resolutions for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy session_resolutions_select_platform on core.session_resolutions
for select to platform
using (true);

grant select (
    tenant_id, id, session_id, kind, reason, started_at, ended_at, meter_start_wh, meter_stop_wh,
    basis, made_by, made_at
) on core.session_resolutions to staff, platform;

create trigger session_resolutions__log_change
after insert or update or delete
on core.session_resolutions
for each row execute function audit.tg_log_change();
create trigger session_resolutions__refuse_change before update or delete
on core.session_resolutions
for each row execute function audit.tg_refuse_change('made_by');
create trigger session_resolutions__refuse_truncate before truncate on core.session_resolutions
for each statement execute function audit.tg_refuse_change();
alter table core.session_resolutions enable always trigger session_resolutions__refuse_change;
alter table core.session_resolutions enable always trigger session_resolutions__refuse_truncate;
