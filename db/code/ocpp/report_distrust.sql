-- Tell of chargers that do not trust our certificate any more (quirk 13).
--
-- Who refuses a certificate in TLS has not said who it is. Those who used to come from the same
-- address over TLS and are away now are the ones; behind an address of many, 20 of them are
-- named. The alarm stays when the charger comes back, until somebody clears it: the next change of
-- the chain would hit it again.
-- Security definer: the bridge has no right on any table.
-- Called by: the bridge, with its keep-alive, when there was any.
-- Writes:    core.alarms (kind certificate_distrusted).
create or replace function ocpp.report_distrust(p_addresses text[])
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform fleet.raise_alarm(
        d.tenant_id, d.charge_point_id, 'certificate_distrusted', 'critical',
        'does not trust the certificate of the central system',
        jsonb_build_object('remote_address', d.remote_address)
    )
    from (
        select
            p.tenant_id, p.charge_point_id, c.remote_address,
            row_number() over (
                partition by c.remote_address order by c.opened_at desc
            ) as place
        from ops.presence as p
        cross join lateral (
            select c.remote_address, c.is_tls, c.opened_at
            from ops.connections as c
            where
                c.tenant_id = p.tenant_id
                and c.charge_point_id = p.charge_point_id
                and c.outcome = 'accepted'
            order by c.opened_at desc
            limit 1
        ) as c
        where
            not p.is_connected
            and p.last_seen_at > now() - interval '90 days'
            and c.is_tls
            and c.remote_address = any(p_addresses)
    ) as d
    where d.place <= 20
    order by d.tenant_id, d.charge_point_id;
end;
$$;
revoke all on function ocpp.report_distrust(text[]) from public;
grant execute on function ocpp.report_distrust(text[]) to bridge;
comment on function ocpp.report_distrust(text[]) is
    'Raise alarms for chargers away that came from addresses which refuse our certificate.';
