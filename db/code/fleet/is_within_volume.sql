-- Count what a charge point makes us store, and tell whether it is still what one may.
--
-- A charger that reports without end must not fill a table (each row of it is cheap to send): of
-- each kind it may make fleet.max_<kind> rows in a day, far more than any real one. The alarm
-- too_many_<kind> is raised once the day's last row is made; what comes after stands in the
-- message log alone. Kinds: sessions, authorizations, failed_messages, status_changes, readings,
-- security_events.
-- The day begins with the first row and the count ends with it. p_size 0 counts nothing: whoever
-- is called often may count one time in many, and then as much more. What two sockets of one charge
-- point bring at the same time is counted once: nobody waits here. The setting is read
-- in place: to call access.get_setting costs as much as the question (measured: 9 µs).
-- Called by: charging.check_session_volume, charging.authorize_id_token,
--            charging.record_meter_values, fleet.record_connector_status,
--            fleet.record_security_event, ocpp.handle_calls.
-- Writes:    ops.charge_point_volumes (row locked), core.alarms.
create or replace function fleet.is_within_volume(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_kind text,
    p_size bigint default 1
)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_setting constant text := 'fleet.max_' || p_kind;
    v_max bigint;
    v_day_ago constant timestamptz := clock_timestamp() - interval '1 day';
    v_amount bigint;
begin
    if
        p_size = 0
        or not pg_try_advisory_xact_lock(
            hashtextextended(
                format('fleet.is_within_volume %s %s', p_kind, p_charge_point_id), p_tenant_id
            )
        )
    then
        return not exists (
            select
            from ops.charge_point_volumes as v
            where
                v.tenant_id = p_tenant_id
                and v.charge_point_id = p_charge_point_id
                and v.kind = p_kind
                and v.counted_since > v_day_ago
                and v.amount >= (
                    select s.value::bigint from ops.settings as s where s.name = v_setting
                )
        );
    end if;

    select s.value::bigint into v_max from ops.settings as s where s.name = v_setting;
    if not found then
        raise exception using
            errcode = '55000', message = format('there is no setting %s', v_setting);
    end if;
    insert into ops.charge_point_volumes as v (
        tenant_id, charge_point_id, kind, counted_since, amount
    )
    values (p_tenant_id, p_charge_point_id, p_kind, clock_timestamp(), p_size)
    on conflict (tenant_id, charge_point_id, kind) do update
        set counted_since = case
                when v.counted_since > v_day_ago then v.counted_since
                else excluded.counted_since
            end,
            amount = case
                when v.counted_since > v_day_ago then least(v.amount, 2 * v_max) + p_size
                else p_size
            end
    returning v.amount into v_amount;
    if v_amount >= v_max and v_amount - p_size < v_max then
        perform fleet.raise_alarm(
            p_tenant_id, p_charge_point_id, 'too_many_' || p_kind, 'warning',
            format('%s %s within a day: more are not kept', v_max, replace(p_kind, '_', ' ')),
            jsonb_build_object('max', v_max)
        );
    end if;
    return v_amount <= v_max;
end;
$$;
revoke all on function fleet.is_within_volume(bigint, bigint, text, bigint) from public;
comment on function fleet.is_within_volume(bigint, bigint, text, bigint) is
    'Count rows that a charge point makes in a day; whether it may make these.';
