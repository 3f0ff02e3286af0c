-- Make a webhook of one's tenant.
--
-- Writes:  core.webhooks.
-- Errors:  PT400 name_invalid, webhook_url_invalid, event_type_unknown, webhooks_too_many;
--          PT403 permission_missing; 23505 for a name that is taken.
-- Definer: nobody may write secrets, or read them.
create or replace function notify.create_webhook_secret()
returns text
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    -- Standard Webhooks: 24 to 64 random bytes, base64 behind whsec_.
    select 'whsec_' || encode(extensions.gen_random_bytes(32), 'base64')
$$;
revoke all on function notify.create_webhook_secret() from public;
comment on function notify.create_webhook_secret() is 'Make a secret that signs a webhook.';

create or replace function api.create_webhook(
    name text,
    url text,
    event_types text[] default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name constant text := btrim(create_webhook.name);
    v_max constant integer := access.get_setting('webhooks.max_webhooks')::integer;
    v_row core.webhooks;
begin
    perform access.require_permission('webhooks.write');
    if v_name is null or length(v_name) not between 1 and 100 then
        raise exception using
            errcode = 'PT400',
            message = 'a name has 1 to 100 characters',
            detail = '{"error":"name_invalid"}',
            hint = 'Name the program that listens there.';
    end if;
    if create_webhook.event_types = '{}' then
        raise exception using
            errcode = 'PT400',
            message = 'a webhook asks for one type of event at least',
            detail = '{"error":"event_type_unknown"}',
            hint = 'event_types lists them; leave event_types out for all.';
    end if;
    if (
        select count(*) from core.webhooks as w where w.tenant_id = claims.tenant_id()
    ) >= v_max then
        raise exception using
            errcode = 'PT400',
            message = format('a tenant has at most %s webhooks', v_max),
            detail = '{"error":"webhooks_too_many"}',
            hint = 'Delete one that is no longer needed.';
    end if;
    insert into core.webhooks as w (tenant_id, name, url, event_types, secret)
    values (
        claims.tenant_id(), v_name, coalesce(create_webhook.url, ''), create_webhook.event_types,
        notify.create_webhook_secret()
    )
    returning w.* into v_row;
    return json_build_object(
        'id', v_row.id, 'name', v_row.name, 'url', v_row.url, 'event_types', v_row.event_types,
        'secret', v_row.secret
    );
end;
$$;
revoke all on function api.create_webhook(text, text, text[]) from public;
grant execute on function api.create_webhook(text, text, text[]) to staff, platform;
comment on function api.create_webhook(text, text, text[]) is
    E'Send events to an address outside; returns the webhook with its secret.\n'
    'The secret is shown this once: with it the other side checks the signature. Needs the '
    'permission webhooks.write. Without event_types all events are sent.';
