-- Refuse words with placeholders that nothing fills.
--
-- A placeholder is ${name}; core.notification_kinds says which names a message has. A dollar that
-- begins none is written $$.
-- Called by: trigger notification_templates__check.
-- Errors:    PT400 placeholder_unknown.
create or replace function notify.tg_notification_templates__check()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $body$
declare
    v_known text[];
    v_unknown text;
begin
    select k.placeholders into v_known
    from core.notification_kinds as k
    where k.kind = new.kind;
    -- What is left of the dollars when good placeholders and escaped dollars are taken away.
    select m.found[1] into v_unknown
    from regexp_matches(
        regexp_replace(
            replace(concat(new.subject, ' ', new.body), '$$', ''),
            concat('\$\{(', array_to_string(v_known, '|'), ')\}'), '', 'g'
        ),
        '(\$\{?[A-Za-z_0-9]{0,30}\}?)'
    ) as m (found)
    limit 1;
    if v_unknown is not null then
        raise exception using
            errcode = 'PT400',
            message = format('the message %s has no placeholder %s', new.kind, v_unknown),
            detail = jsonb_build_object('error', 'placeholder_unknown', 'placeholder', v_unknown),
            hint = concat('It has ${', array_to_string(v_known, '}, ${'), '}.');
    end if;
    return new;
end;
$body$;
revoke all on function notify.tg_notification_templates__check() from public;
comment on function notify.tg_notification_templates__check() is
    'Trigger: refuse words with placeholders that nothing fills.';
