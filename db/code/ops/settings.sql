-- Settings: the owner's alone; the audit says who changed what.
create trigger settings__touch_updated_at before update on ops.settings
for each row execute function audit.tg_touch_updated_at();
create trigger settings__log_change after insert or update or delete on ops.settings
for each row execute function audit.tg_log_change();
