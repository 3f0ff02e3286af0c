-- Refuse what would cut off sessions that are active.
--
-- Called by: api.reset.
-- Errors:    PT409 sessions_active; its detail lists the identities in "charge_points".
create or replace function charging.refuse_active_sessions(p_charge_points core.charge_points[])
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_identities jsonb;
begin
    select jsonb_agg(distinct cp.identity) into v_identities
    from unnest(p_charge_points) as cp
    inner join core.sessions as s on s.tenant_id = cp.tenant_id and s.charge_point_id = cp.id
    where s.state <> 'ended' and s.state = 'active';
    if v_identities is not null then
        raise exception using
            errcode = 'PT409',
            message = 'a session is active there',
            detail = jsonb_build_object(
                'error', 'sessions_active', 'charge_points', v_identities
            )::text,
            hint = 'End the sessions first, or send ends_sessions: true.';
    end if;
end;
$$;
revoke all on function charging.refuse_active_sessions(core.charge_points[]) from public;
comment on function charging.refuse_active_sessions(core.charge_points[]) is
    'Refuse what would cut off sessions that are active.';
