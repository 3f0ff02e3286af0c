-- Secrets: the owner's alone; the audit says when one changed, never what it is.
create trigger secrets__touch_updated_at before update on ops.secrets
for each row execute function audit.tg_touch_updated_at();
create trigger secrets__log_change after insert or update or delete on ops.secrets
for each row execute function audit.tg_log_change('value');
