-- Try an effect outside again that was given up, is unknown, or waits for its next try.
--
-- An unknown one may have been done: whoever says so knows that it was not, or that the other
-- side takes a repeat with the same key for what it is. One that can be asked for (a card payment)
-- is asked for now instead: providers know a key for a day only.
-- Writes:  ops.outbox (row locked).
-- Errors:  PT403 permission_missing, PT404 outbox_unknown, PT409 outbox_running,
--          outbox_delivered, outbox_incomplete.
-- Definer: the outbox is written by functions only.
create or replace function api.retry_outbox(id bigint)
returns setof api.outbox
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row constant ops.outbox := notify.lock_outbox(retry_outbox.id);
begin
    -- An e-mail whose token is over would say nothing (access.expire_people).
    if v_row.kind = 'email' and v_row.payload ? 'expires_at' and not v_row.payload ? 'token' then
        raise exception using
            errcode = 'PT409',
            message = 'the token in it is over',
            detail = '{"error":"outbox_incomplete"}',
            hint = 'Ask for a new one.';
    end if;
    update ops.outbox as o
    set
        state = case
            when o.state = 'unknown' and (notify.get_outbox_kind(o.kind)).can_be_asked
                then 'unknown'
            else 'waiting'
        end,
        attempts = 0,
        asks = 0,
        next_attempt_at = now(),
        dead_at = null
    where o.id = v_row.id;
    return query select o.* from api.outbox as o where o.id = v_row.id;
end;
$$;
revoke all on function api.retry_outbox(bigint) from public;
grant execute on function api.retry_outbox(bigint) to staff, platform;
comment on function api.retry_outbox(bigint) is
    E'Try an effect outside again that was given up or is unknown.\n'
    'Needs the permission jobs.write. An unknown one may have been done already: make sure. '
    'An unknown card payment is asked for.';
