-- Set the keys of a card provider. Nobody can read them again.
--
-- What is left out stays. The webhook secret of before counts for another day, so that events
-- signed with it meanwhile are not lost.
-- Writes:  ops.payment_provider_secrets, core.payment_providers.
-- Errors:  PT400 provider_secret_invalid, PT403 permission_missing,
--          PT404 payment_provider_unknown.
-- Definer: the keys are nobody's to read or write.
create or replace function api.set_payment_provider_secrets(
    payment_provider bigint, api_key text default null, webhook_secret text default null
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_provider core.payment_providers;
begin
    perform access.require_permission('billing.write');
    select v.* into v_provider
    from core.payment_providers as v
    where
        v.tenant_id = claims.tenant_id() and v.id = set_payment_provider_secrets.payment_provider
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such card provider',
            detail = '{"error":"payment_provider_unknown"}',
            hint = 'The view payment_providers lists them.';
    end if;
    if
        api_key !~ '^[sr]k_[!-~]{5,250}$'
        or webhook_secret !~ '^[!-~]{16,250}$'
        or coalesce(api_key, webhook_secret) is null
    then
        raise exception using
            errcode = 'PT400',
            message = 'this is no key of a card provider',
            detail = '{"error":"provider_secret_invalid"}',
            hint = 'An API key begins with sk_ or rk_, the secret of a webhook with whsec_.';
    end if;
    insert into ops.payment_provider_secrets as s (
        tenant_id, payment_provider_id, api_key, webhook_secret
    )
    values (
        v_provider.tenant_id, v_provider.id, set_payment_provider_secrets.api_key,
        set_payment_provider_secrets.webhook_secret
    )
    on conflict (tenant_id, payment_provider_id) do update
    set
        api_key = coalesce(excluded.api_key, s.api_key),
        webhook_secret = coalesce(excluded.webhook_secret, s.webhook_secret),
        previous_webhook_secret = case
            when excluded.webhook_secret <> s.webhook_secret then s.webhook_secret
            else s.previous_webhook_secret
        end,
        previous_until = case
            when excluded.webhook_secret <> s.webhook_secret then now() + interval '1 day'
            else s.previous_until
        end;
    update core.payment_providers as v
    set
        has_api_key = v.has_api_key or api_key is not null,
        has_webhook_secret = v.has_webhook_secret or webhook_secret is not null
    where v.tenant_id = v_provider.tenant_id and v.id = v_provider.id;
end;
$$;
revoke all on function api.set_payment_provider_secrets(bigint, text, text) from public;
grant execute on function api.set_payment_provider_secrets(bigint, text, text)
to staff, platform;
comment on function api.set_payment_provider_secrets(bigint, text, text) is
    E'Set the keys of a card provider: its API key, and the secret of our webhook there.\n'
    'What is left out stays; nobody can read them again. The webhook secret of before counts for '
    'another day. Needs billing.write.';
