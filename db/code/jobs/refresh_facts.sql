-- Count sessions and transactions that changed for reports.
--
-- Takes a batch off the queue, makes the facts of its sessions anew, and after them the days of
-- the EVSEs where these were before and are now. All in one transaction, so readers see the old
-- figures until they see the new ones, and wait for nobody. A change that commits while this runs
-- has its own row in the queue, for the next run.
-- Runs keep apart by the row of the schedule: one that finds it held leaves the work to the other.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    core.transaction_facts, core.evse_days, ops.facts_to_refresh.
-- Returns:   what was done, empty for nothing; ends in 'more is left' when it is.
--
-- What a session or reservation counts as:
-- day       the local day of its end: of the site's clock, or the tenant's where there is no site
-- state     priced, held or written_off, as its transaction says; waiting without one; refused
--           when its token was refused and nothing flowed, which makes no transaction
-- outcome   of a session: successful when energy flowed, failed when none did, unknown when
--           the registers do not tell; refused as above. A reservation has none.
-- figures   of the rating that is in force when it is priced, else the session's own energy
-- is_time_certain  whether its times may count as occupation: priced, or nothing speaks against
--           them
create or replace function jobs.list_transaction_facts(
    p_tenant_ids bigint[],
    p_session_ids bigint[],
    p_reservation_ids bigint[]
)
returns setof core.transaction_facts
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        s.tenant_id,
        s.id,
        null::bigint,
        t.id,
        b.state,
        case
            when b.state = 'refused' then 'refused'
            when b.energy_wh > 0 then 'successful'
            when b.energy_wh = 0 then 'failed'
            else 'unknown'
        end,
        (b.ended_at at time zone z.time_zone)::date,
        s.charge_point_id,
        s.evse_id,
        s.id_token_id,
        s.user_id,
        v.tariff_id,
        coalesce(r.currency, v.currency),
        z.time_zone,
        b.started_at,
        b.ended_at,
        r.transaction_id is not null
        or s.ended_at >= s.started_at
        and not coalesce(
            s.hold_details @> '[{"reason": "implausible_duration"}]'
            or s.hold_details @> '[{"reason": "time_in_future"}]',
            false
        ),
        b.energy_wh,
        r.charging_s,
        r.parking_s,
        r.reserved_s,
        r.total_excl_vat,
        r.total_incl_vat
    from unnest(p_tenant_ids, p_session_ids) as q (tenant_id, session_id)
    inner join core.sessions as s on s.tenant_id = q.tenant_id and s.id = q.session_id
    inner join core.charge_points as c on c.tenant_id = s.tenant_id and c.id = s.charge_point_id
    inner join core.tenants as o on o.id = s.tenant_id
    left join core.sites as l on l.tenant_id = c.tenant_id and l.id = c.site_id
    left join core.transactions as t on t.tenant_id = s.tenant_id and t.session_id = s.id
    left join core.ratings as r
        on
            r.tenant_id = t.tenant_id
            and r.transaction_id = t.id
            and r.version = t.rating_version
            and t.state = 'priced'
    left join core.session_tariffs as f on f.tenant_id = s.tenant_id and f.session_id = s.id
    left join core.tariff_versions as v
        on
            v.tenant_id = s.tenant_id
            and v.id = coalesce(r.tariff_version_id, f.tariff_version_id)
    cross join lateral (select coalesce(l.time_zone, o.time_zone) as time_zone) as z
    cross join lateral (
        select
            coalesce(r.energy_wh, s.energy_wh::numeric) as energy_wh,
            coalesce(r.started_at, s.started_at) as started_at,
            coalesce(r.ended_at, s.ended_at) as ended_at,
            case
                when t.id is not null then t.state
                when s.authorization_status <> 'Accepted' and s.energy_wh = 0 then 'refused'
                else 'waiting'
            end as state
    ) as b
    where s.state <> 'active'
    union all
    select
        e.tenant_id,
        null,
        e.id,
        t.id,
        t.state,
        null,
        (coalesce(r.ended_at, e.expires_at) at time zone z.time_zone)::date,
        e.charge_point_id,
        n.evse_id,
        e.id_token_id,
        e.user_id,
        v.tariff_id,
        r.currency,
        z.time_zone,
        coalesce(r.started_at, e.created_at),
        coalesce(r.ended_at, e.expires_at),
        false,
        r.energy_wh,
        r.charging_s,
        r.parking_s,
        r.reserved_s,
        r.total_excl_vat,
        r.total_incl_vat
    from unnest(p_tenant_ids, p_reservation_ids) as q (tenant_id, reservation_id)
    inner join core.reservations as e on e.tenant_id = q.tenant_id and e.id = q.reservation_id
    inner join core.transactions as t on t.tenant_id = e.tenant_id and t.reservation_id = e.id
    inner join core.charge_points as c on c.tenant_id = e.tenant_id and c.id = e.charge_point_id
    inner join core.tenants as o on o.id = e.tenant_id
    left join core.sites as l on l.tenant_id = c.tenant_id and l.id = c.site_id
    left join core.connectors as n
        on
            n.tenant_id = e.tenant_id
            and n.charge_point_id = e.charge_point_id
            and n.ocpp16_connector_id = e.ocpp16_connector_id
    left join core.ratings as r
        on
            r.tenant_id = t.tenant_id
            and r.transaction_id = t.id
            and r.version = t.rating_version
            and t.state = 'priced'
    left join core.tariff_versions as v on v.tenant_id = r.tenant_id and v.id = r.tariff_version_id
    cross join lateral (select coalesce(l.time_zone, o.time_zone) as time_zone) as z
