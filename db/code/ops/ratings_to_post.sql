-- The queue of the ledger is nobody's to read: what stands there is posted within seconds.
create trigger transactions__queue_inserted after insert on core.transactions
referencing new table as new_rows
for each statement execute function billing.tg_transactions__queue_inserted();
create trigger transactions__queue_updated after update on core.transactions
referencing old table as old_rows new table as new_rows
for each statement execute function billing.tg_transactions__queue_updated();
create trigger contracts__queue_transactions after insert or update or delete on core.contracts
for each row execute function billing.tg_contracts__queue_transactions();
create trigger accounts__queue_transactions
after insert or update of legal_entity_id, payer_account_id, customer_id, state on core.accounts
for each row execute function billing.tg_accounts__queue_transactions();
