-- The charge points that a campaign is for, each once, in the order of their ids.
--
-- Called by: api.create_campaign.
-- Errors:    PT400 campaign_members_required, campaign_empty, campaign_too_large; PT404
--            charge_point_unknown, charge_point_group_unknown.
create or replace function fleet.find_campaign_members(
    p_charge_point_group text,
    p_charge_points text[]
)
returns core.charge_points[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tenant_id bigint := claims.tenant_id();
    v_group_id bigint;
    v_ids bigint[];
    v_unknown text;
begin
    if num_nonnulls(p_charge_point_group, p_charge_points) <> 1 then
        raise exception using
            errcode = 'PT400',
            message = 'name a group of charge points or list them',
            detail = '{"error":"campaign_members_required"}',
            hint = 'Send either charge_point_group, a name, or charge_points, OCPP identities.';
    end if;
    if cardinality(p_charge_points) > 10000 then
        perform fleet.refuse_campaign_size();
    end if;

    if p_charge_points is not null then
        -- The platform's: all of the tenant of the first.
        if claims.role() = 'platform' then
            select i.tenant_id into v_tenant_id
            from core.charge_point_identities as i
            where i.identity_key = lower(p_charge_points[1]);
        end if;
        select
            array_agg(distinct i.charge_point_id)
            filter (where i.charge_point_id is not null),
            min(n.identity) filter (where i.charge_point_id is null)
        into v_ids, v_unknown
        from unnest(p_charge_points) as n (identity)
        left join core.charge_point_identities as i
            on i.tenant_id = v_tenant_id and i.identity_key = lower(n.identity);
        if v_unknown is not null or array_position(p_charge_points, null) is not null then
            raise exception using
                errcode = 'PT404',
                message = format('there is no charge point %s', left(v_unknown, 60)),
                detail = '{"error":"charge_point_unknown"}',
                hint = 'See charge_points for those that exist.';
        end if;
    else
        select g.id into v_group_id
        from core.charge_point_groups as g
        where g.tenant_id = v_tenant_id and g.name = p_charge_point_group;
        if not found then
            raise exception using
                errcode = 'PT404',
                message = 'there is no such group of charge points',
                detail = '{"error":"charge_point_group_unknown"}',
                hint = 'See charge_point_groups for those that exist.';
        end if;
        select array_agg(m.charge_point_id) into v_ids
        from core.charge_point_group_members as m
        where m.tenant_id = v_tenant_id and m.charge_point_group_id = v_group_id;
        if cardinality(v_ids) > 10000 then
            perform fleet.refuse_campaign_size();
        end if;
    end if;
    if v_ids is null then
        raise exception using
            errcode = 'PT400',
            message = 'a campaign needs a charge point',
            detail = '{"error":"campaign_empty"}',
            hint = 'Add members to the group, or name charge points.';
    end if;
    return array(
        select cp
        from core.charge_points as cp
        where cp.tenant_id = v_tenant_id and cp.id = any(v_ids)
        order by cp.id
    );
end;
$$;
revoke all on function fleet.find_campaign_members(text, text[]) from public;
comment on function fleet.find_campaign_members(text, text[]) is
    'The charge points that a campaign is for.';

create or replace function fleet.refuse_campaign_size()
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'PT400',
        message = 'a campaign has at most 10000 charge points',
        detail = '{"error":"campaign_too_large"}',
        hint = 'Make several campaigns.';
end;
$$;
revoke all on function fleet.refuse_campaign_size() from public;
comment on function fleet.refuse_campaign_size() is 'Refuse a campaign with too many members.';
