-- Refuse a chat room for messages that do not exist or are not for operators.
--
-- Called by: trigger notification_channels__check.
-- Errors:    PT400 notification_kind_unknown.
create or replace function notify.tg_notification_channels__check()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_unknown text;
begin
    select u.kind into v_unknown
    from unnest(new.kinds) as u (kind)
    where not exists (
        select
        from core.notification_kinds as k
        where k.kind = u.kind and k.audience = 'operator'
    )
    limit 1;
    if found then
        raise exception using
            errcode = 'PT400',
            message = format('%s is not a message to operators', v_unknown),
            detail = '{"error":"notification_kind_unknown"}',
            hint = 'The view notification_kinds lists them.';
    end if;
    return new;
end;
$$;
revoke all on function notify.tg_notification_channels__check() from public;
comment on function notify.tg_notification_channels__check() is
    'Trigger: refuse a chat room for messages that are not for operators.';
