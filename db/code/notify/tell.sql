-- Tell people of an event: one message each and channel, whatever happens, once.
--
-- Drivers and customers are told by e-mail unless they switched it off (mandatory kinds cannot
-- be), and by SMS where they switched it on, left a number, and the tenant has a gateway.
-- Operators are staff who may write notifications: by e-mail where the kind is on by default or
-- they switched it on; others of the staff when they switched it on. Chat rooms get what they
-- ask for. What concerns no tenant is told to the platform's people.
-- A driver is told the same of a session once; operators the same of an object again after
-- notify.repeat_minutes; nobody gets more than notify.max_per_hour optional messages, nor does a
-- chat room.
-- Called by: jobs.send_notifications.
-- Writes:    core.notifications, ops.outbox (kinds email, sms, chat).
-- Returns false when the message has to wait for its attachment.
create or replace function notify.tell(p_event core.events)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_wait constant interval := make_interval(
        mins => access.get_setting('notify.document_wait_minutes')::integer
    );
    v_message record;
    v_recipient record;
    v_notification_id bigint;
begin
    for v_message in
        select d.*, k.audience, k.is_mandatory, k.is_on_by_default
        from notify.describe_event(p_event) as d
        inner join core.notification_kinds as k on k.kind = d.kind
    loop
        if v_message.wait_for_document and p_event.occurred_at > now() - v_wait then
            return false;
        end if;
        for v_recipient in
            select r.*
            from notify.list_recipients(
                p_event.tenant_id, v_message.kind, v_message.user_id, v_message.customer_id
            ) as r
            where not notify.is_told(
                p_event.tenant_id, v_message.kind, v_message.audience, v_message.object,
                v_message.is_mandatory, r.user_id, r.customer_id, r.channel_id, r.channel
            )
        loop
            insert into core.notifications (
                tenant_id, event_id, kind, user_id, customer_id, channel_id, channel, object
            )
            values (
                p_event.tenant_id, p_event.id, v_message.kind, v_recipient.user_id,
                v_recipient.customer_id, v_recipient.channel_id, v_recipient.channel,
                v_message.object
            )
            on conflict on constraint notifications_event_key do nothing
            returning id into v_notification_id;
            continue when not found;
            update core.notifications as n
            set outbox_id = notify.put_outbox(
                p_event.tenant_id,
                v_recipient.channel,
                format('notification/%s', v_notification_id),
                jsonb_strip_nulls(
                    jsonb_build_object(
                        'template', v_message.kind,
                        'to', v_recipient.address,
                        'channel_id', v_recipient.channel_id,
                        'full_name', v_recipient.full_name,
                        'language', v_recipient.language,
                        'values', v_message.details,
                        'invoice_id',
                        case when p_event.object_type = 'invoice' then p_event.object_id end
                    )
                )
            )
            where n.id = v_notification_id;
        end loop;
    end loop;
    return true;
end;
$$;
revoke all on function notify.tell(core.events) from public;
comment on function notify.tell(core.events) is
    'Tell people of an event, each once; false when the message has to wait.';

