-- A session out of a stop whose start nobody heard (quirks 63 and 64, rule R6).
--
-- It is active until charging.end_session ends it with the same stop; the hold unknown_start
-- follows from the missing start. The charger's own transaction id is kept when it can be one, so
-- that readings with it find the session; for 0, -1 and the like a new one is drawn, and the
-- event orphan_created remembers what was said.
-- Called by: ocpp16.stop_transaction.
-- Writes:    core.sessions, core.session_events; core.meter_values of that id become its own.
create or replace function charging.create_orphan_session(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_protocol text,
    p_transaction_id text,
    p_stop_key text,
    p_id_token text,
    p_stopped_at timestamptz,
    p_received_at timestamptz
)
returns core.sessions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_number constant numeric := ocpp.parse_numeric(p_transaction_id);
    v_is_usable_id constant boolean :=
        coalesce(v_number between 1 and 2147483647 and v_number::text = p_transaction_id, false);
    v_token core.id_tokens;
    v_session core.sessions;
begin
    select t.* into v_token
    from core.id_tokens as t
    where t.tenant_id = p_tenant_id and t.id_token_key = lower(p_id_token);

    perform charging.check_session_volume(p_tenant_id, p_charge_point_id);
    insert into core.sessions (
        tenant_id, charge_point_id, protocol, transaction_id, stop_key, state, id_token,
        id_token_id, user_id, started_at
    )
    values (
        p_tenant_id, p_charge_point_id, p_protocol,
        case
            when v_is_usable_id then p_transaction_id
            else charging.create_transaction_id(p_tenant_id, p_charge_point_id)
        end,
        p_stop_key, 'active', p_id_token, v_token.id, v_token.user_id, p_stopped_at
    )
    on conflict (tenant_id, charge_point_id, stop_key) do nothing
    returning * into v_session;
    if not found then
        select s.* into v_session
        from core.sessions as s
        where
            s.tenant_id = p_tenant_id
            and s.charge_point_id = p_charge_point_id
            and s.stop_key = p_stop_key;
        return v_session;
    end if;

    perform charging.record_session_event(
        v_session, 'orphan_created', null, p_stopped_at, p_received_at,
        jsonb_build_object('transaction_id_reported', left(p_transaction_id, 64))
    );
    if v_is_usable_id then
        -- Readings that were kept unattached, of the week before the stop.
        update core.meter_values as m
        set session_id = v_session.id
        where
            m.tenant_id = p_tenant_id
            and m.charge_point_id = p_charge_point_id
            and m.sampled_at
            between p_stopped_at - interval '7 days' and p_stopped_at + interval '1 minute'
            and m.session_id is null
            and m.transaction_id = p_transaction_id;
    end if;
    return v_session;
end;
$$;
revoke all on function charging.create_orphan_session(
    bigint, bigint, text, text, text, text, timestamptz, timestamptz
) from public;
comment on function charging.create_orphan_session(
    bigint, bigint, text, text, text, text, timestamptz, timestamptz
) is 'A session out of a stop whose start nobody heard.';

-- What the readings of an orphan tell of its begin: the first one's time and EVSE, and the
-- register when it says that it was taken at the begin.
create or replace function charging.complete_orphan_session(p_session core.sessions)
returns core.sessions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_first core.meter_values;
    v_newest core.meter_values;
    v_session core.sessions;
begin
    select m.* into v_first
    from core.meter_values as m
    where m.tenant_id = p_session.tenant_id and m.session_id = p_session.id
    order by m.sampled_at, m.context = 'Transaction.Begin' desc
    limit 1;
    if not found then
        return p_session;
    end if;
    select m.* into v_newest
    from core.meter_values as m
    where
        m.tenant_id = p_session.tenant_id
        and m.session_id = p_session.id
        and m.energy_wh is not null
    order by m.sampled_at desc
    limit 1;

    update core.sessions as s
    set started_at = least(s.started_at, v_first.sampled_at),
        evse_id = (
            select e.id
            from core.evses as e
            where
                e.tenant_id = s.tenant_id
                and e.charge_point_id = s.charge_point_id
                and e.evse_no = v_first.evse_no
        ),
        meter_start_wh = case
            when v_first.context = 'Transaction.Begin' then trim_scale(round(v_first.energy_wh, 3))
        end,
        last_meter_wh = v_newest.energy_wh,
        last_reading_at = v_newest.sampled_at,
        updated_at = now()
    where s.tenant_id = p_session.tenant_id and s.id = p_session.id
    returning * into v_session;
    return v_session;
end;
$$;
revoke all on function charging.complete_orphan_session(core.sessions) from public;
comment on function charging.complete_orphan_session(core.sessions) is
    'Fill in what the readings of an orphan tell of its begin.';
