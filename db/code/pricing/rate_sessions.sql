-- Price sessions that are over, or hold them, in one statement whatever their number.
--
-- The sessions are locked by the caller. What each becomes:
--     nothing      refused by us and without energy: nothing was sold (a held row is removed)
--     held         findings speak against a price (pricing.list_hold_findings, find_reading_gap)
--     priced       by a new rating, unless session, tariff and person are the newest one's and
--                  that one was not written off: what is credited never counts again
--     written_off  as an operator decided
-- A decision (core.session_resolutions) counts while the session says what it said then.
-- p_note asks for a new rating in any case: somebody's reason to rate again.
-- Called by: jobs.rate_sessions, pricing.resolve_session, api.rerate_transaction.
-- Writes:    core.transactions, core.ratings; core.session_tariffs of sessions without a tariff.
-- Returns:   how many got a new rating, and how many are held.
create or replace function pricing.rate_sessions(
    p_tenant_ids bigint[],
    p_session_ids bigint[],
    p_note text default null,
    out rated bigint,
    out held bigint
)
returns record
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
-- What a batch has cut and priced is read three times: from memory, not from a file. Its plan takes
-- longer to make than a session to price, and is the same for every batch.
set work_mem = '64MB'
set plan_cache_mode = force_generic_plan
as $$
declare
    v_max_gap constant interval := make_interval(
        secs => access.get_setting('pricing.max_reading_gap_s')::double precision
    );
    v_sequence constant regclass := pg_get_serial_sequence('core.transactions', 'id');
