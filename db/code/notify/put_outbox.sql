-- Ask for an outside effect: it is done once, after this transaction has committed.
--
-- p_kind says who does it (docs/jobs.md: the deliverer in jobs/, and jobs.prepare_<kind> and
-- jobs.settle_<kind> here); how it is tried stands in ops.outbox_kinds.
-- p_idempotency_key names the effect in the whole installation, and is the key that goes outside
-- with it. Asked for again it is the same row: nothing is written.
-- p_payload holds what is needed to do it; secrets only where they exist nowhere else.
-- Rows with one p_ordering_key go out one after the other, in the order in which they were put.
-- Returns the number of the row.
-- Called by: everything that has an effect outside; acts as its caller, who acts as the owner.
-- Writes:    ops.outbox.
-- Errors:    23505 when the key is another effect's: a mistake of the caller.
create or replace function notify.put_outbox(
    p_tenant_id bigint,
    p_kind text,
    p_idempotency_key text,
    p_payload jsonb,
    p_ordering_key text default null
)
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row ops.outbox;
begin
    insert into ops.outbox (tenant_id, kind, idempotency_key, payload, ordering_key)
    values (p_tenant_id, p_kind, p_idempotency_key, p_payload, p_ordering_key)
    on conflict (idempotency_key) do nothing
    returning * into v_row;
    if not found then
        select o.* into v_row from ops.outbox as o where o.idempotency_key = p_idempotency_key;
        if v_row.tenant_id is distinct from p_tenant_id or v_row.kind <> p_kind then
            raise exception using
                errcode = '23505',
                message = format('the outbox has another effect as %s', p_idempotency_key);
        end if;
    end if;
    return v_row.id;
end;
$$;
revoke all on function notify.put_outbox(bigint, text, text, jsonb, text) from public;
comment on function notify.put_outbox(bigint, text, text, jsonb, text) is
    'Ask for an outside effect: it is done once, after this transaction has committed.';
