-- Alarm before the certificates end that charge points of security profile 3 connect with.
--
-- What counts is the certificate of a charge point that ends last, of those not revoked. From
-- fleet.certificate_alarm_days before its end the alarm certificate_expiring is open, critical
-- once it has ended; it clears when there is a later one, or the profile is another. Raised once,
-- not every time: this looks often and the alarm does not count.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    core.alarms.
-- Returns:   what was done, empty for nothing.
create or replace function jobs.check_certificates()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_alarm_at constant timestamptz := now() + make_interval(
        days => access.get_setting('fleet.certificate_alarm_days')::integer
    );
    v_raised bigint;
    v_cleared bigint;
begin
    with ending as (
        select
            c.tenant_id,
            c.charge_point_id,
            max(c.not_after) as not_after
        from core.charge_point_certificates as c
        inner join core.charge_points as cp
            on cp.tenant_id = c.tenant_id and cp.id = c.charge_point_id
        where c.revoked_at is null and cp.security_profile = 3 and cp.is_enabled
        group by c.tenant_id, c.charge_point_id
        having max(c.not_after) < v_alarm_at
    ),

    raised as (
        select fleet.raise_alarm(
            e.tenant_id, e.charge_point_id, 'certificate_expiring',
            case when e.not_after < now() then 'critical' else 'warning' end,
            case
                when e.not_after < now() then 'Its certificate has ended.'
                else 'Its certificate ends soon.'
            end,
            jsonb_build_object('not_after', e.not_after)
        )
        from ending as e
        where not exists (
            select
            from core.alarms as a
            where
                a.tenant_id = e.tenant_id
                and a.charge_point_id = e.charge_point_id
                and a.kind = 'certificate_expiring'
                and a.cleared_at is null
                and (a.severity = 'critical' or e.not_after >= now())
        )
    )

    select count(*) into v_raised
    from raised;

    with cleared as (
        update core.alarms as a
        set cleared_at = now()
        where
            a.kind = 'certificate_expiring'
            and a.cleared_at is null
            and not exists (
                select
                from core.charge_points as cp
                where
                    cp.tenant_id = a.tenant_id
                    and cp.id = a.charge_point_id
                    and cp.security_profile = 3
                    and cp.is_enabled
                    and coalesce(
                        (
                            select max(c.not_after)
                            from core.charge_point_certificates as c
                            where
                                c.tenant_id = cp.tenant_id
                                and c.charge_point_id = cp.id
                                and c.revoked_at is null
                        ) < v_alarm_at,
                        false
                    )
            )
        returning a.id
    )

    select count(*) into v_cleared
    from cleared;

    return concat_ws(
        ', ',
        case when v_raised > 0 then format('%s alarms raised', v_raised) end,
        case when v_cleared > 0 then format('%s alarms cleared', v_cleared) end
    );
end;
$$;
revoke all on function jobs.check_certificates() from public;
grant execute on function jobs.check_certificates() to jobs;
comment on function jobs.check_certificates() is
    'Alarm before certificates of charge points end.';
