-- Note that a token which nobody has registered was shown at a charger.
--
-- Called by: charging.authorize_id_token.
-- Writes:    core.unknown_id_tokens (one row per tenant and token).
-- An ignored token keeps counting and stays ignored; an admitted one that is unknown again was
-- deleted since, and waits anew. At most charging.max_unknown_id_tokens wait per tenant: a new
-- one pushes out those seen longest ago.
-- Nothing here waits for another transaction: batches of different chargers show the same tokens
-- in any order, and would deadlock. An attempt that meets another one of the same token goes
-- uncounted, which is no loss: that one notes the token.
create or replace function charging.record_unknown_id_token(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_id_token text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key constant text := lower(p_id_token);
    v_is_known constant boolean := exists (
        select
        from core.unknown_id_tokens as u
        where u.tenant_id = p_tenant_id and u.id_token_key = v_key
    );
begin
    if v_is_known then
        update core.unknown_id_tokens as u
        set attempts = u.attempts + 1,
            last_seen_at = now(),
            last_charge_point_id = p_charge_point_id,
            state = case when u.state = 'ignored' then 'ignored' else 'waiting' end,
            decided_at = case when u.state = 'ignored' then u.decided_at end,
            decided_by = case when u.state = 'ignored' then u.decided_by end
        where u.tenant_id = p_tenant_id and u.id in (
            select l.id
            from core.unknown_id_tokens as l
            where l.tenant_id = p_tenant_id and l.id_token_key = v_key
            for no key update skip locked
        );
        return;
    end if;

    -- Without this lock an insert would wait for one of the same token that is not committed yet,
    -- `on conflict do nothing` included.
    if not pg_try_advisory_xact_lock(
        hashtextextended('charging.record_unknown_id_token ' || v_key, p_tenant_id)
    ) then
        return;
    end if;
    insert into core.unknown_id_tokens (tenant_id, id_token, id_token_key, last_charge_point_id)
    values (p_tenant_id, p_id_token, v_key, p_charge_point_id)
    on conflict (tenant_id, id_token_key) do nothing;
    if found then
        delete from core.unknown_id_tokens as u
        where u.tenant_id = p_tenant_id and u.id in (
            select w.id
            from core.unknown_id_tokens as w
            where w.tenant_id = p_tenant_id and w.state = 'waiting'
            order by w.last_seen_at desc, w.id desc
            offset access.get_setting('charging.max_unknown_id_tokens')::bigint
            for update skip locked
        );
    end if;
end;
$$;
revoke all on function charging.record_unknown_id_token(bigint, bigint, text) from public;
comment on function charging.record_unknown_id_token(bigint, bigint, text) is
    'Count an unregistered token in the tenant''s inbox.';
