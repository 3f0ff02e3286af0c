-- Check where a webhook goes and what it asks for; one that is switched on again begins anew.
--
-- This looks at the text of the address only: what its name stands for is looked at whenever
-- something is sent (jobs/webhooks.py), for that may change.
-- Called by: trigger webhooks__check, before insert or update of url, event_types or is_enabled,
--            for each row.
-- Errors:    PT400 webhook_url_invalid, event_type_unknown.
create or replace function notify.is_webhook_url(p_url text)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_parts constant text[] := regexp_match(
        p_url,
        '^(https?)://([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::([0-9]{1,5}))?(?:[/?][!-~]*)?$',
        'i'
    );
    v_host text;
begin
    if v_parts is null or p_url ~ '[#\\]' or v_parts[3]::integer not between 1 and 65535 then
        return false;
    end if;
    v_host := lower(btrim(v_parts[2], '[]'));
    if v_host in ('127.0.0.1', '::1', 'localhost') then
        return access.get_setting('webhooks.allows_loopback')::boolean;
    end if;
    -- Names without a dot and these endings are of somebody's own network.
    return lower(v_parts[1]) = 'https'
        and v_host ~ '[.:]'
        and v_host !~ '(^|\.)(localhost|local|internal|intranet|lan|home\.arpa)\.?$';
end;
$$;
revoke all on function notify.is_webhook_url(text) from public;
comment on function notify.is_webhook_url(text) is
    'Whether a webhook may go to an address, as far as its text tells.';

create or replace function notify.tg_webhooks__check()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_unknown text;
begin
    -- Definer: whoever may write a webhook may not read the settings.
    if not notify.is_webhook_url(new.url) then
        raise exception using
            errcode = 'PT400',
            message = 'a webhook goes to an https address in the internet',
            detail = '{"error":"webhook_url_invalid"}',
            hint = 'Give one like https://hooks.depot.example.com/voltaro, without a user or a #.';
    end if;
    select t.type into v_unknown
    from unnest(new.event_types) as t (type)
    where not exists (select from core.event_types as k where k.type = t.type)
    limit 1;
    if found then
        raise exception using
            errcode = 'PT400',
            message = format('there is no type of event called %s', left(v_unknown, 100)),
            detail = '{"error":"event_type_unknown"}',
            hint = 'event_types lists them; leave event_types out for all.';
    end if;
    if tg_op = 'UPDATE' and new.is_enabled and not old.is_enabled then
        new.failing_since := null;
        new.disabled_reason := null;
    end if;
    return new;
end;
$$;
revoke all on function notify.tg_webhooks__check() from public;
comment on function notify.tg_webhooks__check() is
    'Trigger: check where a webhook goes and what it asks for.';
