-- Hand events to the webhooks of their tenants that ask for them.
--
-- Events of one object go to a webhook in the order of their ids, one after the other.
-- p_webhook_id: only to this one, and again if they went there before (a replay).
-- Returns how many sendings it were.
-- Called by: jobs.dispatch_events, api.replay_webhook.
-- Writes:    ops.outbox, core.webhook_deliveries.
create or replace function notify.send_to_webhooks(
    p_event_ids bigint[],
    p_webhook_id bigint default null
)
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count bigint;
begin
    with wanted as (
        select
            e.tenant_id,
            w.id as webhook_id,
            e.id as event_id,
            e.object_type,
            e.object_id,
            -- Those of a tenant that fail share one lane: each call may take as long as is waited.
            case
                when w.failing_since is null then format('webhook/%s', w.id)
                else format('webhooks-failing/%s', w.tenant_id)
            end as lane,
            coalesce(
                (
                    select max(d.number)
                    from core.webhook_deliveries as d
                    where
                        d.tenant_id = e.tenant_id
                        and d.webhook_id = w.id
                        and d.event_id = e.id
                ), 0
            ) + 1 as number
        from core.events as e
        inner join core.webhooks as w
            on
                w.tenant_id = e.tenant_id
                and w.is_enabled
                and (w.event_types is null or e.type = any (w.event_types))
        where
            e.id = any (p_event_ids)
            and (p_webhook_id is null or w.id = p_webhook_id)
    ),
    put as (
        insert into ops.outbox (
            tenant_id, kind, idempotency_key, payload, ordering_key, lane
        )
        select
            w.tenant_id,
            'webhook',
            format('webhook/%s/evt_%s/%s', w.webhook_id, w.event_id, w.number),
            jsonb_build_object(
                'webhook_id', w.webhook_id, 'event_id', w.event_id, 'number', w.number
            ),
            format('webhook/%s/%s/%s', w.webhook_id, w.object_type, w.object_id),
            w.lane
        from wanted as w
        order by w.event_id, w.webhook_id
        returning id, tenant_id, payload
    )
    insert into core.webhook_deliveries (
        tenant_id, webhook_id, event_id, number, outbox_id, is_replay
    )
    select
        p.tenant_id,
        (p.payload ->> 'webhook_id')::bigint,
        (p.payload ->> 'event_id')::bigint,
        (p.payload ->> 'number')::integer,
        p.id,
        p_webhook_id is not null
    from put as p;
    get diagnostics v_count = row_count;
    return v_count;
end;
$$;
revoke all on function notify.send_to_webhooks(bigint[], bigint) from public;
comment on function notify.send_to_webhooks(bigint[], bigint) is
    'Hand events to the webhooks of their tenants that ask for them.';
