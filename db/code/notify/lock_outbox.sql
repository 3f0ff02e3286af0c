-- Lock an effect outside that the person asking may decide on, and that is not being called.
--
-- Called by: api.retry_outbox, api.discard_outbox.
-- Errors:    PT403 permission_missing, PT404 outbox_unknown (also for another tenant's),
--            PT409 outbox_running, outbox_delivered.
create or replace function notify.lock_outbox(p_outbox_id bigint)
returns ops.outbox
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row ops.outbox;
begin
    perform access.require_permission('jobs.write');
    select o.* into v_row
    from ops.outbox as o
    where
        o.id = p_outbox_id
        and (claims.role() = 'platform' or o.tenant_id = claims.tenant_id())
    for update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such effect',
            detail = '{"error":"outbox_unknown"}',
            hint = 'Take the id from outbox.';
    end if;
    if v_row.state in ('running', 'asking') then
        raise exception using
            errcode = 'PT409',
            message = 'it is being called at this moment',
            detail = '{"error":"outbox_running"}',
            hint = 'Look again in a minute.';
    end if;
    if v_row.state = 'delivered' then
        raise exception using
            errcode = 'PT409',
            message = 'it has been delivered',
            detail = '{"error":"outbox_delivered"}',
            hint = 'There is nothing left to decide.';
    end if;
    return v_row;
end;
$$;
revoke all on function notify.lock_outbox(bigint) from public;
comment on function notify.lock_outbox(bigint) is
    'Lock an effect outside of one''s own tenant, or refuse as if there were none.';
