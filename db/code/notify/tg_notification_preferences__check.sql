-- Refuse to switch off what has to be said: invoices, collections, reminders, signing in.
--
-- Called by: trigger notification_preferences__check.
-- Errors:    PT409 notification_mandatory.
create or replace function notify.tg_notification_preferences__check()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if not new.is_enabled and new.channel = 'email' and exists (
        select from core.notification_kinds as k where k.kind = new.kind and k.is_mandatory
    ) then
        raise exception using
            errcode = 'PT409',
            message = format('the message %s cannot be switched off', new.kind),
            detail = '{"error":"notification_mandatory"}',
            hint = 'Invoices and what concerns payments and your account always reach you.';
    end if;
    return new;
end;
$$;
revoke all on function notify.tg_notification_preferences__check() from public;
comment on function notify.tg_notification_preferences__check() is
    'Trigger: refuse to switch off what has to be said.';
