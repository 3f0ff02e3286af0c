-- One-time tickets within addresses for files: no policy and no grant. fleet.create_device_job
-- writes them, api.redeem_transfer_ticket redeems them. What is redeemed is worth knowing.
create trigger transfer_tickets__log_change after update of used_at on ops.transfer_tickets
for each row when (old.used_at is distinct from new.used_at)
execute function audit.tg_log_change();
