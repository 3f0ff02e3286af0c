-- Send a person an e-mail, with a one-time token in it when a purpose is named.
--
-- At most three e-mails of a template an hour go to one person: returns false when that is used
-- up, and nothing was written. p_password_hash becomes the person's with the use of the token.
-- Called by: api.request_password_reset, api.sign_up, api.invite_user.
-- Writes:    core.one_time_tokens, ops.outbox (kind email).
-- Locks:     the person's row, so that the count holds.
create or replace function access.send_token(
    p_user_id uuid,
    p_template text,
    p_purpose text,
    p_valid_for interval,
    p_tenant_id bigint default null,
    p_password_hash text default null
)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_user core.users;
    v_token text;
    v_key text;
begin
    select u.* into v_user from core.users as u where u.id = p_user_id for no key update;

    -- The key of a template, a person and the n-th e-mail of the hour can exist once.
    select format('email/%s/%s/%s/%s', p_template, p_user_id, to_char(
        now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24'), n.number)
    into v_key
    from generate_series(1, 3) as n (number)
    where not exists (
        select
        from ops.outbox as o
        where o.idempotency_key = format(
            'email/%s/%s/%s/%s', p_template, p_user_id, to_char(
                now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24'), n.number)
    )
    order by n.number
    limit 1;
    if not found then
        return false;
    end if;

    if p_purpose is not null then
        v_token := access.create_token();
        insert into core.one_time_tokens (
            token_hash, user_id, purpose, expires_at, password_hash
        )
        values (
            access.hash_token(v_token), p_user_id, p_purpose, now() + p_valid_for, p_password_hash
        );
    end if;
    insert into ops.outbox (tenant_id, kind, idempotency_key, payload)
    values (
        p_tenant_id,
        'email',
        v_key,
        jsonb_strip_nulls(
            jsonb_build_object(
                'template', p_template,
                'to', v_user.email,
                'full_name', v_user.full_name,
                'language', v_user.language,
                'token', v_token,
                'expires_at', case when v_token is not null then now() + p_valid_for end
            )
        )
    );
    return true;
end;
$$;
revoke all on function access.send_token(uuid, text, text, interval, bigint, text) from public;
comment on function access.send_token(uuid, text, text, interval, bigint, text) is
    'Send a person an e-mail, with a one-time token in it when a purpose is named.';
