-- A reservation that expired, or that a session used after all, waits to be priced.
--
-- Called by: trigger reservations__queue, after update of state, for each row.
-- Writes:    ops.reservations_to_rate.
create or replace function pricing.tg_reservations__queue()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.reservations_to_rate (tenant_id, reservation_id)
    values (new.tenant_id, new.id);
    return null;
end;
$$;
revoke all on function pricing.tg_reservations__queue() from public;
comment on function pricing.tg_reservations__queue() is
    'Trigger: a reservation that expired, or was used after all, waits to be priced.';
