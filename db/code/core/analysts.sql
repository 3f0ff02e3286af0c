-- Which tenant a database login sees: the owner's alone, read by claims.tenant_id().
create trigger analysts__log_change after insert or update or delete on core.analysts
for each row execute function audit.tg_log_change();
