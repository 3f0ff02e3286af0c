-- Note how a webhook does; one that has failed for long, or is gone (410), is switched off.
--
-- p_result: {"status": of HTTP, or null when there was no reply}; null when no call was made.
-- Called by: jobs.finish_outbox, by its name.
-- Writes:    core.webhooks, ops.outbox (lane), core.events (webhook.disabled).
create or replace function jobs.settle_webhook(p_outbox ops.outbox, p_result jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_webhook core.webhooks;
    v_reason text;
begin
    if p_result is null then
        return;
    end if;
    select w.* into v_webhook
    from core.webhooks as w
    where
        w.tenant_id = p_outbox.tenant_id and w.id = (p_outbox.payload ->> 'webhook_id')::bigint;
    if not found then
        return;
    end if;
    if p_outbox.state = 'delivered' then
        -- Not at every one: they would all wait for this row.
        if
            v_webhook.failing_since is not null
            or v_webhook.last_success_at is null
            or v_webhook.last_success_at < now() - interval '1 minute'
        then
            update core.webhooks as w
            set failing_since = null, last_success_at = now()
            where w.tenant_id = v_webhook.tenant_id and w.id = v_webhook.id;
        end if;
        return;
    end if;

    v_reason := case
        when p_result ->> 'status' = '410' then 'the address answered that it is gone (410)'
        when
            v_webhook.failing_since < now() - make_interval(
                hours => access.get_setting('webhooks.disable_after_h')::integer
            )
            then format('nothing has arrived since %s', to_char(
                v_webhook.failing_since at time zone 'UTC', 'YYYY-MM-DD HH24:MI"Z"'
            ))
    end;
    if v_reason is null then
        -- From now on with the others of the tenant that fail (notify.send_to_webhooks).
        update ops.outbox as o
        set lane = format('webhooks-failing/%s', p_outbox.tenant_id)
        where o.id = p_outbox.id and o.state = 'waiting';
        update core.webhooks as w
        set failing_since = now()
        where
            w.tenant_id = v_webhook.tenant_id
            and w.id = v_webhook.id
            and w.failing_since is null;
        return;
    end if;
    update core.webhooks as w
    set is_enabled = false, disabled_reason = v_reason
    where w.tenant_id = v_webhook.tenant_id and w.id = v_webhook.id and w.is_enabled;
    if found then
        perform notify.emit(
            v_webhook.tenant_id, 'webhook.disabled', 'webhook', v_webhook.id,
            jsonb_build_object(
                -- Not its address, which may hold a key: events are read by more people.
                'name', v_webhook.name, 'reason', v_reason, 'last_error', p_outbox.last_error
            )
        );
    end if;
end;
$$;
revoke all on function jobs.settle_webhook(ops.outbox, jsonb) from public;
comment on function jobs.settle_webhook(ops.outbox, jsonb) is
    'Note how a webhook does; one that has failed for long is switched off.';
