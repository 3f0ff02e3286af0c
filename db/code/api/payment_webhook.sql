-- Take an event from a card provider: checked by its signature, kept, and booked by a job.
--
-- The body as it came, byte for byte (json keeps its text): the signature is over that. Its header
-- names a time and one or more signatures (HMAC-SHA256 of time, dot and body); one of them has to
-- fit one of the secrets of a provider: whose it fits is whose event it is, of both where two have
-- one secret. An event that comes again is answered in the same way and changes nothing.
-- Anybody may call it, and each secret costs a hash of the body: what is too long, unsigned or of
-- another time is refused before any is made, and so tells nothing of what there is.
-- Writes:  core.payment_events.
-- Errors:  PT401 webhook_signature_invalid, webhook_too_old, PT400 webhook_malformed,
--          PT413 webhook_too_long.
-- Definer: nobody who calls it may read a secret or write an event.
-- Source:  docs.stripe.com/webhooks, "Verify webhook signatures manually".
create or replace function billing.find_webhook_providers(p_header text, p_body text)
returns setof core.payment_providers
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_time constant text := substring(p_header from '(?:^|,)\s*t=([0-9]{1,12})(?:,|$)');
    v_given constant text[] := array(
        select m.found[1]
        from regexp_matches(p_header, '(?:^|,)\s*v1=([0-9a-f]{64})(?=,|$)', 'g') as m (found)
        limit 8
    );
    v_signed constant bytea := convert_to(v_time || '.' || p_body, 'UTF8');
begin
    if
        abs(extract(epoch from clock_timestamp()) - v_time::bigint)
        > access.get_setting('payments.webhook_tolerance_s')::integer
    then
        raise exception using
            errcode = 'PT401',
            message = 'the signature is of another time',
            detail = '{"error":"webhook_too_old"}',
            hint = 'Events are signed anew at each try; is the clock right?';
    end if;
    if v_signed is not null and v_given <> '{}' then
        return query
        select v.*
        from core.payment_providers as v
        where
            exists (
                select
                from ops.payment_provider_secrets as s
                cross join lateral (
                    values
                        (s.webhook_secret),
                        (case when s.previous_until > now() then s.previous_webhook_secret end)
                ) as k (secret)
                where
                    s.tenant_id = v.tenant_id
                    and s.payment_provider_id = v.id
                    and k.secret is not null
                    and encode(
                        extensions.hmac(v_signed, convert_to(k.secret, 'UTF8'), 'sha256'), 'hex'
                    ) = any(v_given)
            );
        if found then
            return;
        end if;
    end if;
    raise exception using
        errcode = 'PT401',
        message = 'the signature fits no card provider',
        detail = '{"error":"webhook_signature_invalid"}',
        hint = 'Set the secret of the webhook with set_payment_provider_secrets.';
end;
$$;
revoke all on function billing.find_webhook_providers(text, text) from public;
comment on function billing.find_webhook_providers(text, text) is
    'The card providers whose secret an event is signed with, or refuse it.';

create or replace function api.payment_webhook(json)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_header constant text := nullif(current_setting('request.headers', true), '')::json
        ->> 'stripe-signature';
    v_providers core.payment_providers[];
    v_event jsonb;
begin
    if octet_length($1::text) > 250000 or length(v_header) > 2000 then
        raise exception using
            errcode = 'PT413',
            message = 'the event is too long',
            detail = '{"error":"webhook_too_long"}',
            hint = 'At most 250,000 bytes.';
    end if;
    v_providers := array(select p from billing.find_webhook_providers(v_header, $1::text) as p);
    v_event := $1::jsonb;
    if
        (
            jsonb_typeof(v_event) = 'object'
            and length(v_event ->> 'id') between 1 and 255
            and length(v_event ->> 'type') between 1 and 100
            and jsonb_typeof(v_event #> '{data,object}') = 'object'
        ) is not true
    then
        raise exception using
            errcode = 'PT400',
            message = 'this is no event',
            detail = '{"error":"webhook_malformed"}',
            hint = 'An event has an id, a type and data.object.';
    end if;
    insert into core.payment_events (
        tenant_id, payment_provider_id, event_id, type, data, signed_at
    )
    select
        p.tenant_id, p.id, v_event ->> 'id', v_event ->> 'type', v_event,
        to_timestamp(substring(v_header from '(?:^|,)\s*t=([0-9]{1,12})')::bigint)
    from unnest(v_providers) as p
    order by p.tenant_id, p.id
    on conflict (tenant_id, payment_provider_id, event_id) do nothing;
    return '{"received":true}';
end;
$$;
revoke all on function api.payment_webhook(json) from public;
grant execute on function api.payment_webhook(json) to anon, staff, customer, platform;
comment on function api.payment_webhook(json) is
    E'Take an event from a card provider.\n'
    'For the provider only: the header Stripe-Signature is checked over the body as it came. '
    'An event counts once.';