-- Who gets a message, through what, in which language.
--
-- PL/pgSQL, as is notify.is_told, because it keeps its plans from one call to the next.
create or replace function notify.list_recipients(
    p_tenant_id bigint,
    p_kind text,
    p_user_id uuid,
    p_customer_id bigint
)
returns table (
    user_id uuid,
    customer_id bigint,
    channel_id bigint,
    channel text,
    address text,
    full_name text,
    language text
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    with kinds as (
        select k.* from core.notification_kinds as k where k.kind = p_kind
    ),

    people as (
        -- The driver, if they are still of this tenant.
        select
            p_tenant_id as tenant_id,
            u.id as user_id,
            null::bigint as customer_id,
            u.email,
            u.full_name,
            u.language,
            k.is_on_by_default
        from kinds as k
        inner join core.users as u on k.audience = 'driver' and u.id = p_user_id and u.is_active
        where exists (
            select
            from core.memberships as m
            where m.tenant_id = p_tenant_id and m.user_id = u.id and m.is_active
        )
        union all
        -- Who pays needs no login.
        select
            c.tenant_id,
            c.user_id,
            c.id,
            c.email,
            coalesce(c.contact_name, c.name),
            c.language,
            k.is_on_by_default
        from kinds as k
        inner join core.customers as c
            on
                k.audience = 'customer'
                and c.tenant_id = p_tenant_id
                and c.id = p_customer_id
                and c.erased_at is null
        union all
        select
            r.tenant_id,
            u.id,
            null,
            u.email,
            u.full_name,
            u.language,
            k.is_on_by_default and exists (
                select
                from core.role_permissions as rp
                where
                    rp.tenant_id = r.tenant_id
                    and rp.role_id = r.id
                    and rp.permission = 'notifications.write'
            )
        from kinds as k
        inner join core.roles as r on r.tenant_id = p_tenant_id and r.audience = 'staff'
        inner join core.memberships as m
            on m.tenant_id = r.tenant_id and m.role_id = r.id and m.is_active
        inner join core.users as u on u.id = m.user_id and u.is_active
        where k.audience = 'operator' and p_tenant_id is not null
        union all
        -- Their switches are those of the tenant where they have this role.
        (
            select distinct on (u.id)
                r.tenant_id,
                u.id,
                null::bigint,
                u.email,
                u.full_name,
                u.language,
                k.is_on_by_default
            from kinds as k
            inner join core.roles as r on r.audience = 'platform'
            inner join core.memberships as m
                on m.tenant_id = r.tenant_id and m.role_id = r.id and m.is_active
            inner join core.users as u on u.id = m.user_id and u.is_active
            where k.audience = 'operator' and p_tenant_id is null
            order by u.id, r.tenant_id
        )
    )

    select p.user_id, p.customer_id, null::bigint, 'email', p.email, p.full_name, p.language
    from people as p
    cross join kinds as k
    left join core.notification_preferences as s
        on
            s.tenant_id = p.tenant_id
            and s.user_id = p.user_id
            and s.kind = p_kind
            and s.channel = 'email'
    where k.is_mandatory or coalesce(s.is_enabled, p.is_on_by_default)
    union all
    select p.user_id, p.customer_id, g.id, 'sms', t.phone, p.full_name, p.language
    from people as p
    inner join core.notification_preferences as s
        on
            s.tenant_id = p.tenant_id
            and s.user_id = p.user_id
            and s.kind = p_kind
            and s.channel = 'sms'
            and s.is_enabled
    inner join core.notification_phones as t
        on t.tenant_id = s.tenant_id and t.user_id = s.user_id
    inner join core.notification_channels as g
        on g.tenant_id = s.tenant_id and g.channel = 'sms' and g.is_enabled and g.has_url
    union all
    select null, null, g.id, 'chat', null, g.name, g.language
    from core.notification_channels as g
    inner join kinds as k on k.audience = 'operator'
    where
        g.tenant_id = p_tenant_id
        and g.channel = 'chat'
        and g.is_enabled
        and g.has_url
        and (g.kinds is null or k.kind = any(g.kinds));
end;
$$;
revoke all on function notify.list_recipients(bigint, text, uuid, bigint) from public;
comment on function notify.list_recipients(bigint, text, uuid, bigint) is
    'Who gets a message, through what, in which language.';

-- Whether somebody knows already, or has heard enough for now.
create or replace function notify.is_told(
    p_tenant_id bigint,
    p_kind text,
    p_audience text,
    p_object text,
    p_is_mandatory boolean,
    p_user_id uuid,
    p_customer_id bigint,
    p_channel_id bigint,
    p_channel text
)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_most constant integer := access.get_setting('notify.max_per_hour')::integer;
begin
    return
        exists (
            select
            from core.notifications as n
            where
                n.user_id is not distinct from p_user_id
                and n.customer_id is not distinct from p_customer_id
                and n.channel_id is not distinct from p_channel_id
                and n.kind = p_kind
                and n.channel = p_channel
                and n.object = p_object
                and p_audience in ('driver', 'operator')
                and (
                    p_audience = 'driver'
                    or n.created_at > now() - make_interval(
                        mins => access.get_setting('notify.repeat_minutes')::integer
                    )
                )
        )
        or not p_is_mandatory and (
            select count(*)
            from (
                select
                from core.notifications as n
                where
                    n.user_id = p_user_id
                    and n.channel = p_channel
                    and n.created_at > now() - interval '1 hour'
                limit v_most
            ) as l
        ) >= v_most
        or p_channel = 'chat' and (
            select count(*)
            from (
                select
                from core.notifications as n
                where
                    n.tenant_id = p_tenant_id
                    and n.channel_id = p_channel_id
                    and n.created_at > now() - interval '1 hour'
                limit v_most
            ) as l
        ) >= v_most;
end;
$$;
revoke all on function notify.is_told(
    bigint, text, text, text, boolean, uuid, bigint, bigint, text
) from public;
comment on function notify.is_told(
    bigint, text, text, text, boolean, uuid, bigint, bigint, text
) is
    'Whether somebody knows already, or has heard enough for now.';
