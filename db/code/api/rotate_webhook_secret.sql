-- Give a webhook a new secret; the one before it signs as well for webhooks.secret_grace_h.
--
-- Writes:  core.webhooks (row locked).
-- Errors:  PT403 permission_missing, PT404 webhook_unknown.
-- Definer: nobody may write secrets, or read them.
create or replace function api.rotate_webhook_secret(id bigint)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row core.webhooks := notify.lock_webhook(rotate_webhook_secret.id);
begin
    update core.webhooks as w
    set
        secret = notify.create_webhook_secret(),
        old_secret = v_row.secret,
        old_secret_until = now() + make_interval(
            hours => access.get_setting('webhooks.secret_grace_h')::integer
        )
    where w.tenant_id = v_row.tenant_id and w.id = v_row.id
    returning w.* into v_row;
    return json_build_object(
        'id', v_row.id, 'secret', v_row.secret, 'old_secret_until', v_row.old_secret_until
    );
end;
$$;
revoke all on function api.rotate_webhook_secret(bigint) from public;
grant execute on function api.rotate_webhook_secret(bigint) to staff, platform;
comment on function api.rotate_webhook_secret(bigint) is
    E'Give a webhook a new secret; it is shown this once.\n'
    'For a day what is sent carries the signatures of both.';
