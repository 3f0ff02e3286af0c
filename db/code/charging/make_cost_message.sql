-- The next message for the display of a charge point about a session, or null.
--
-- Messages of the Open Charge Alliance's "OCPP & California Pricing Requirements" (§3.1): a
-- DataTransfer of vendor org.openchargealliance.costmsg whose data is JSON in a text.
--     SetUserPrice  once, when it began: {"idToken", "priceText"}
--     RunningCost   when the cost changed: {"transactionId", "timestamp", "meterValue" (Wh),
--                   "cost", "state" Charging or Idle, "chargingPrice" {"kWhPrice", "hourPrice",
--                   "flatFee"}}
--     FinalCost     once, when it has its price: {"transactionId", "cost", "priceText"}
-- Costs and prices are with tax where it is known. The unit prices are those of the last lines of
-- the cost so far: what the next minutes cost unless the tariff says otherwise.
-- Called by: jobs.show_costs.
-- Returns:   {"messageId", "data"}, and what of it is the cost.
create or replace function charging.make_cost_message(
    p_session core.sessions,
    p_display ops.cost_displays,
    p_interval interval,
    out message_id text,
    out data jsonb,
    out cost numeric
)
returns record
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_transaction_id constant numeric := ocpp.parse_numeric(p_session.transaction_id);
    v_rating core.ratings;
    v_live core.session_costs;
    v_prices jsonb;
begin
    if p_session.state <> 'active' then
        select r.* into v_rating
        from core.transactions as t
        inner join core.ratings as r
            on
                r.tenant_id = t.tenant_id
                and r.transaction_id = t.id
                and r.version = t.rating_version
        where
            t.tenant_id = p_session.tenant_id
            and t.session_id = p_session.id
            and t.state = 'priced';
        if found and p_display.final_shown_at is null then
            message_id := 'FinalCost';
            cost := coalesce(v_rating.total_incl_vat, v_rating.total_excl_vat);
            data := jsonb_build_object(
                'transactionId', v_transaction_id,
                'cost', cost,
                'priceText', left(
                    array_to_string(api.explain_price(v_rating.result), '; '), 512
                )
            );
        end if;
        return;
    end if;

    if p_display.price_shown_at is null and p_session.id_token is not null then
        select
            'SetUserPrice',
            jsonb_build_object(
                'idToken', p_session.id_token,
                'priceText', charging.describe_tariff_price(v.document, o.language)
            )
        into message_id, data
        from core.session_tariffs as st
        inner join core.tariff_versions as v
            on v.tenant_id = st.tenant_id and v.id = st.tariff_version_id
        inner join core.tenants as o on o.id = st.tenant_id
        where st.tenant_id = p_session.tenant_id and st.session_id = p_session.id;
        if found then
            return;
        end if;
    end if;

    select k.* into v_live
    from core.session_costs as k
    where
        k.tenant_id = p_session.tenant_id
        and k.session_id = p_session.id
        and k.result is not null;
    cost := coalesce(v_live.total_incl_vat, v_live.total_excl_vat);
    if
        cost is null
        or cost is not distinct from p_display.cost
        or p_display.cost_shown_at > now() - p_interval
    then
        return;
    end if;
    select
        jsonb_object_agg(
            case p.unit when 'kWh' then 'kWhPrice' when 'h' then 'hourPrice' else 'flatFee' end,
            p.price
        )
    into v_prices
    from (
        select distinct on (l.line ->> 'unit')
            l.line ->> 'unit' as unit,
            round(
                coalesce((l.line ->> 'cost_incl')::numeric, (l.line ->> 'cost_excl')::numeric)
                / (l.line ->> 'billed')::numeric,
                4
            ) as price
        from jsonb_array_elements(v_live.result -> 'lines') with ordinality as l (line, place)
        where (l.line ->> 'billed')::numeric > 0
        order by l.line ->> 'unit', l.place desc
    ) as p;
    message_id := 'RunningCost';
    data := jsonb_build_object(
        'transactionId', v_transaction_id,
        'timestamp', ocpp.format_timestamp(v_live.as_of),
        'meterValue', round(coalesce(
            p_session.last_meter_wh, p_session.meter_start_wh + v_live.energy_wh, 0
        )),
        'cost', cost,
        'state', case
            when p_session.charging_state in ('SuspendedEV', 'SuspendedEVSE', 'Idle')
                then 'Idle'
            else 'Charging'
        end,
        'chargingPrice', coalesce(v_prices, '{}')
    );
end;
$$;
revoke all on function charging.make_cost_message(
    core.sessions, ops.cost_displays, interval
) from public;
comment on function charging.make_cost_message(core.sessions, ops.cost_displays, interval) is
    'The next message for the display of a charge point about a session, or null.';
