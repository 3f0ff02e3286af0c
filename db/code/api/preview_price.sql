-- What charging would cost, before it begins: which tariff, why that one, and its price.
--
-- A driver asks with a token of their own, or as the person they are; staff with any token of the
-- tenant. The tariff is chosen as it would be for a session that starts at that moment, and the
-- scenario is cut and priced by the functions that price sessions.
-- Errors:  PT404 evse_unknown, id_token_unknown, connector_unknown, tariff_missing; PT400
--          id_token_required, connector_required, scenario_invalid.
-- Definer: drivers see no EVSE, and nobody but the owner calls what chooses and prices.
create or replace function api.preview_price(
    evse text,
    token text default null,
    scenario jsonb default null,
    connector integer default null
)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_evse constant core.evses := fleet.find_evse(preview_price.evse);
    v_id_token constant core.id_tokens := pricing.choose_previewed_token(preview_price.token);
    -- In an address (GET) PostgREST hands JSON over as a text.
    v_scenario constant jsonb := nullif(
        case
            when
                jsonb_typeof(preview_price.scenario) = 'string'
                and pg_input_is_valid(preview_price.scenario #>> '{}', 'jsonb')
                then (preview_price.scenario #>> '{}')::jsonb
            else preview_price.scenario
        end,
        'null'
    );
    v_measured jsonb;
    v_choice record;
    v_version core.tariff_versions;
    v_tariff core.tariffs;
    v_document jsonb;
    v_price jsonb;
    v_at timestamptz := now();
begin
    -- The zone comes with the choice, and the choice needs the moment.
    if v_scenario is not null then
        v_measured := pricing.measure_scenario(v_scenario, 'UTC');
        v_at := v_measured ->> 'start_date_time';
    end if;
    v_choice := pricing.choose_previewed_tariff(
        v_evse, preview_price.connector, v_id_token, v_at
    );
    select v.* into v_version
    from core.tariff_versions as v
    where v.tenant_id = v_evse.tenant_id and v.id = v_choice.tariff_version_id;
    select t.* into v_tariff
    from core.tariffs as t
    where t.tenant_id = v_version.tenant_id and t.id = v_version.tariff_id;
    v_document := v_version.compiled #> '{tariffs,0}';
    if v_measured is not null then
        v_measured := v_measured || jsonb_build_object('time_zone', v_choice.time_zone);
        v_price := pricing.price(
            v_version.compiled, pricing.cut_session(v_version.compiled, v_measured)
        );
    end if;

    return jsonb_build_object(
        'evse', v_evse.evse_id,
        'token', v_id_token.id_token,
        'at', pricing.format_moment(v_at),
        'time_zone', v_choice.time_zone,
        'tariff', jsonb_build_object(
            'id', v_tariff.tariff_id,
            'name', v_tariff.name,
            'version', v_version.version_no,
            'currency', v_version.currency,
            'tax_included', v_document -> 'tax_included',
            'ocpi_version', v_version.ocpi_version,
            'document', v_version.document
        ),
        'reason', jsonb_build_object(
            'place', v_choice.place,
            'audience', v_choice.audience,
            'text', format(
                'This tariff is for %s%s.',
                case v_choice.audience
                    when 'id_token' then 'this token'
                    when 'customer_group' then 'a customer group that you are in'
                    else 'everyone'
                end,
                case v_choice.place
                    when 'connector' then ' at this connector'
                    when 'evse' then ' at this EVSE'
                    when 'charge_point' then ' at this charge point'
                    when 'group' then ' at this group of charge points'
                    when 'site' then ' at this site'
                    else ' at all our charge points'
                end
            )
        ),
        'alt_text', coalesce(v_document -> 'tariff_alt_text', '[]'),
        'prices', (
            select coalesce(
                jsonb_agg(
                    c.component || jsonb_build_object('element_index', e.no - 1)
                    || case
                        when jsonb_typeof(e.element -> 'restrictions') = 'object'
                            then jsonb_build_object('restrictions', e.element -> 'restrictions')
                        else '{}'
                    end
                    order by e.no, c.no
                ),
                '[]'
            )
            from jsonb_array_elements(v_document -> 'elements') with ordinality
                as e (element, no)
            cross join lateral jsonb_array_elements(e.element -> 'price_components')
                with ordinality as c (component, no)
        ),
        'scenario', v_measured,
        'price', v_price,
        'explanation', to_jsonb(case when v_price is not null then api.explain_price(v_price) end)
    );
end;
$$;
revoke all on function api.preview_price(text, text, jsonb, integer) from public;
grant execute on function api.preview_price(text, text, jsonb, integer)
to staff, customer, platform;
comment on function api.preview_price(text, text, jsonb, integer) is
    E'What charging would cost, before it begins.\n'
    'evse is the EVSE id that stands on the charger, connector the number of a connector there '
    'where these differ in price. token is whose tariff it is: a driver names one of theirs and '
    'may leave it out who has only one. scenario imagines a session: {"starts_at", "energy_wh", '
    '"duration_s", "parking_s", "power_w", "reserved_s"}; it charges for duration_s, then parks '
    'for parking_s, and of energy, time and power two will do. Returns the tariff, its '
    'alternative texts and prices, the reason why it is this one and, with a scenario, its price '
    'with the lines that it comes from, and the explanation of it in words.';
