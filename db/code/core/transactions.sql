-- Transactions: staff read their tenant's, a driver those of their sessions and reservations, the
-- platform all. Written by functions only.
create policy transactions_select_staff on core.transactions for select to staff
using (tenant_id = (select claims.tenant_id()));
create policy transactions_select_customer on core.transactions for select to customer
using (
    tenant_id = (select claims.tenant_id())
    and user_id = (select claims.user_id())
);
create policy transactions_select_platform on core.transactions for select to platform
using (true);

grant select (
    tenant_id, id, session_id, reservation_id, state, user_id, started_at, ended_at, rating_version,
    hold_reasons, hold_details, held_at, written_off_version, written_off_at, created_at, updated_at
) on core.transactions to staff, customer, platform;

create trigger transactions__touch_updated_at before update on core.transactions
for each row execute function audit.tg_touch_updated_at();
-- Told to webhooks and people.
create trigger transactions__emit_new after insert on core.transactions
for each row when (new.state <> 'written_off')
execute function notify.tg_transactions__emit();
create trigger transactions__emit_changed after update of state, rating_version
on core.transactions
for each row when (
    new.state <> 'written_off'
    and (
        old.state is distinct from new.state
        or new.state = 'priced' and old.rating_version is distinct from new.rating_version
    )
)
execute function notify.tg_transactions__emit();
