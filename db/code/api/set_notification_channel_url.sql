-- Say where a channel sends: an address as Apprise writes it, with its keys. Nobody can read it
-- again.
--
-- Writes:  ops.notification_channel_urls, core.notification_channels.
-- Errors:  PT403 permission_missing, PT404 notification_channel_unknown, PT400
--          notification_url_invalid.
-- Definer: the addresses are nobody's to read or write.
create or replace function api.set_notification_channel_url(channel bigint, url text)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_channel core.notification_channels;
begin
    perform access.require_permission('notifications.write');
    select c.* into v_channel
    from core.notification_channels as c
    where c.tenant_id = claims.tenant_id() and c.id = set_notification_channel_url.channel
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('there is no notification channel %s', channel),
            detail = '{"error":"notification_channel_unknown"}',
            hint = 'The view notification_channels lists them.';
    end if;
    if
        url is null
        or length(url) not between 5 and 2000
        or url !~ '^[a-z][a-z0-9+.-]{1,30}://[!-~]+$'
        -- What would run a program or read a file of the server is no address of a service.
        or url ~ '^(syslog|dbus|glib|gnome|kde|qt|macosx|windows|file|exec|custom)'
        or (v_channel.channel = 'sms') <> (strpos(url, '{to}') > 0)
    then
        raise exception using
            errcode = 'PT400',
            message = 'this is no address that messages can be sent to',
            detail = '{"error":"notification_url_invalid"}',
            hint = 'Write it as Apprise does: slack://..., mailto://..., twilio://...; that of an '
                'SMS gateway has {to} in it where the number goes.';
    end if;
    insert into ops.notification_channel_urls as u (tenant_id, channel_id, url)
    values (v_channel.tenant_id, v_channel.id, set_notification_channel_url.url)
    on conflict (tenant_id, channel_id) do update set url = excluded.url, updated_at = now();
    update core.notification_channels as c
    set has_url = true
    where c.tenant_id = v_channel.tenant_id and c.id = v_channel.id;
end;
$$;
revoke all on function api.set_notification_channel_url(bigint, text) from public;
grant execute on function api.set_notification_channel_url(bigint, text) to staff, platform;
comment on function api.set_notification_channel_url(bigint, text) is
    E'Say where an SMS gateway or a chat room is: an address as Apprise writes it.\n'
    'It holds keys and cannot be read again. That of an SMS gateway has {to} in it where the '
    'number goes. Needs the permission notifications.write.';
