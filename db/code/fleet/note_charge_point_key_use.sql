-- Note that a charge point has connected with a key.
--
-- The first connection with a new key proves that the charger has stored it: the older keys
-- retire then, and not before (a crash between its answer and its store would lock it out).
-- Called by: ocpp.open_connection.
-- Writes:    core.charge_point_keys, ops.commands.
create or replace function fleet.note_charge_point_key_use(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_key_id bigint
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    update core.charge_point_keys as k
    set first_used_at = coalesce(k.first_used_at, now()), last_used_at = now()
    where
        k.tenant_id = p_tenant_id
        and k.id = p_key_id
        -- Once a minute is exact enough, and cheap in a storm of reconnects.
        and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute');
    -- Looked at first: this is done at every handshake.
    if exists (
        select
        from core.charge_point_keys as k
        where
            k.tenant_id = p_tenant_id
            and k.charge_point_id = p_charge_point_id
            and k.id < p_key_id
            and k.retired_at is null
    ) then
        perform fleet.retire_charge_point_keys(p_tenant_id, p_charge_point_id, p_key_id);
    end if;
end;
$$;
revoke all on function fleet.note_charge_point_key_use(bigint, bigint, bigint) from public;
comment on function fleet.note_charge_point_key_use(bigint, bigint, bigint) is
    'Note the use of a charge point''s key; the keys before it retire.';
