-- Note that a charger which nobody has registered tried to connect.
--
-- Called by: ocpp.open_connection.
-- Writes:    core.unknown_charge_points (one row per inbox and identity).
-- p_tenant_id is null when the charger named no tenant: only platform admins see it then.
-- An identity that could never be admitted (empty, over 48 characters, with blanks, colons or
-- characters beyond ASCII) is not noted. An ignored charger keeps counting and stays ignored;
-- an admitted one that is unknown again was deleted since, and waits anew.
-- An inbox holds at most fleet.max_unknown_charge_points waiting entries: a new one pushes out
-- those seen longest ago, so a flood of invented identities hides no charger that retries.
create or replace function fleet.record_unknown_charge_point(
    p_tenant_id bigint,
    p_identity text,
    p_remote_address text,
    p_user_agent text,
    p_offered_subprotocols text[],
    p_has_sent_key boolean
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_new boolean;
begin
    if
        p_identity is null
        or p_identity !~ '^[!-9;-~]{1,48}$'
        or p_identity in ('.', '..')
    then
        return;
    end if;

    insert into core.unknown_charge_points as u (
        tenant_id, identity, identity_key, remote_address, user_agent, offered_subprotocols,
        has_sent_key
    )
    values (
        p_tenant_id, p_identity, lower(p_identity),
        left(p_remote_address, 100), left(p_user_agent, 200),
        coalesce(
            (
                select array_agg(left(o.subprotocol, 50) order by o.position)
                from unnest(p_offered_subprotocols[1:10])
                    with ordinality as o (subprotocol, position)
                where o.subprotocol is not null
            ),
            '{}'
        ),
        coalesce(p_has_sent_key, false)
    )
    on conflict (tenant_id, identity_key) do update
        set attempts = u.attempts + 1,
            last_seen_at = now(),
            identity = excluded.identity,
            remote_address = excluded.remote_address,
            user_agent = excluded.user_agent,
            offered_subprotocols = excluded.offered_subprotocols,
            has_sent_key = excluded.has_sent_key,
            state = case when u.state = 'ignored' then 'ignored' else 'waiting' end,
            decided_at = case when u.state = 'ignored' then u.decided_at end,
            decided_by = case when u.state = 'ignored' then u.decided_by end
    returning u.attempts = 1 into v_is_new;

    if v_is_new then
        -- Skipping locked rows: two floods that trim the same inbox must not deadlock.
        delete from core.unknown_charge_points as u
        where u.id in (
            select w.id
            from core.unknown_charge_points as w
            where w.tenant_id is not distinct from p_tenant_id and w.state = 'waiting'
            order by w.last_seen_at desc, w.id desc
            offset access.get_setting('fleet.max_unknown_charge_points')::bigint
            for update skip locked
        );
    end if;
end;
$$;
revoke all on function fleet.record_unknown_charge_point(
    bigint, text, text, text, text[], boolean
) from public;
comment on function fleet.record_unknown_charge_point(
    bigint, text, text, text, text[], boolean
) is 'Count a connection attempt of an unregistered charger in its onboarding inbox.';
