-- Count an id token that is shown at a charge point; false when too many others were this hour.
--
-- Somebody who tries tokens one after the other at a charger, or has its key, is stopped after
-- charging.max_id_tokens_per_hour different ones: from then on until the hour is over only those
-- of this hour are looked at, and an alarm says so, once an hour. The hour begins with its first
-- token. A token is counted by a hash: a collision lets one more through.
-- The usual case, a token that was shown before, writes nothing and locks nothing; nothing here
-- waits for another transaction, and a token that meets another one goes uncounted.
-- Called by: charging.authorize_id_token.
-- Writes:    ops.id_token_windows (one row a charge point), core.alarms.
create or replace function charging.take_id_token(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_id_token text
)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_hash constant integer := hashtext(lower(p_id_token));
    v_most constant bigint := access.get_setting('charging.max_id_tokens_per_hour')::bigint;
    v_window ops.id_token_windows;
    v_is_taken boolean;
begin
    select w.* into v_window
    from ops.id_token_windows as w
    where w.tenant_id = p_tenant_id and w.charge_point_id = p_charge_point_id
        and w.began_at > now() - interval '1 hour';
    if v_hash = any(v_window.token_hashes) then
        return true;
    end if;
    -- Batches that have the same charge point on two sockets must not wait for each other.
    if not pg_try_advisory_xact_lock(
        hashtextextended('charging.take_id_token ' || p_charge_point_id, p_tenant_id)
    ) then
        return coalesce(cardinality(v_window.token_hashes) < v_most, true);
    end if;

    insert into ops.id_token_windows (tenant_id, charge_point_id)
    values (p_tenant_id, p_charge_point_id)
    on conflict (tenant_id, charge_point_id) do nothing;
    select w.* into v_window
    from ops.id_token_windows as w
    where w.tenant_id = p_tenant_id and w.charge_point_id = p_charge_point_id;
    if v_window.began_at <= now() - interval '1 hour' then
        v_window.began_at := now();
        v_window.token_hashes := '{}';
        v_window.refusals := 0;
    end if;

    v_is_taken := cardinality(v_window.token_hashes) < v_most;
    if v_is_taken then
        v_window.token_hashes := v_window.token_hashes || v_hash;
    else
        v_window.refusals := v_window.refusals + 1;
    end if;
    update ops.id_token_windows as w
    set began_at = v_window.began_at,
        token_hashes = v_window.token_hashes,
        refusals = v_window.refusals
    where w.tenant_id = p_tenant_id and w.charge_point_id = p_charge_point_id;
    if not v_is_taken and v_window.refusals = 1 then
        perform fleet.raise_alarm(
            p_tenant_id, p_charge_point_id, 'id_token_flood', 'warning',
            'More different tokens were shown within an hour than a charger ever sees.',
            jsonb_build_object('id_tokens', v_most, 'since', v_window.began_at)
        );
    end if;
    return v_is_taken;
end;
$$;
revoke all on function charging.take_id_token(bigint, bigint, text) from public;
comment on function charging.take_id_token(bigint, bigint, text) is
    'Count an id token shown at a charge point; false when too many others were this hour.';
