-- Give up an effect outside that waits or is unknown; the reason is kept.
--
-- What waits behind it (ordering_key) goes on.
-- Writes:  ops.outbox (row locked), core.events, what jobs.settle_<kind> writes.
-- Errors:  PT400 reason_required, PT403 permission_missing, PT404 outbox_unknown,
--          PT409 outbox_running, outbox_delivered.
-- Definer: the outbox is written by functions only.
create or replace function api.discard_outbox(id bigint, reason text)
returns setof api.outbox
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row constant ops.outbox := notify.lock_outbox(discard_outbox.id);
begin
    if coalesce(length(btrim(reason)), 0) not between 3 and 1000 then
        raise exception using
            errcode = 'PT400',
            message = 'this needs a reason of 3 to 1000 characters',
            detail = '{"error":"reason_required"}',
            hint = 'Say why: it is kept.';
    end if;
    perform jobs.finish_outbox(v_row.id, null, 'dead', null, btrim(reason));
    return query select o.* from api.outbox as o where o.id = v_row.id;
end;
$$;
revoke all on function api.discard_outbox(bigint, text) from public;
grant execute on function api.discard_outbox(bigint, text) to staff, platform;
comment on function api.discard_outbox(bigint, text) is
    E'Give up an effect outside that waits or is unknown.\n'
    'Needs the permission jobs.write; the reason is kept.';
