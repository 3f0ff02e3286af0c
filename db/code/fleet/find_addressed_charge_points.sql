-- The charge points that a call is about: one by its OCPP identity, or the members of a group.
--
-- The caller's tenant only; the platform names a charge point of any tenant, and groups of its
-- own. Identities count in either case, as everywhere.
-- Called by: fleet.send_commands and api functions that act as the owner.
-- Errors:    PT403 permission_missing, PT400 charge_point_required, charge_point_group_too_large,
--            PT404 charge_point_unknown, charge_point_group_unknown.
create or replace function fleet.find_addressed_charge_points(
    p_permission text,
    p_charge_point text,
    p_charge_point_group text
)
returns setof core.charge_points
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_group_id bigint;
begin
    perform access.require_permission(p_permission);
    if num_nonnulls(p_charge_point, p_charge_point_group) <> 1 then
        raise exception using
            errcode = 'PT400',
            message = 'name a charge point or a group of them',
            detail = '{"error":"charge_point_required"}',
            hint = 'Send either charge_point, an OCPP identity, or charge_point_group, a name.';
    end if;
    if p_charge_point is not null then
        return query
        select cp.*
        from core.charge_point_identities as i
        inner join core.charge_points as cp
            on cp.tenant_id = i.tenant_id and cp.id = i.charge_point_id
        where
            i.identity_key = lower(p_charge_point)
            and (i.tenant_id = claims.tenant_id() or claims.role() = 'platform');
        if not found then
            raise exception using
                errcode = 'PT404',
                message = 'there is no such charge point',
                detail = '{"error":"charge_point_unknown"}';
        end if;
        return;
    end if;

    select g.id into v_group_id
    from core.charge_point_groups as g
    where g.tenant_id = claims.tenant_id() and g.name = p_charge_point_group;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such group of charge points',
            detail = '{"error":"charge_point_group_unknown"}';
    end if;
    if (
        select count(*)
        from core.charge_point_group_members as m
        where m.tenant_id = claims.tenant_id() and m.charge_point_group_id = v_group_id
    ) > 1000 then
        raise exception using
            errcode = 'PT400',
            message = 'one call addresses at most 1000 charge points',
            detail = '{"error":"charge_point_group_too_large"}',
            hint = 'Split the group, or run a campaign.';
    end if;
    return query
    select cp.*
    from core.charge_point_group_members as m
    inner join core.charge_points as cp
        on cp.tenant_id = m.tenant_id and cp.id = m.charge_point_id
    where m.tenant_id = claims.tenant_id() and m.charge_point_group_id = v_group_id
    order by cp.id;
end;
$$;
revoke all on function fleet.find_addressed_charge_points(text, text, text) from public;
comment on function fleet.find_addressed_charge_points(text, text, text) is
    'Charge points that a call names, by identity or by group, of a caller who may do it.';
