-- Refuse charging periods that name none of the tariffs given, where there is more than one.
--
-- One tariff prices every period, whatever they call it: a what-if with other prices.
-- p_tariffs is what pricing.check_tariff accepts, p_session what pricing.check_session does.
-- Called by: api.price.
-- Errors:    PT400 session_invalid; the detail has path and reason.
create or replace function pricing.check_period_tariffs(p_tariffs jsonb, p_session jsonb)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_path text;
begin
    if jsonb_typeof(p_tariffs) = 'object' or jsonb_array_length(p_tariffs) = 1 then
        return;
    end if;
    select format('$.charging_periods[%s].tariff_id', p.place - 1) into v_path
    from jsonb_array_elements(p_session -> 'charging_periods')
    with ordinality as p (period, place)
    where not exists (
        select
        from jsonb_array_elements(p_tariffs) as t (tariff)
        where lower(t.tariff ->> 'id') = lower(p.period ->> 'tariff_id')
    )
    order by p.place
    limit 1;
    if found then
        raise exception using
            errcode = 'PT400',
            message = 'a charging period names none of the tariffs',
            detail = jsonb_build_object(
                'error', 'session_invalid', 'path', v_path, 'reason', 'names none of the tariffs'
            ),
            hint = 'Where there is more than one tariff, each period names its own by id.';
    end if;
end;
$$;
revoke all on function pricing.check_period_tariffs(jsonb, jsonb) from public;
comment on function pricing.check_period_tariffs(jsonb, jsonb) is
    'Refuse charging periods that name none of the tariffs given.';
