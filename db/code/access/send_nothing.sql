-- Do the work of access.send_token for an address that nobody has, so that the time tells nothing.
--
-- Writes rows of the same weight, with the same limit, that no e-mail comes of and that
-- access.expire_people deletes soon.
-- Called by: api.request_password_reset.
-- Writes:    ops.outbox.
create or replace function access.send_nothing(p_email text, p_template text)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_stem constant text := format(
        'email/%s/%s/%s/',
        p_template,
        encode(access.hash_token(p_email), 'hex'),
        to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24')
    );
    v_key text;
begin
    select v_stem || n.number
    into v_key
    from generate_series(1, 3) as n (number)
    where not exists (
        select from ops.outbox as o where o.idempotency_key = v_stem || n.number
    )
    order by n.number
    limit 1;
    if not found then
        return;
    end if;

    insert into ops.outbox (kind, idempotency_key, payload)
    values ('email', v_key, jsonb_build_object('padding', access.create_token()))
    on conflict (idempotency_key) do nothing;
    -- In place of the row in core.one_time_tokens.
    update ops.outbox as o
    set payload = '{}', state = 'delivered', delivered_at = now(), next_attempt_at = null
    where o.idempotency_key = v_key;
end;
$$;
revoke all on function access.send_nothing(text, text) from public;
comment on function access.send_nothing(text, text) is
    'Do the work of access.send_token for an address that nobody has.';
