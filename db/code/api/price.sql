-- What a tariff makes of charging periods: a what-if, and a check of other people's CDRs.
--
-- Definer: the engine is private; it reads and stores nothing of any tenant.
-- Errors:  PT400 tariff_invalid, PT400 session_invalid, each with the JSON path and the reason.
create or replace function api.price(tariff jsonb, session jsonb)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_compiled jsonb;
    v_result jsonb;
begin
    perform pricing.check_tariff(price.tariff);
    perform pricing.check_session(price.session);
    perform pricing.check_period_tariffs(price.tariff, price.session);
    v_compiled := pricing.compile_tariff(price.tariff);
    v_result := pricing.price(v_compiled, price.session);
    return v_result || jsonb_build_object(
        'warnings', v_result -> 'warnings' || coalesce(
            (
                select jsonb_agg(jsonb_build_object(
                    'code', 'period_spans_change',
                    'period_index', c.period_index,
                    'changes_at', pricing.format_moment(c.changes_at),
                    'message',
                    'the price changes within this period, which has the price of its start'
                ) order by c.period_index)
                from pricing.list_spanned_changes(v_compiled, price.session) as c
            ),
            '[]'
        )
    );
end;
$$;
revoke all on function api.price(jsonb, jsonb) from public;
grant execute on function api.price(jsonb, jsonb) to staff, customer, platform;
comment on function api.price(jsonb, jsonb) is
    E'Price charging periods with a tariff; nothing is stored.\n'
    'tariff is one of OCPI 2.2.1 or 2.3.0 (country_code, party_id and id may be missing), or a '
    'list of those that the periods name. session is {"time_zone", "start_date_time", '
    '"end_date_time", "charging_periods": [{"start_date_time", "dimensions": [{"type", "volume", '
    '"seconds"}], "tariff_id"}], "reservation_expired"}: a period ends where the next begins, '
    'seconds are exact where given. The answer has the totals rounded to the currency, exact '
    'ones, lines, taxes by rate and warnings: a period that spans a change of price has the '
    'price of its start.';