$$;
revoke all on function jobs.list_transaction_facts(bigint[], bigint[], bigint[]) from public;
comment on function jobs.list_transaction_facts(bigint[], bigint[], bigint[]) is
    'What sessions that are over and reservations with a transaction count as in statistics.';

-- Days of EVSEs with their occupation; days without any have no row. Time of two sessions that
-- overlap counts once. Of a priced session the periods count that were priced, so time between a
-- reservation and the plug is none; of another one its start to its end.
create or replace function jobs.list_evse_days(
    p_tenant_ids bigint[],
    p_evse_ids bigint[],
    p_days date[]
)
returns setof core.evse_days
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        q.tenant_id,
        q.evse_id,
        q.day,
        jobs.sum_seconds(u.occupied),
        jobs.sum_seconds(u.charging),
        jobs.sum_seconds(u.idle)
    from unnest(p_tenant_ids, p_evse_ids, p_days) as q (tenant_id, evse_id, day)
    inner join core.evses as e on e.tenant_id = q.tenant_id and e.id = q.evse_id
    inner join core.charge_points as c on c.tenant_id = e.tenant_id and c.id = e.charge_point_id
    inner join core.tenants as o on o.id = e.tenant_id
    left join core.sites as l on l.tenant_id = c.tenant_id and l.id = c.site_id
    cross join lateral (
        select
            tstzrange(
                q.day::timestamp at time zone coalesce(l.time_zone, o.time_zone),
                (q.day + 1)::timestamp at time zone coalesce(l.time_zone, o.time_zone)
            ) as day
    ) as d
    cross join lateral (
        select
            range_agg(p.span * d.day) as occupied,
            range_agg(p.span * d.day) filter (where p.is_idle is false) as charging,
            range_agg(p.span * d.day) filter (where p.is_idle) as idle
        from core.transaction_facts as f
        -- With a limit, so that it is looked up by its keys whatever the statistics of these tables
        -- say (measured: 13 s for 2,000 days, 0.2 s like this).
        left join lateral (
            select r.session
            from core.transactions as t
            inner join core.ratings as r
                on
                    r.tenant_id = t.tenant_id
                    and r.transaction_id = t.id
                    and r.version = t.rating_version
            where t.tenant_id = f.tenant_id and t.id = f.transaction_id
            limit 1
        ) as r on f.state = 'priced'
        cross join lateral (
            select s.span, s.is_idle
            from jobs.list_priced_spans(r.session) as s
            where r.session is not null
            union all
            select tstzrange(f.started_at, f.ended_at), null
            where r.session is null
        ) as p
        where
            f.tenant_id = q.tenant_id
            and f.evse_id = q.evse_id
            and f.is_time_certain
            and tstzrange(f.started_at, f.ended_at) && d.day
    ) as u
    where jobs.sum_seconds(u.occupied) > 0
$$;
revoke all on function jobs.list_evse_days(bigint[], bigint[], date[]) from public;
comment on function jobs.list_evse_days(bigint[], bigint[], date[]) is
    'How long EVSEs were occupied on local days, and how much of it charging and idle.';

create or replace function jobs.sum_seconds(p_spans tstzmultirange)
returns numeric
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(round(sum(extract(epoch from upper(s.span) - lower(s.span))), 3), 0)
    from unnest(p_spans) as s (span)
$$;
revoke all on function jobs.sum_seconds(tstzmultirange) from public;
comment on function jobs.sum_seconds(tstzmultirange) is
    'Seconds that ranges of time cover together, to the millisecond.';