begin
    -- A tariff that was assigned since; most sessions chose theirs when they began.
    perform pricing.set_session_tariff(s)
    from unnest(p_tenant_ids, p_session_ids) as k (tenant_id, session_id)
    inner join core.sessions as s on s.tenant_id = k.tenant_id and s.id = k.session_id
    where not exists (
        select
        from core.session_tariffs as st
        where st.tenant_id = k.tenant_id and st.session_id = k.session_id
    );

    -- Each step is a lateral of one row, evaluated once (offset 0), and null where the step before
    -- says that there is nothing to do.
    with decided as materialized (
        select
            s.tenant_id,
            s.id as session_id,
            s as session,
            b as billed,
            r.resolution,
            k.decision,
            st.time_zone,
            v.id as tariff_version_id,
            v.tariff_hash,
            -- Numbered here, so that its rating need not look for it.
            case
                when t.id is not null then t.id
                when n.state <> 'nothing' then nextval(v_sequence)
            end as transaction_id,
            t.id is null and n.state <> 'nothing' as is_first,
            x.session as priced_session,
            p.result,
            n.state as new_state,
            n.is_new,
            case when n.is_new then coalesce(t.rating_version, 0) + 1 else t.rating_version end
                as version,
            case
                when n.state = 'held'
                    then array(
                        select f.finding ->> 'reason'
                        from jsonb_array_elements(o.findings) as f (finding)
                    )
            end as hold_reasons,
            case when n.state = 'held' then o.findings end as hold_details
        from unnest(p_tenant_ids, p_session_ids) as i (tenant_id, session_id)
        inner join core.sessions as s on s.tenant_id = i.tenant_id and s.id = i.session_id
        left join lateral (
            select d as resolution
            from core.session_resolutions as d
            where d.tenant_id = s.tenant_id and d.session_id = s.id
            order by d.id desc
            limit 1
        ) as r on (r.resolution).basis = pricing.get_resolution_basis(s)
        cross join lateral pricing.get_billed_session(s, r.resolution) as b
        left join core.session_tariffs as st on st.tenant_id = s.tenant_id and st.session_id = s.id
        left join core.tariff_versions as v
            on v.tenant_id = st.tenant_id and v.id = st.tariff_version_id
        left join core.transactions as t on t.tenant_id = s.tenant_id and t.session_id = s.id
        left join core.ratings as c
            on
                c.tenant_id = t.tenant_id
                and c.transaction_id = t.id
                and c.version = t.rating_version
        cross join lateral (
            select
                coalesce((r.resolution).kind, '') as decision,
                coalesce(
                    r.resolution is null
                    and s.authorization_status <> 'Accepted'
                    and s.energy_wh = 0
                    and t.rating_version is null,
                    false
                ) as is_nothing
            offset 0
        ) as k
        cross join lateral (
            select
                case
                    when k.is_nothing or k.decision = 'written_off' then '[]'
                    else pricing.list_hold_findings(s, b, r.resolution, v.id is not null)
                end as findings,
                k.is_nothing or k.decision = 'written_off' as is_done
            offset 0
        ) as f
        cross join lateral (
            select
                case
                    when not f.is_done and f.findings = '[]'
                        then pricing.get_measured_session(b, st.time_zone)
                end as measured
            offset 0
        ) as m
        cross join lateral (
            select
                case
                    when m.measured is not null then pricing.cut_session(v.compiled, m.measured)
                end as session
            offset 0
        ) as x
        cross join lateral (
            select case when x.session is not null then pricing.price(v.compiled, x.session) end
                as result
            offset 0
        ) as p
        cross join lateral (
            select
                f.findings || coalesce(
                    case
                        when k.decision = '' and p.result is not null
                            then pricing.find_reading_gap(
                                v.compiled, m.measured, x.session, p.result, v_max_gap
                            )
                    end, '[]'
                ) as findings
            offset 0
        ) as o
        cross join lateral (
            select
                case
                    when k.is_nothing then 'nothing'
                    when k.decision = 'written_off' then 'written_off'
                    when o.findings <> '[]' then 'held'
                    else 'priced'
                end as state,
                o.findings = '[]'
                and p.result is not null
                and (
                    p_note is not null
                    or c.session is distinct from x.session
                    or c.tariff_version_id is distinct from v.id
                    or c.user_id is distinct from s.user_id
                    or c.version is not distinct from t.written_off_version
                ) as is_new
            offset 0
        ) as n
        where s.state <> 'active'
    ),
    removed as (
        delete from core.transactions as t
        using decided as d
        where d.new_state = 'nothing' and t.tenant_id = d.tenant_id and t.id = d.transaction_id
    ),
    changed as (
        update core.transactions as t
        set state = d.new_state,
            user_id = (d.billed).user_id,
            started_at = (d.billed).started_at,
            ended_at = (d.billed).ended_at,
            rating_version = d.version,
            hold_reasons = d.hold_reasons,
            hold_details = d.hold_details,
            held_at = case when d.new_state = 'held' then coalesce(t.held_at, now()) end,
            written_off_version = case
                when d.new_state = 'written_off' then d.version else t.written_off_version
            end,
            written_off_at = case
                when d.new_state = 'written_off' and t.state <> 'written_off' then now()
                else t.written_off_at
            end
        from decided as d
        where
            not d.is_first
            and d.new_state <> 'nothing'
            and t.tenant_id = d.tenant_id
            and t.id = d.transaction_id
            and (
                t.state, t.user_id, t.started_at, t.ended_at, t.rating_version, t.hold_details
            ) is distinct from (
                d.new_state, (d.billed).user_id, (d.billed).started_at, (d.billed).ended_at,
                d.version, d.hold_details
            )
    ),
    stored as (
        insert into core.transactions (
            tenant_id, id, session_id, state, user_id, started_at, ended_at, rating_version,
            hold_reasons, hold_details, held_at, written_off_at
        )
        overriding system value
        select
            d.tenant_id, d.transaction_id, d.session_id, d.new_state, (d.billed).user_id,
            (d.billed).started_at, (d.billed).ended_at, d.version, d.hold_reasons, d.hold_details,
            case when d.new_state = 'held' then now() end,
            case when d.new_state = 'written_off' then now() end
        from decided as d
        where d.is_first
    ),
    added as (
        insert into core.ratings (
            tenant_id, transaction_id, version, reason, engine_version, tariff_version_id,
            tariff_hash, time_zone, currency, started_at, ended_at, energy_wh, charging_s,
            parking_s, reserved_s, total_excl_vat, total_incl_vat, exact_excl_vat, exact_incl_vat,
            session, result, cdr_head, user_id, note, rated_by
        )
        select
            d.tenant_id,
            d.transaction_id,
            d.version,
            case
                when p_note is not null then 'rerated'
                when d.decision <> '' then d.decision
                when d.version = 1 then 'ended'
                else 'session_changed'
            end,
            d.result ->> 'engine_version',
            d.tariff_version_id,
            d.tariff_hash,
            d.time_zone,
            d.result ->> 'currency',
            (d.billed).started_at,
            (d.billed).ended_at,
            trim_scale((d.result ->> 'energy_kwh')::numeric * 1000),
            (d.result ->> 'charging_s')::numeric,
            (d.result ->> 'parking_s')::numeric,
            (d.result ->> 'reserved_s')::numeric,
            (d.result ->> 'total_excl_vat')::numeric,
            (d.result ->> 'total_incl_vat')::numeric,
            (d.result -> 'exact' ->> 'excl_vat')::numeric,
            (d.result -> 'exact' ->> 'incl_vat')::numeric,
            d.priced_session,
            d.result,
            pricing.get_cdr_head(
                d.tenant_id, (d.session).charge_point_id, (d.session).evse_id,
                (d.session).connector_id, (d.session).id_token, (d.session).id_token_id,
                case when (d.session).command_id is null then 'WHITELIST' else 'COMMAND' end,
                d.session_id
            ),
            (d.billed).user_id,
            coalesce(p_note, (d.resolution).reason),
            case
                when p_note is null then (d.resolution).made_by else claims.user_id()
            end
        from decided as d
        where d.is_new
        returning 1
    )
    select
        (select count(*) from added),
        (select count(*) from decided as d where d.new_state = 'held')
    into rated, held;
end;
$$;
revoke all on function pricing.rate_sessions(bigint[], bigint[], text) from public;
comment on function pricing.rate_sessions(bigint[], bigint[], text) is
    'Price sessions that are over, or hold them; returns how many were rated and are held.';
