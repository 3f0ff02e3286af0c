-- What is to be billed: nobody reads the queue but the owner's functions. What fills it.
create trigger transactions__queue_inserted_to_bill after insert on core.transactions
referencing new table as new_rows
for each statement execute function billing.tg_transactions__queue_new_to_bill();
create trigger transactions__queue_updated_to_bill after update on core.transactions
referencing old table as old_rows new table as new_rows
for each statement execute function billing.tg_transactions__queue_changed_to_bill();
create trigger invoice_lines__queue_deleted_to_bill after delete on core.invoice_lines
referencing old table as old_rows
for each statement execute function billing.tg_invoice_lines__queue_to_bill();