-- The periods of a session as it was priced, without those of its reservation.
create or replace function jobs.list_priced_spans(p_session jsonb)
returns table (span tstzrange, is_idle boolean)
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select tstzrange(p.began_at, p.ended_at), p.is_idle
    from (
        select
            (c.period ->> 'start_date_time')::timestamptz as began_at,
            coalesce(
                lead((c.period ->> 'start_date_time')::timestamptz) over (order by c.no),
                (p_session ->> 'end_date_time')::timestamptz
            ) as ended_at,
            c.period -> 'dimensions' @> '[{"type": "PARKING_TIME"}]' as is_idle,
            c.period -> 'dimensions' @> '[{"type": "RESERVATION_TIME"}]' as is_reserved
        from jsonb_array_elements(p_session -> 'charging_periods')
            with ordinality as c (period, no)
    ) as p
    where not p.is_reserved and p.ended_at > p.began_at
$$;
revoke all on function jobs.list_priced_spans(jsonb) from public;
comment on function jobs.list_priced_spans(jsonb) is
    'The periods of a session as it was priced: when, and whether the vehicle was idle.';

create or replace function jobs.refresh_facts()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_batch constant integer := access.get_setting('reports.facts_batch')::integer;
    v_row_count integer;
    v_tenant_ids bigint[];
    v_session_ids bigint[];
    v_reservation_ids bigint[];
    v_old core.transaction_facts[];
    v_new core.transaction_facts[];
    v_day_tenant_ids bigint[];
    v_evse_ids bigint[];
    v_days date[];
begin
    perform
    from ops.job_schedules as s
    where s.job = 'refresh_facts'
    for no key update skip locked;
    if not found then
        return '';
    end if;
    with taken as (
        delete from ops.facts_to_refresh as q
        where
            q.id = any(array(
                select w.id from ops.facts_to_refresh as w order by w.id limit v_batch
            ))
        returning q.tenant_id, q.session_id, q.reservation_id
    ),
    once as (
        select distinct t.tenant_id, t.session_id, t.reservation_id
        from taken as t
    )
    select
        (select count(*) from taken),
        array_agg(o.tenant_id),
        array_agg(o.session_id),
        array_agg(o.reservation_id)
    into v_row_count, v_tenant_ids, v_session_ids, v_reservation_ids
    from once as o;
    if v_row_count = 0 then
        return '';
    end if;

    with gone as (
        delete from core.transaction_facts as f
        using unnest(v_tenant_ids, v_session_ids) as q (tenant_id, session_id)
        where f.tenant_id = q.tenant_id and f.session_id = q.session_id
        returning f.*
    ),
    gone_reservations as (
        delete from core.transaction_facts as f
        using unnest(v_tenant_ids, v_reservation_ids) as q (tenant_id, reservation_id)
        where f.tenant_id = q.tenant_id and f.reservation_id = q.reservation_id
    )
    select array_agg(g::core.transaction_facts) into v_old
    from gone as g;
    with made as (
        insert into core.transaction_facts
        select f.*
        from jobs.list_transaction_facts(v_tenant_ids, v_session_ids, v_reservation_ids) as f
        returning transaction_facts.*
    )
    select array_agg(m::core.transaction_facts) into v_new
    from made as m;

    -- By the clock that they were counted with and by that of the place now: since a clock changed,
    -- days may have been made by the new one that hold a session which was counted by the old one.
    with days as (
        select f.tenant_id, f.evse_id, d.day::date as day
        from unnest(v_old || v_new) as f
        inner join core.evses as e on e.tenant_id = f.tenant_id and e.id = f.evse_id
        inner join core.charge_points as c on c.tenant_id = e.tenant_id and c.id = e.charge_point_id
        inner join core.tenants as o on o.id = f.tenant_id
        left join core.sites as l on l.tenant_id = c.tenant_id and l.id = c.site_id
        cross join lateral (
            values (f.time_zone), (coalesce(l.time_zone, o.time_zone))
        ) as z (time_zone)
        cross join lateral generate_series(
            date_trunc('day', f.started_at at time zone z.time_zone),
            f.ended_at at time zone z.time_zone,
            interval '1 day'
        ) as d (day)
        where f.is_time_certain
        group by f.tenant_id, f.evse_id, d.day::date
    )
    select array_agg(d.tenant_id), array_agg(d.evse_id), array_agg(d.day)
    into v_day_tenant_ids, v_evse_ids, v_days
    from days as d;
    delete from core.evse_days as e
    using unnest(v_day_tenant_ids, v_evse_ids, v_days) as q (tenant_id, evse_id, day)
    where e.tenant_id = q.tenant_id and e.evse_id = q.evse_id and e.day = q.day;
    insert into core.evse_days
    select d.*
    from jobs.list_evse_days(v_day_tenant_ids, v_evse_ids, v_days) as d;

    return format('counted %s sessions and reservations', cardinality(v_tenant_ids))
        || case when v_row_count = v_batch then ', more is left' else '' end;
end;
$$;
revoke all on function jobs.refresh_facts() from public;
grant execute on function jobs.refresh_facts() to jobs;
comment on function jobs.refresh_facts() is
    'Count sessions and transactions that changed for reports; returns what was done.';
