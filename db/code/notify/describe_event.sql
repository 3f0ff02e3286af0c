-- What an event says to people: which messages, about what, for whom, and the values of their
-- placeholders. No row when nobody has to be told.
--
-- details holds one value a placeholder: a text, or what is written differently in each language:
-- {"at", "time_zone"}, {"date"}, {"amount", "currency"} or {"energy_wh"}.
-- user_id is who charged, customer_id who pays; operators' messages have neither.
-- wait_for_document: the message has an attachment that does not exist yet.
-- Called by: notify.tell.
create or replace function notify.describe_event(p_event core.events)
returns table (
    kind text,
    object text,
    user_id uuid,
    customer_id bigint,
    details jsonb,
    wait_for_document boolean
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_object constant text := concat(p_event.object_type, '/', p_event.object_id);
    v_tenant_id constant bigint := p_event.tenant_id;
    v_time_zone text;
begin
    select t.time_zone into v_time_zone from core.tenants as t where t.id = v_tenant_id;
    v_time_zone := coalesce(v_time_zone, 'UTC');

    if p_event.type in ('session.started', 'session.ended') then
        return query
        select
            m.kind,
            v_object,
            s.user_id,
            null::bigint,
            notify.describe_place(v_tenant_id, s.charge_point_id, s.evse_id)
            || jsonb_build_object(
                'started_at', jsonb_build_object('at', s.started_at, 'time_zone', v_time_zone),
                'ended_at', jsonb_build_object('at', s.ended_at, 'time_zone', v_time_zone),
                'energy', jsonb_build_object('energy_wh', coalesce(s.energy_wh, 0)::text),
                'cause', coalesce(s.stop_reason, '')
            ),
            false
        from core.sessions as s
        inner join (
            values ('session.started', 'session_started'), ('session.ended', 'session_stopped')
        ) as m (type, kind) on m.type = p_event.type
        where
            s.tenant_id = v_tenant_id
            and s.id = p_event.object_id
            and s.user_id is not null
            -- Nobody at the charge point, vehicle or back office asked for these (OCPP 1.6 §7.36).
            and (
                m.kind = 'session_started'
                or s.stop_reason in (
                    'EmergencyStop', 'HardReset', 'Other', 'PowerLoss', 'Reboot', 'SoftReset'
                )
            );
    elsif p_event.type = 'transaction.priced' then
        return query
        select
            'session_ended',
            v_object,
            x.user_id,
            null::bigint,
            notify.describe_place(v_tenant_id, s.charge_point_id, s.evse_id)
            || jsonb_build_object(
                'started_at', jsonb_build_object('at', r.started_at, 'time_zone', r.time_zone),
                'ended_at', jsonb_build_object('at', r.ended_at, 'time_zone', r.time_zone),
                'energy', jsonb_build_object('energy_wh', r.energy_wh::text),
                'total', jsonb_build_object(
                    'amount', coalesce(r.total_incl_vat, r.total_excl_vat)::text,
                    'currency', r.currency
                )
            ),
            false
        from core.transactions as x
        inner join core.sessions as s on s.tenant_id = x.tenant_id and s.id = x.session_id
        inner join core.ratings as r
            on
                r.tenant_id = x.tenant_id
                and r.transaction_id = x.id
                and r.version = x.rating_version
        where
            x.tenant_id = v_tenant_id
            and x.id = p_event.object_id
            and x.state = 'priced'
            and x.user_id is not null;
    elsif p_event.type = 'transaction.held' then
        return query
        select
            'session_held',
            v_object,
            null::uuid,
            null::bigint,
            notify.describe_place(v_tenant_id, s.charge_point_id, s.evse_id)
            || jsonb_build_object(
                'transaction', x.id::text,
                'reasons', coalesce(array_to_string(x.hold_reasons, ', '), '')
            ),
            false
        from core.transactions as x
        inner join core.sessions as s on s.tenant_id = x.tenant_id and s.id = x.session_id
        where x.tenant_id = v_tenant_id and x.id = p_event.object_id and x.state = 'held';
    elsif p_event.type in ('invoice.finalised', 'invoice.overdue') then
        return query
        select
            case
                when p_event.type = 'invoice.overdue' then 'invoice_overdue'
                when i.kind = 'credit_note' then 'credit_note_issued'
                else 'invoice_issued'
            end,
            concat(v_object, '/', n.level),
            null::uuid,
            a.customer_id,
            jsonb_build_object(
                'number', i.number,
                'issued_on', jsonb_build_object('date', i.issued_on),
                'due_on', jsonb_build_object('date', coalesce(n.due_on, i.due_on)),
                'credited', coalesce(c.number, ''),
                'level', coalesce(n.level::text, ''),
                'total', jsonb_build_object(
                    'amount', i.total_incl_vat::text, 'currency', i.currency
                ),
                'open', jsonb_build_object(
                    'amount', coalesce(n.open_amount, 0)::text, 'currency', i.currency
                ),
                'fee', jsonb_build_object(
                    'amount', coalesce(n.fee, 0)::text, 'currency', i.currency
                )
            ),
            not exists (
                select
                from core.documents as d
                where
                    d.tenant_id = i.tenant_id and d.invoice_id = i.id and d.kind = 'invoice_pdf'
            )
        from core.invoices as i
        inner join core.accounts as a on a.tenant_id = i.tenant_id and a.id = i.account_id
        left join core.invoices as c
            on c.tenant_id = i.tenant_id and c.id = i.credited_invoice_id
        left join lateral (
            select d.level, d.due_on, d.fee, d.open_amount
            from core.dunning_notices as d
            where
                p_event.type = 'invoice.overdue'
                and d.tenant_id = i.tenant_id
                and d.invoice_id = i.id
            order by d.level desc
            limit 1
        ) as n on true
        where
            i.tenant_id = v_tenant_id and i.id = p_event.object_id and i.state = 'finalised';
    elsif p_event.type in ('payment.upcoming', 'payment.failed', 'payment.returned') then
        return query
        select
            case when p_event.type = 'payment.upcoming' then 'payment_upcoming'
                else 'payment_failed' end,
            v_object,
            null::uuid,
            a.customer_id,
            jsonb_build_object(
                'number', coalesce(i.number, p.end_to_end_id, p.id::text),
                'total', jsonb_build_object('amount', p.amount::text, 'currency', p.currency),
                'collect_on', jsonb_build_object('date', p_event.data ->> 'collect_on'),
                'cause', coalesce(p.failure, ''),
                'mandate', coalesce(m.reference, ''),
                'creditor_id', coalesce(l.creditor_id, ''),
                -- The last digits say which account to whoever has it, and nothing to others.
                'iban', coalesce(left(m.iban, 4) || ' ... ' || right(m.iban, 4), '')
            ),
            false
        from core.payments as p
        inner join core.accounts as a on a.tenant_id = p.tenant_id and a.id = p.account_id
        inner join core.legal_entities as l
            on l.tenant_id = p.tenant_id and l.id = p.legal_entity_id
        left join core.invoices as i on i.tenant_id = p.tenant_id and i.id = p.invoice_id
        left join core.mandates as m on m.tenant_id = p.tenant_id and m.id = p.mandate_id
        where p.tenant_id = v_tenant_id and p.id = p_event.object_id and p.direction = 'in';
    elsif p_event.type = 'wallet.low' then
        return query
        select
            'wallet_low',
            v_object,
            null::uuid,
            a.customer_id,
            jsonb_build_object(
                'account', a.number,
                -- What is used and not invoiced yet is gone as well; credit is no balance.
                'balance', jsonb_build_object(
                    'amount',
                    coalesce(
                        (p_event.data ->> 'available')::numeric - coalesce(a.credit_limit, 0),
                        (p_event.data ->> 'balance')::numeric,
                        0
                    )::text,
                    'currency', a.currency
                )
            ),
            false
        from core.accounts as a
        where a.tenant_id = v_tenant_id and a.id = p_event.object_id;
    elsif p_event.type in ('charge_point.offline', 'connector.faulted', 'security.event') then
        return query
        select
            replace(p_event.type, '.', '_'),
            v_object,
            null::uuid,
            null::bigint,
            notify.describe_place(v_tenant_id, p.charge_point_id, null)
            || jsonb_build_object(
                'since',
                jsonb_build_object(
                    'at',
                    coalesce(
                        (p_event.data ->> 'offline_since')::timestamptz, k.status_at,
                        e.happened_at, p_event.occurred_at
                    ),
                    'time_zone', v_time_zone
                ),
                'connector', coalesce(k.ocpp16_connector_id::text, ''),
                'cause', concat_ws(' ', nullif(k.error_code, 'NoError'), k.vendor_error_code,
                    k.error_info),
                'type', coalesce(e.type, '')
            ),
            false
        from (
            select
                case p_event.object_type
                    when 'charge_point' then p_event.object_id
                    else (p_event.data ->> 'charge_point_id')::bigint
                end as charge_point_id
        ) as p
        left join core.connectors as k
            on
                p_event.object_type = 'connector'
                and k.tenant_id = v_tenant_id
                and k.id = p_event.object_id
        left join core.security_events as e
            on
                p_event.object_type = 'security_event'
                and e.tenant_id = v_tenant_id
                and e.id = p_event.object_id;
    elsif p_event.type in ('job.failed', 'outbox.dead', 'webhook.disabled') then
        return query
        select
            case p_event.type when 'job.failed' then 'job_failed' else 'delivery_failed' end,
            case p_event.type
                when 'webhook.disabled' then v_object
                else concat(p_event.type, '/', p_event.data ->> 'job', p_event.data ->> 'kind')
            end,
            null::uuid,
            null::bigint,
            jsonb_build_object(
                'job', coalesce(p_event.data ->> 'job', ''),
                'kind',
                case p_event.type
                    when 'webhook.disabled' then concat('webhook ', p_event.data ->> 'name')
                    else coalesce(p_event.data ->> 'kind', '')
                end,
                'cause', left(
                    coalesce(
                        p_event.data ->> 'detail', p_event.data ->> 'error',
                        p_event.data ->> 'reason', ''
                    ),
                    500
                ),
                'since',
                jsonb_build_object('at', p_event.occurred_at, 'time_zone', v_time_zone)
            ),
            false
        where
            -- Nothing failed when nobody wants it any more (jobs.prepare_outbox).
            p_event.data ->> 'error' is distinct from 'it is no longer wanted'
            -- A message that something failed which fails itself would go round for ever.
            and not exists (
                select
                from ops.outbox as o
                where
                    p_event.type = 'outbox.dead'
                    and o.id = p_event.object_id
                    and o.payload ->> 'template' in ('delivery_failed', 'job_failed')
            );
    end if;
end;
$$;
revoke all on function notify.describe_event(core.events) from public;
comment on function notify.describe_event(core.events) is
    'Which messages an event is told with, about what, for whom, with which values.';

-- Where something happened, in the words that stand at the charge point.
create or replace function notify.describe_place(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_evse_id bigint
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select jsonb_build_object(
            'charge_point', coalesce(c.name, c.identity),
            'site', coalesce(s.name, c.name, c.identity),
            'evse', coalesce(e.evse_id, c.name, c.identity)
        )
        from core.charge_points as c
        left join core.sites as s on s.tenant_id = c.tenant_id and s.id = c.site_id
        left join core.evses as e on e.tenant_id = c.tenant_id and e.id = p_evse_id
        where c.tenant_id = p_tenant_id and c.id = p_charge_point_id
    );
end;
$$;
revoke all on function notify.describe_place(bigint, bigint, bigint) from public;
comment on function notify.describe_place(bigint, bigint, bigint) is
    'Charge point, site and EVSE in the words that stand there.';
