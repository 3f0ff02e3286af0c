-- Which tariff a session pays, and why.
--
-- For whom comes before where (decision 0021): an assignment to the token beats one to a group of
-- customers, and that one beats one for everyone; then the smallest place wins, then the higher
-- priority, then the newer assignment. One whose tariff has no version at p_at does not count.
-- Called by: pricing.set_session_tariff, pricing.set_operator_tariff, pricing.rate_reservations,
--            pricing.choose_previewed_tariff.
-- p_at is the start of the session; whatever is unknown may be null. Without any tariff all but
-- time_zone is null; the zone is the site's, else the tenant's.
create or replace function pricing.choose_tariff(
    p_tenant_id bigint,
    p_charge_point_id bigint,
    p_evse_id bigint,
    p_connector_id bigint,
    p_id_token_id bigint,
    p_user_id uuid,
    p_at timestamptz,
    out tariff_version_id bigint,
    out tariff_assignment_id bigint,
    out place text,
    out audience text,
    out time_zone text
)
returns record
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_places text[];
    v_audiences text[];
begin
    select
        coalesce(s.time_zone, t.time_zone),
        array[
            'tenant', 'site ' || c.site_id, 'charge_point ' || p_charge_point_id,
            'evse ' || p_evse_id, 'connector ' || p_connector_id
        ] || array(
            select 'group ' || m.charge_point_group_id
            from core.charge_point_group_members as m
            where m.tenant_id = p_tenant_id and m.charge_point_id = p_charge_point_id
        ),
        array['everyone', 'id_token ' || p_id_token_id] || array(
            select 'customer_group ' || m.customer_group_id
            from core.customer_group_members as m
            where m.tenant_id = p_tenant_id and m.user_id = p_user_id
            union all
            select 'customer_group ' || m.customer_group_id
            from core.customer_group_members as m
            where m.tenant_id = p_tenant_id and m.id_token_id = p_id_token_id
        )
    into time_zone, v_places, v_audiences
    from core.tenants as t
    left join core.charge_points as c on c.tenant_id = t.id and c.id = p_charge_point_id
    left join core.sites as s on s.tenant_id = c.tenant_id and s.id = c.site_id
    where t.id = p_tenant_id;

    -- A few words and an index on them: the cost does not grow with a tenant's assignments.
    select v.id, a.id, a.place, a.audience
    into tariff_version_id, tariff_assignment_id, place, audience
    from core.tariff_assignments as a
    -- Lateral with a limit, or a plan might begin with all the versions there are.
    cross join lateral (
        select w.id
        from core.tariff_versions as w
        where w.tenant_id = a.tenant_id and w.tariff_id = a.tariff_id and w.valid @> p_at
        limit 1
    ) as v
    where
        a.tenant_id = p_tenant_id
        and a.target = any(array(
            select p.place || ' ' || u.audience
            from unnest(v_places) as p (place)
            cross join unnest(v_audiences) as u (audience)
        ))
        -- Not by the range: its index finds texts slowly.
        and coalesce(a.starts_at <= p_at, true)
        and coalesce(p_at < a.ends_at, true)
    order by
        array_position('{id_token,customer_group,everyone}', a.audience),
        array_position('{connector,evse,charge_point,group,site,tenant}', a.place),
        a.priority desc,
        a.id desc
    limit 1;
end;
$$;
revoke all on function pricing.choose_tariff(
    bigint, bigint, bigint, bigint, bigint, uuid, timestamptz
) from public;
comment on function pricing.choose_tariff(
    bigint, bigint, bigint, bigint, bigint, uuid, timestamptz
) is 'Which tariff a session pays, and why.';
