-- Price reservations that expired without a session, in one statement whatever their number.
--
-- The reservations are locked by the caller. What each becomes:
--     nothing      its tariff asks nothing for reserving, or there is none
--     priced       by a new rating, unless reservation and tariff are those of the newest one
--     written_off  a session used it after all and pays for it
-- p_note asks for a new rating in any case: somebody's reason to rate again, with the tariff
-- version p_tariff_version_id if that is given.
-- Called by: jobs.rate_expired_reservations, api.rerate_transaction.
-- Writes:    core.transactions, core.ratings.
-- Returns:   how many got a new rating, and how many were written off.
create or replace function pricing.rate_reservations(
    p_tenant_ids bigint[],
    p_reservation_ids bigint[],
    p_note text default null,
    p_tariff_version_id bigint default null,
    out rated bigint,
    out written_off bigint
)
returns record
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    with known as materialized (
        select
            r.tenant_id,
            r.id as reservation_id,
            r as reservation,
            n.id as connector_id,
            n.evse_id,
            t.id as transaction_id,
            t.rating_version,
            c.tariff_version_id as rated_tariff_version_id,
            c.session as rated_session,
            -- Once it has a price, the tariff of that price stays.
            coalesce(p_tariff_version_id, c.tariff_version_id, x.tariff_version_id)
                as tariff_version_id,
            coalesce(c.time_zone, x.time_zone) as time_zone
        from unnest(p_tenant_ids, p_reservation_ids) as k (tenant_id, reservation_id)
        inner join core.reservations as r
            on r.tenant_id = k.tenant_id and r.id = k.reservation_id
        left join core.connectors as n
            on
                n.tenant_id = r.tenant_id
                and n.charge_point_id = r.charge_point_id
                and n.ocpp16_connector_id = r.ocpp16_connector_id
        left join core.transactions as t
            on t.tenant_id = r.tenant_id and t.reservation_id = r.id
        left join core.ratings as c
            on
                c.tenant_id = t.tenant_id
                and c.transaction_id = t.id
                and c.version = t.rating_version
        left join lateral pricing.choose_tariff(
            r.tenant_id, r.charge_point_id, n.evse_id, n.id, r.id_token_id, r.user_id,
            r.created_at
        ) as x on c.version is null
    ),
    freed as (
        update core.transactions as t
        set state = 'written_off',
            written_off_version = t.rating_version,
            written_off_at = now()
        from known as k
        where
            (k.reservation).state <> 'expired'
            and t.tenant_id = k.tenant_id
            and t.id = k.transaction_id
            and t.state <> 'written_off'
        returning 1
    ),
    cut as materialized (
        select
            k.*,
            v.compiled,
            v.tariff_hash,
            pricing.cut_session(v.compiled, jsonb_build_object(
                'time_zone', k.time_zone,
                'start_date_time', (k.reservation).created_at,
                'end_date_time', (k.reservation).expires_at,
                'readings', '[]'::jsonb,
                'states', '[]'::jsonb,
                'reservation', jsonb_build_object(
                    'start_date_time', (k.reservation).created_at,
                    'expires_at', (k.reservation).expires_at
                ),
                'reservation_expired', true
            )) as session
        from known as k
        inner join core.tariff_versions as v
            on v.tenant_id = k.tenant_id and v.id = k.tariff_version_id
        where
            (k.reservation).state = 'expired'
            and (k.reservation).expires_at > (k.reservation).created_at
    ),
    priced as materialized (
        select c.*, pricing.price(c.compiled, c.session) as result
        from cut as c
        where
            p_note is not null
            or c.rated_session is distinct from c.session
            or c.rated_tariff_version_id is distinct from c.tariff_version_id
    ),
    stored as (
        insert into core.transactions as t (
            tenant_id, reservation_id, state, user_id, started_at, ended_at, rating_version
        )
        select
            p.tenant_id, p.reservation_id, 'priced', (p.reservation).user_id,
            (p.reservation).created_at, (p.reservation).expires_at,
            coalesce(p.rating_version, 0) + 1
        from priced as p
        where p.result -> 'lines' <> '[]' or p.transaction_id is not null
        on conflict (tenant_id, reservation_id) do update
        set state = 'priced',
            rating_version = excluded.rating_version
        returning t.tenant_id, t.id, t.reservation_id, t.rating_version
    ),
    added as (
        insert into core.ratings (
            tenant_id, transaction_id, version, reason, engine_version, tariff_version_id,
            tariff_hash, time_zone, currency, started_at, ended_at, energy_wh, charging_s,
            parking_s, reserved_s, total_excl_vat, total_incl_vat, exact_excl_vat, exact_incl_vat,
            session, result, cdr_head, user_id, note, rated_by
        )
        select
            p.tenant_id,
            t.id,
            t.rating_version,
            case
                when p_note is not null then 'rerated'
                when t.rating_version = 1 then 'expired'
                else 'session_changed'
            end,
            p.result ->> 'engine_version',
            p.tariff_version_id,
            p.tariff_hash,
            p.time_zone,
            p.result ->> 'currency',
            (p.reservation).created_at,
            (p.reservation).expires_at,
            trim_scale((p.result ->> 'energy_kwh')::numeric * 1000),
            (p.result ->> 'charging_s')::numeric,
            (p.result ->> 'parking_s')::numeric,
            (p.result ->> 'reserved_s')::numeric,
            (p.result ->> 'total_excl_vat')::numeric,
            (p.result ->> 'total_incl_vat')::numeric,
            (p.result -> 'exact' ->> 'excl_vat')::numeric,
            (p.result -> 'exact' ->> 'incl_vat')::numeric,
            p.session,
            p.result,
            pricing.get_cdr_head(
                p.tenant_id, (p.reservation).charge_point_id, p.evse_id, p.connector_id,
                (p.reservation).id_token, (p.reservation).id_token_id, 'COMMAND', null
            ),
            (p.reservation).user_id,
            p_note,
            case when p_note is not null then claims.user_id() end
        from priced as p
        inner join stored as t
            on t.tenant_id = p.tenant_id and t.reservation_id = p.reservation_id
        returning 1
    )
    select (select count(*) from added), (select count(*) from freed)
    into rated, written_off;
end;
$$;
revoke all on function pricing.rate_reservations(bigint[], bigint[], text, bigint) from public;
comment on function pricing.rate_reservations(bigint[], bigint[], text, bigint) is
    'Price reservations that expired without a session.';
