-- Search the message log.
--
-- Definer: under row-level security a search in text cannot use what indexes there are
-- (DESIGN 24), so the tenant is an explicit filter here and the right is checked by hand. The
-- range of time is required and at most 31 days, which bounds what one request can read.
-- `text` is looked for in the payload as it stands, whatever its case.
-- Errors:    PT400 time_range_invalid, PT400 row_limit_invalid, PT400 search_too_broad,
--            PT403 permission_missing, PT404 charge_point_unknown.
create or replace function api.search_ocpp_messages(
    since timestamptz,
    until timestamptz default null,
    charge_point_id bigint default null,
    text text default null,
    action text default null,
    direction text default null,
    message_id text default null,
    max_rows integer default 100
)
returns setof api.ocpp_messages
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_until constant timestamptz := coalesce(search_ocpp_messages.until, now());
    v_tenant_id bigint := claims.tenant_id();
    v_conditions text := '';
begin
    perform access.require_permission('messages.read');
    if
        search_ocpp_messages.since is null
        or search_ocpp_messages.since >= v_until
        or v_until > search_ocpp_messages.since + interval '31 days'
    then
        raise exception using
            errcode = 'PT400',
            message = 'a search covers more than nothing and at most 31 days',
            detail = '{"error":"time_range_invalid"}',
            hint = 'Give since and until, at most 31 days apart.';
    end if;
    if coalesce(search_ocpp_messages.max_rows, 0) not between 1 and 1000 then
        raise exception using
            errcode = 'PT400',
            message = 'max_rows is a number from 1 to 1000',
            detail = '{"error":"row_limit_invalid"}',
            hint = 'Ask for the rest with until set to the received_at of the last row.';
    end if;

    if search_ocpp_messages.charge_point_id is not null then
        select c.tenant_id into v_tenant_id
        from core.charge_points as c
        where
            c.id = search_ocpp_messages.charge_point_id
            and (c.tenant_id = v_tenant_id or claims.role() = 'platform');
        if not found then
            raise exception using
                errcode = 'PT404',
                message = 'there is no such charge point',
                detail = '{"error":"charge_point_unknown"}',
                hint = 'See charge_points for those that exist.';
        end if;
        v_conditions := v_conditions || ' and m.charge_point_id = $4';
    elsif claims.role() = 'platform' then
        v_tenant_id := null;
    end if;
    -- Only the conditions that are asked for, so that each search gets the plan it needs.
    if v_tenant_id is not null then
        v_conditions := v_conditions || ' and m.tenant_id = $1';
    end if;
    if search_ocpp_messages.text <> '' then
        v_conditions := v_conditions || ' and strpos(lower(m.payload), lower($5)) > 0';
    end if;
    if search_ocpp_messages.action is not null then
        v_conditions := v_conditions || ' and m.action = $6';
    end if;
    if search_ocpp_messages.direction is not null then
        v_conditions := v_conditions || ' and m.direction = $7';
    end if;
    if search_ocpp_messages.message_id is not null then
        v_conditions := v_conditions || ' and m.message_id = $8';
    end if;
    return query execute
        'select m.tenant_id, m.id, m.charge_point_id, c.identity, m.connection_id, '
        'm.received_at, m.direction, case m.message_type '
        'when 2 then ''CALL'' when 3 then ''CALLRESULT'' when 4 then ''CALLERROR'' end, '
        'm.message_id, m.action, m.payload, m.error_code '
        'from ops.message_log as m inner join core.charge_points as c '
        'on c.tenant_id = m.tenant_id and c.id = m.charge_point_id '
        'where m.received_at >= $2 and m.received_at < $3' || v_conditions
        || ' order by m.received_at desc, m.id desc limit $9'
    using
        v_tenant_id, search_ocpp_messages.since, v_until, search_ocpp_messages.charge_point_id,
        search_ocpp_messages.text, search_ocpp_messages.action, search_ocpp_messages.direction,
        search_ocpp_messages.message_id, search_ocpp_messages.max_rows;
exception
    when query_canceled then
        raise exception using
            errcode = 'PT400',
            message = 'the search takes too long',
            detail = '{"error":"search_too_broad"}',
            hint = 'Name a charge point, or a shorter range of time.';
end;
$$;
revoke all on function api.search_ocpp_messages(
    timestamptz, timestamptz, bigint, text, text, text, text, integer
) from public;
grant execute on function api.search_ocpp_messages(
    timestamptz, timestamptz, bigint, text, text, text, text, integer
) to staff, platform;
comment on function api.search_ocpp_messages(
    timestamptz, timestamptz, bigint, text, text, text, text, integer
) is
    E'Search the OCPP message log.\n'
    'since is required, until is now when left out; at most 31 days. text is looked for in the '
    'payload, whatever its case. Newest first; for more, repeat with until set to the '
    'received_at of the last row. Needs the permission messages.read.';
