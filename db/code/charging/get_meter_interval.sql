-- How often readings of a session are to be expected, and how that is known.
--
-- The shorter of MeterValueSampleInterval and ClockAlignedDataInterval as the charge point last
-- said them (OCPP 1.6 §9.1; 0 is never); else what its last ten readings came to; else the setting
-- meter_sync.interval_s.
-- Called by: jobs.request_readings, api.meter_gaps.
-- Returns:   seconds; source is configuration, readings or setting.
create or replace function charging.get_meter_interval(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_session_id bigint,
    out interval_s integer,
    out source text
)
returns record
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    interval_s := least(
        fleet.get_configuration_limit(
            p_tenant_id, p_charge_point_id, 'MeterValueSampleInterval', 1
        ),
        fleet.get_configuration_limit(
            p_tenant_id, p_charge_point_id, 'ClockAlignedDataInterval', 1
        )
    );
    source := 'configuration';
    if interval_s is not null then
        return;
    end if;
    select
        ceil(extract(epoch from max(r.sampled_at) - min(r.sampled_at)) / nullif(count(*) - 1, 0))
    into interval_s
    from (
        -- Energy and power of one moment may come in two messages.
        select m.sampled_at
        from core.meter_values as m
        where m.tenant_id = p_tenant_id and m.session_id = p_session_id
        group by m.sampled_at
        order by m.sampled_at desc
        limit 10
    ) as r;
    source := 'readings';
    if coalesce(interval_s, 0) = 0 then
        interval_s := access.get_setting('meter_sync.interval_s')::integer;
        source := 'setting';
    end if;
end;
$$;
revoke all on function charging.get_meter_interval(bigint, bigint, bigint) from public;
comment on function charging.get_meter_interval(bigint, bigint, bigint) is
    'How often readings of a session are to be expected, in seconds, and how that is known.';
