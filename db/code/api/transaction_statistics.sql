-- Figures over sessions and transactions, by time, place, person or tariff.
--
-- Definer: what is counted is made by a job, one narrow row a session, and nobody's to read; the
-- tenant, and for a driver the person, are explicit filters instead. Days are local days of the
-- site, or the tenant's where there is none. A session counts whole on the day of its end, its
-- money to the rating in force; the occupation of EVSEs is cut at midnight, and running sessions
-- are part of it until now.
-- What is counted by goes into the text of the query, so that each question gets the plan that it
-- needs; the texts are those below, never what was asked.
-- Errors:  PT400 statistics_invalid.
create or replace function api.transaction_statistics(
    "from" date,
    "to" date,
    by text default 'day',
    site_id bigint default null,
    charge_point_id bigint default null,
    evse_id bigint default null,
    id_token_id bigint default null,
    user_id uuid default null,
    tariff_id bigint default null
)
returns table (
    period_start date,
    period_end date,
    group_id text,
    group_name text,
    currency text,
    transactions bigint,
    energy_wh numeric,
    charging_s numeric,
    parking_s numeric,
    reserved_s numeric,
    total_excl_vat numeric,
    vat numeric,
    total_incl_vat numeric,
    tax_unknown bigint,
    held bigint,
    written_off bigint,
    waiting bigint,
    unbilled_energy_wh numeric,
    sessions bigint,
    successful bigint,
    failed bigint,
    refused bigint,
    unknown bigint,
    success_rate numeric,
    evses bigint,
    available_s numeric,
    occupied_s numeric,
    utilisation numeric,
    evse_charging_s numeric,
    evse_parking_s numeric,
    charging_utilisation numeric
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
-- PostgREST gives the request this instead of its role's: a year of a large network takes longer.
set statement_timeout = '60s'
as $$
#variable_conflict use_column
declare
    v_by constant text := coalesce(transaction_statistics.by, 'day');
    v_is_driver constant boolean := coalesce(claims.role() = 'customer', false);
    v_is_by_time constant boolean := v_by in ('day', 'week', 'month');
    v_key constant text := case v_by
        when 'day' then 'x.day'
        when 'week' then 'date_trunc(''week'', x.day::timestamp)::date'
        when 'month' then 'date_trunc(''month'', x.day::timestamp)::date'
        when 'site' then 'c.site_id'
        when 'charge_point' then 'c.id'
        when 'evse' then 'x.evse_id'
        when 'token' then 'x.id_token_id'
        when 'customer' then 'x.user_id'
        when 'tariff' then 'x.tariff_id'
    end;
    -- The same of a day of an EVSE, which is nobody's in particular.
    v_used_key constant text := case
        when v_by in ('token', 'customer', 'tariff') then 'null' else v_key
    end;
    v_place_key constant text := case v_by
        when 'site' then 'p.site_id'
        when 'charge_point' then 'p.charge_point_id'
        when 'evse' then 'p.evse_id'
        else 'b.key'
    end;
    v_name constant text := case v_by
        when 'site' then
            'select s.name from core.sites as s where s.tenant_id = $1 and s.id = k.key::bigint'
        when 'charge_point' then
            'select coalesce(c.name, c.identity) from core.charge_points as c '
            'where c.tenant_id = $1 and c.id = k.key::bigint'
        when 'evse' then
            'select coalesce(e.evse_id, (select concat(c.identity, ''*'', e.evse_no) '
            'from core.charge_points as c '
            'where c.tenant_id = e.tenant_id and c.id = e.charge_point_id)) '
            'from core.evses as e where e.tenant_id = $1 and e.id = k.key::bigint'
        when 'token' then
            'select t.id_token from core.id_tokens as t '
            'where t.tenant_id = $1 and t.id = k.key::bigint'
        when 'customer' then 'select u.full_name from core.users as u where u.id = k.key::uuid'
        when 'tariff' then
            'select t.name from core.tariffs as t where t.tenant_id = $1 and t.id = k.key::bigint'
        else 'null'
    end;
    v_has_places boolean;
begin
    if
        v_key is null
        or v_is_driver and v_by in ('site', 'charge_point', 'evse', 'customer')
        or not coalesce(
            isfinite(transaction_statistics."from")
            and isfinite(transaction_statistics."to")
            and transaction_statistics."to" - transaction_statistics."from" between 0 and 1100,
            false
        )
    then
        raise exception using
            errcode = 'PT400',
            message = 'these statistics cannot be made',
            detail = '{"error":"statistics_invalid"}',
            hint = 'from and to are dates, at most 1100 days apart; by is day, week, month, '
                'site, charge_point, evse, token, customer or tariff, for a driver one of day, '
                'week, month, token and tariff.';
    end if;
    -- An EVSE is there for everybody: of a token, a person or a tariff there is no utilisation.
    v_has_places := not v_is_driver
        and v_by not in ('token', 'customer', 'tariff')
        and num_nonnulls(
            transaction_statistics.id_token_id, transaction_statistics.user_id,
            transaction_statistics.tariff_id
        ) = 0;

    return query execute format(
        $sql$
        with counted as (
            select
                coalesce((%1$s)::text, '') as key,
                coalesce(x.currency, o.currency) as currency,
                count(*) filter (where x.state = 'priced') as transactions,
                sum(x.energy_wh) filter (where x.state = 'priced') as energy_wh,
                sum(x.charging_s) as charging_s,
                sum(x.parking_s) as parking_s,
                sum(x.reserved_s) as reserved_s,
                sum(x.total_excl_vat) as total_excl_vat,
                sum(x.total_incl_vat - x.total_excl_vat) as vat,
                sum(x.total_incl_vat) as total_incl_vat,
                count(*) filter (
                    where x.state = 'priced' and num_nulls(x.total_excl_vat, x.total_incl_vat) > 0
                ) as tax_unknown,
                count(*) filter (where x.state = 'held') as held,
                count(*) filter (where x.state = 'written_off') as written_off,
                count(*) filter (where x.state = 'waiting') as waiting,
                sum(x.energy_wh) filter (where x.state <> 'priced') as unbilled_energy_wh,
                count(x.session_id) as sessions,
                count(*) filter (where x.outcome = 'successful') as successful,
                count(*) filter (where x.outcome = 'failed') as failed,
                count(*) filter (where x.outcome = 'refused') as refused,
                count(*) filter (where x.outcome = 'unknown') as unknown
            from core.transaction_facts as x
            inner join core.tenants as o on o.id = x.tenant_id
            inner join core.charge_points as c
                on c.tenant_id = x.tenant_id and c.id = x.charge_point_id
            where
                x.tenant_id = $1
                and x.day between $2 and $3
                and ($4 is null or c.site_id = $4)
                and ($5 is null or c.id = $5)
                and ($6 is null or x.evse_id = $6)
                and ($7 is null or x.id_token_id = $7)
                and ($8 is null or x.user_id = $8)
                and ($9 is null or x.tariff_id = $9)
                and ($10 is null or x.user_id = $10)
            group by %1$s, coalesce(x.currency, o.currency)
        ),
        buckets as (
            select
                g.key::date as key,
                greatest(g.key::date, $2) as first_day,
                least((g.key + %2$L::interval)::date - 1, $3) as last_day
            from generate_series(
                date_trunc(%3$L, $2::timestamp), $3::timestamp, %2$L::interval
            ) as g (key)
        ),
        places as materialized (
            select
                x.id as evse_id,
                c.id as charge_point_id,
                c.site_id,
                z.time_zone,
                -- One that was entered after it was used could be used before.
                least(x.created_at, d.first_day::timestamp at time zone z.time_zone) as since_at
            from core.evses as x
            inner join core.charge_points as c
                on c.tenant_id = x.tenant_id and c.id = x.charge_point_id
            inner join core.tenants as o on o.id = x.tenant_id
            left join core.sites as l on l.tenant_id = c.tenant_id and l.id = c.site_id
            cross join lateral (select coalesce(l.time_zone, o.time_zone) as time_zone) as z
            left join lateral (
                select min(d.day) as first_day
                from core.evse_days as d
                where d.tenant_id = x.tenant_id and d.evse_id = x.id
            ) as d on true
            where
                x.tenant_id = $1
                and $11
                and ($4 is null or c.site_id = $4)
                and ($5 is null or c.id = $5)
                and ($6 is null or x.id = $6)
        ),
        -- By the zone: there are many places, and few zones.
        bounds as materialized (
            select
                b.key,
                z.time_zone,
                b.first_day::timestamp at time zone z.time_zone as lower_at,
                least((b.last_day + 1)::timestamp at time zone z.time_zone, now()) as upper_at
            from buckets as b
            cross join (select distinct p.time_zone from places as p) as z
        ),
        available as (
            select
                (%4$s)::text as key,
                count(*) as evses,
                round(extract(epoch from sum(b.upper_at - greatest(b.lower_at, p.since_at))), 3)
                    as available_s
            from bounds as b
            inner join places as p on p.time_zone = b.time_zone and p.since_at < b.upper_at
            where b.lower_at < b.upper_at
            group by %4$s
        ),
        used as (
            select
                u.key,
                sum(u.occupied_s) as occupied_s,
                sum(u.charging_s) as charging_s,
                sum(u.parking_s) as parking_s
            from (
                select (%7$s)::text as key, x.occupied_s, x.charging_s, x.parking_s
                from core.evse_days as x
                inner join places as p on p.evse_id = x.evse_id
                inner join core.charge_points as c
                    on c.tenant_id = x.tenant_id and c.id = p.charge_point_id
                where x.tenant_id = $1 and x.day between $2 and $3 and $11
                union all
                select
                    (%4$s)::text,
                    round(
                        extract(epoch from b.upper_at - greatest(b.lower_at, s.started_at)), 3
                    ),
                    0,
                    0
                from (
                    -- The first of them: time of two sessions that overlap counts once.
                    select s.evse_id, min(s.started_at) as started_at
                    from core.sessions as s
                    where
                        s.tenant_id = $1
                        -- The first is what the index of open sessions asks for.
                        and s.state <> 'ended'
                        and s.state = 'active'
                    group by s.evse_id
                ) as s
                inner join places as p on p.evse_id = s.evse_id
                inner join bounds as b
                    on
                        b.time_zone = p.time_zone
                        and b.upper_at > greatest(b.lower_at, s.started_at)
            ) as u
            group by u.key
        ),
        keys as (
            select a.key from counted as a
            union
            select coalesce(v.key, '') from available as v
            union
            select b.key::text from buckets as b where %5$L
        )
        select
            case when %5$L then b.first_day else $2 end,
            case when %5$L then b.last_day else $3 end,
            case when not %5$L then k.key end,
            (%6$s),
            coalesce(a.currency, o.currency),
            coalesce(a.transactions, 0), coalesce(a.energy_wh, 0), coalesce(a.charging_s, 0),
            coalesce(a.parking_s, 0), coalesce(a.reserved_s, 0), coalesce(a.total_excl_vat, 0),
            coalesce(a.vat, 0), coalesce(a.total_incl_vat, 0), coalesce(a.tax_unknown, 0),
            coalesce(a.held, 0), coalesce(a.written_off, 0), coalesce(a.waiting, 0),
            coalesce(a.unbilled_energy_wh, 0), coalesce(a.sessions, 0),
            coalesce(a.successful, 0), coalesce(a.failed, 0), coalesce(a.refused, 0),
            coalesce(a.unknown, 0),
            round(a.successful::numeric / nullif(a.successful + a.failed, 0), 4),
            v.evses,
            v.available_s,
            case when v.evses is not null then coalesce(u.occupied_s, 0) end,
            round(coalesce(u.occupied_s, 0) / nullif(v.available_s, 0), 4),
            case when v.evses is not null then coalesce(u.charging_s, 0) end,
            case when v.evses is not null then coalesce(u.parking_s, 0) end,
            round(coalesce(u.charging_s, 0) / nullif(v.available_s, 0), 4)
        from (select nullif(keys.key, '') as key, keys.key as text from keys) as k
        inner join core.tenants as o on o.id = $1
        left join buckets as b on %5$L and b.key::text = k.text
        left join counted as a on a.key = k.text
        left join available as v on coalesce(v.key, '') = k.text
        left join used as u on coalesce(u.key, '') = k.text
        order by 1, 4, 3, 5
        $sql$,
        v_key,
        case when v_is_by_time then '1 ' || v_by else '1101 days' end,
        case when v_is_by_time then v_by else 'day' end,
        v_place_key,
        v_is_by_time,
        v_name,
        v_used_key
    )
    using
        claims.tenant_id(), transaction_statistics."from", transaction_statistics."to",
        transaction_statistics.site_id, transaction_statistics.charge_point_id,
        transaction_statistics.evse_id, transaction_statistics.id_token_id,
        transaction_statistics.user_id, transaction_statistics.tariff_id,
        case when v_is_driver then claims.user_id() end, v_has_places;
end;
$$;
revoke all on function api.transaction_statistics(
    date, date, text, bigint, bigint, bigint, bigint, uuid, bigint
) from public;
grant execute on function api.transaction_statistics(
    date, date, text, bigint, bigint, bigint, bigint, uuid, bigint
) to staff, customer, platform;
comment on function api.transaction_statistics(
    date, date, text, bigint, bigint, bigint, bigint, uuid, bigint
) is
    E'Energy, times, revenue, utilisation and success rate.\n'
    'from and to are local days of the sites, both included, at most 1100 apart. by is day (as '
    'when it is left out), week (from Monday), month, site, charge_point, evse, token, customer '
    'or tariff; a driver has day, week, month, token and tariff, over their own sessions. '
    'A row for each group and currency; days, weeks, months and places without any have theirs, '
    'too. What everything counts as stands in docs/reports.md: a session counts on the day of '
    'its end, with the rating that is in force; success_rate is successful / (successful + '
    'failed), where energy flowed or not; utilisation is occupied_s / available_s, null by or '
    'for a token, customer or tariff. Figures are a few seconds old at most.';
