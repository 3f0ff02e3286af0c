-- The session that a stop with an id of ours, none, or somebody else's is about; null when none.
--
-- 1. Its transaction id, of this charge point (rule R5: any random id once stopped the newest
--    session of another system).
-- 2. The same stop heard before (p_stop_key).
-- 3. The one session of the charge point that is open, began before the stop, has no higher
--    register and the same token. A charger that never learnt an id says 0 or -1 (quirk 62): then
--    a stop without a token fits as well. With more than one candidate there is none. The caller
--    flags the match, and holds one whose stop named another id than those: that may be the stop
--    of a session whose start was lost.
-- Called by: ocpp16.stop_transaction.
create or replace function charging.find_session_of_stop(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_transaction_id text,
    p_stop_key text,
    p_id_token text,
    p_stopped_at timestamptz,
    p_is_time_usable boolean,
    p_meter_stop_wh numeric
)
returns core.sessions
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session core.sessions;
    v_has_no_id constant boolean :=
        coalesce(ocpp.parse_numeric(p_transaction_id) <= 0, p_transaction_id is null);
    v_ids bigint[];
begin
    select s.* into v_session
    from core.sessions as s
    where
        s.tenant_id = p_tenant_id
        and s.charge_point_id = p_charge_point_id
        and s.transaction_id = p_transaction_id;
    if found then
        return v_session;
    end if;
    select s.* into v_session
    from core.sessions as s
    where
        s.tenant_id = p_tenant_id
        and s.charge_point_id = p_charge_point_id
        and s.stop_key = p_stop_key;
    if found or not p_is_time_usable then
        return v_session;
    end if;

    v_ids := array(
        select s.id
        from core.sessions as s
        where
            s.tenant_id = p_tenant_id
            and s.charge_point_id = p_charge_point_id
            and s.state <> 'ended'
            and s.started_at <= p_stopped_at
            and (
                lower(s.id_token) = lower(p_id_token)
                or p_id_token is null and v_has_no_id
            )
            and coalesce(p_meter_stop_wh >= s.meter_start_wh, true)
            and coalesce(p_meter_stop_wh >= s.last_meter_wh, true)
        limit 2
    );
    if cardinality(v_ids) = 1 then
        select s.* into v_session
        from core.sessions as s
        where s.tenant_id = p_tenant_id and s.id = v_ids[1];
    end if;
    return v_session;
end;
$$;
revoke all on function charging.find_session_of_stop(
    bigint, bigint, text, text, text, timestamptz, boolean, numeric
) from public;
comment on function charging.find_session_of_stop(
    bigint, bigint, text, text, text, timestamptz, boolean, numeric
) is 'The session that a stop is about, by id, by repetition, or as the only one that fits.';
