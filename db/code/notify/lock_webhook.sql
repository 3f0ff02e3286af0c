-- Lock a webhook that the person asking may decide on.
--
-- Called by: api.rotate_webhook_secret, api.replay_webhook.
-- Errors:    PT403 permission_missing, PT404 webhook_unknown (also for another tenant's).
create or replace function notify.lock_webhook(p_webhook_id bigint)
returns core.webhooks
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_webhook core.webhooks;
begin
    perform access.require_permission('webhooks.write');
    select w.* into v_webhook
    from core.webhooks as w
    where
        w.id = p_webhook_id
        and (claims.role() = 'platform' or w.tenant_id = claims.tenant_id())
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such webhook',
            detail = '{"error":"webhook_unknown"}',
            hint = 'Take the id from webhooks.';
    end if;
    return v_webhook;
end;
$$;
revoke all on function notify.lock_webhook(bigint) from public;
comment on function notify.lock_webhook(bigint) is
    'Lock a webhook of one''s own tenant, or refuse as if there were none.';
