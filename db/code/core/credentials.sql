-- Password hashes: no policy and no grant. The audit says when one changed.
create trigger credentials__log_change after insert or update or delete on core.credentials
for each row execute function audit.tg_log_change('-changed_at');
