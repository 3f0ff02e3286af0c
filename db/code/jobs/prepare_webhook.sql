-- Say what goes to a webhook: address, body and headers, signed.
--
-- Standard Webhooks 1.0: webhook-id names the event and is the same at each try,
-- webhook-timestamp is that of the try, webhook-signature is HMAC-SHA256 over both and the body,
-- joined by dots, once per secret.
-- Null when the webhook is gone or switched off, or the event past its time.
-- Called by: jobs.prepare_outbox, by its name.
create or replace function jobs.prepare_webhook(p_outbox ops.outbox)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_webhook core.webhooks;
    v_event core.events;
    v_id text;
    v_time constant text := floor(extract(epoch from clock_timestamp()))::bigint::text;
    v_body text;
    v_signatures text;
begin
    select w.* into v_webhook
    from core.webhooks as w
    where
        w.tenant_id = p_outbox.tenant_id
        and w.id = (p_outbox.payload ->> 'webhook_id')::bigint
        and w.is_enabled;
    if not found then
        return null;
    end if;
    select e.* into v_event
    from core.events as e
    where
        e.tenant_id = p_outbox.tenant_id and e.id = (p_outbox.payload ->> 'event_id')::bigint;
    if not found then
        return null;
    end if;
    v_id := format('evt_%s', v_event.id);
    v_body := json_build_object(
        'type', v_event.type,
        'timestamp', to_char(
            v_event.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
        ),
        'data', v_event.data || jsonb_build_object(
            'tenant_id', v_event.tenant_id,
            'object_type', v_event.object_type,
            'object_id', v_event.object_id
        )
    );
    select
        string_agg(
            'v1,' || encode(
                extensions.hmac(
                    convert_to(concat_ws('.', v_id, v_time, v_body), 'UTF8'),
                    decode(substr(s.secret, 7), 'base64'),
                    'sha256'
                ),
                'base64'
            ),
            ' '
        )
    into v_signatures
    from (
        values
            (v_webhook.secret),
            (case when v_webhook.old_secret_until > now() then v_webhook.old_secret end)
    ) as s (secret)
    where s.secret is not null;
    return jsonb_build_object(
        'url', v_webhook.url,
        'allows_loopback', access.get_setting('webhooks.allows_loopback'),
        'body', v_body,
        'headers', jsonb_build_object(
            'content-type', 'application/json; charset=utf-8',
            'webhook-id', v_id,
            'webhook-timestamp', v_time,
            'webhook-signature', v_signatures
        )
    );
end;
$$;
revoke all on function jobs.prepare_webhook(ops.outbox) from public;
comment on function jobs.prepare_webhook(ops.outbox) is
    'Say what goes to a webhook: address, body and headers, signed.';
