-- What a message of the outbox (kinds email, sms, chat) says and to whom, as it is now.
--
-- {"from_name", "reply_to", "to", "full_name", "language", "template", "subject", "body",
-- "values", "url", "allows_loopback", "attachments"}: subject and body are the tenant's own words
-- in the language, else the built-in ones, else the English ones; their placeholders are filled
-- outside, for that needs the language's rules. values: see notify.describe_event. url: where
-- Apprise sends an SMS or chat message, {to} in it stands for the number; allows_loopback: whether
-- it may be this machine. attachments: {"file_name", "content_type", "content"} with base64.
-- Null when nothing is to be sent any more: the room is gone, or nobody has words for it.
-- Called by: jobs.prepare_email, jobs.prepare_sms, jobs.prepare_chat.
create or replace function notify.describe_message(p_row ops.outbox)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_object(
        'from_name', coalesce(l.name, t.name, 'Voltaro'),
        'reply_to', l.email,
        'to', p_row.payload ->> 'to',
        'full_name', coalesce(p_row.payload ->> 'full_name', ''),
        'language', w.language,
        'template', p_row.payload ->> 'template',
        'subject', w.subject,
        'body', w.body,
        'url', u.url,
        'allows_loopback', access.get_setting('webhooks.allows_loopback'),
        'values',
        coalesce(p_row.payload -> 'values', '{}') || jsonb_build_object(
            'name', coalesce(p_row.payload ->> 'full_name', ''),
            'tenant', coalesce(t.name, 'Voltaro'),
            'token', p_row.payload ->> 'token',
            'expires_at', jsonb_build_object(
                'at', p_row.payload ->> 'expires_at', 'time_zone', coalesce(t.time_zone, 'UTC')
            )
        ),
        'attachments', coalesce(
            (
                select jsonb_agg(
                    jsonb_build_object(
                        'file_name', d.file_name,
                        'content_type', d.content_type,
                        'content', encode(d.content, 'base64')
                    )
                )
                from core.documents as d
                where
                    p_row.kind = 'email'
                    and d.tenant_id = p_row.tenant_id
                    and d.invoice_id = (p_row.payload ->> 'invoice_id')::bigint
                    and d.kind = 'invoice_pdf'
            ),
            '[]'
        )
    )
    from (
        select c.language, c.subject, c.body
        from (
            select n.language, n.subject, n.body, 1 as rank
            from core.notification_templates as n
            where
                n.tenant_id = p_row.tenant_id
                and n.kind = p_row.payload ->> 'template'
                and n.language in (left(p_row.payload ->> 'language', 2), 'en')
            union all
            select d.language, d.subject, d.body, 2
            from core.default_notification_templates as d
            where
                d.kind = p_row.payload ->> 'template'
                and d.language in (left(p_row.payload ->> 'language', 2), 'en')
        ) as c
        order by c.language = left(p_row.payload ->> 'language', 2) desc, c.rank
        limit 1
    ) as w
    left join core.tenants as t on t.id = p_row.tenant_id
    left join core.legal_entities as l on l.tenant_id = t.id and l.is_default
    left join ops.notification_channel_urls as u
        on u.tenant_id = t.id and u.channel_id = (p_row.payload ->> 'channel_id')::bigint
    where p_row.kind = 'email' or u.url is not null;
$$;
revoke all on function notify.describe_message(ops.outbox) from public;
comment on function notify.describe_message(ops.outbox) is
    'What a message of the outbox says and to whom; null when nothing is to be sent.';
