-- Send events of a range to a webhook again: those that never arrived, or all.
--
-- The range is that of the events. At most 10,000 a call, the oldest first.
-- Writes:  ops.outbox, core.webhook_deliveries.
-- Errors:  PT400 time_range_invalid, PT403 permission_missing, PT404 webhook_unknown,
--          PT409 webhook_disabled.
-- Definer: the outbox is written by functions only.
create or replace function api.replay_webhook(
    id bigint,
    from_at timestamptz,
    to_at timestamptz default now(),
    only_missing boolean default true
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_webhook constant core.webhooks := notify.lock_webhook(replay_webhook.id);
    v_events bigint[];
begin
    if from_at is null or to_at is null or from_at >= to_at then
        raise exception using
            errcode = 'PT400',
            message = 'the range ends after it begins',
            detail = '{"error":"time_range_invalid"}',
            hint = 'from_at is within it, to_at no longer.';
    end if;
    if not v_webhook.is_enabled then
        raise exception using
            errcode = 'PT409',
            message = 'the webhook is switched off',
            detail = '{"error":"webhook_disabled"}',
            hint = 'Switch it on first: is_enabled.';
    end if;
    select array_agg(e.id) into v_events
    from (
        select e.id
        from core.events as e
        where
            e.tenant_id = v_webhook.tenant_id
            and e.occurred_at >= from_at
            and e.occurred_at < to_at
            -- What is not handed out yet comes by itself.
            and e.dispatched_at is not null
            and (v_webhook.event_types is null or e.type = any (v_webhook.event_types))
            and not exists (
                select
                from core.webhook_deliveries as d
                left join ops.outbox as o on o.id = d.outbox_id
                where
                    d.tenant_id = e.tenant_id
                    and d.webhook_id = v_webhook.id
                    and d.event_id = e.id
                    -- Under way already; or there, when only what is missing is asked for.
                    and (
                        o.state in ('waiting', 'running', 'unknown')
                        or only_missing and o.state is distinct from 'dead'
                    )
            )
        order by e.id
        limit 10000
    ) as e;
    return json_build_object('events', notify.send_to_webhooks(v_events, v_webhook.id));
end;
$$;
revoke all on function api.replay_webhook(bigint, timestamptz, timestamptz, boolean) from public;
grant execute on function api.replay_webhook(bigint, timestamptz, timestamptz, boolean)
to staff, platform;
comment on function api.replay_webhook(bigint, timestamptz, timestamptz, boolean) is
    E'Send events of a range to a webhook again; returns how many.\n'
    'Those that never arrived, or all with only_missing false; at most 10,000 a call, the oldest '
    'first. The message id stays that of the event, so the other side knows what it has.';
