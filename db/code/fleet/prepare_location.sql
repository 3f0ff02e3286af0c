-- The address that a charger gets for one transfer: below an allowed prefix, good once.
--
-- Allowed are the enabled core.transfer_locations of the tenant for the direction; scheme, host
-- and port are the same and the path begins with the prefix's. The ticket takes the place of
-- {ticket}; without that it becomes a segment of the path: the last one of an upload, which names
-- a directory (OCPP 1.6 §6.25), and the one before the file name of a download. A location that is
-- not one-time (a host of somebody else) gets a ticket only where {ticket} asks for it.
-- The ticket is 'vt_' and 43 characters, a form that ocpp.mask_payload knows wherever it stands;
-- hence no address of a caller may hold 'vt_'.
-- Called by: ocpp16.prepare_update_firmware, prepare_signed_update_firmware,
--            prepare_get_diagnostics, prepare_get_log.
-- Returns:   the address; null for a null one. The ticket's row is written by
--            fleet.create_device_job, when there is a command.
-- Errors:    PT400 location_not_allowed.
create or replace function fleet.prepare_location(
    p_tenant_id bigint,
    p_direction text,
    p_location text
)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ticket constant text := 'vt_' || access.create_token();
    v_placeholders constant integer := regexp_count(p_location, '\{ticket\}');
    v_url text := replace(p_location, '{ticket}', v_ticket);
    v_part record := fleet.parse_location(v_url);
    v_is_one_time boolean;
begin
    if p_location is null then
        return null;
    end if;
    if v_placeholders <= 1 and p_location !~ 'vt_' then
        select l.is_one_time into v_is_one_time
        from core.transfer_locations as l
        cross join lateral fleet.parse_location(l.url_prefix) as a
        where
            l.tenant_id = p_tenant_id
            and l.direction = p_direction
            and l.is_enabled
            and a.scheme = v_part.scheme
            and a.host = v_part.host
            and a.port is not distinct from v_part.port
            and starts_with(v_part.path, a.path)
        order by length(a.path) desc
        limit 1;
    end if;
    if v_is_one_time and v_placeholders = 0 then
        v_part.path := case p_direction
            when 'upload' then regexp_replace(v_part.path, '/?$', '/' || v_ticket)
                || case when right(v_part.path, 1) = '/' then '/' else '' end
            else regexp_replace(v_part.path, '/([^/]*)$', '/' || v_ticket || '/\1')
        end;
    end if;
    if v_is_one_time is not null then
        v_url := v_part.scheme || '://' || coalesce(v_part.user_info || '@', '') || v_part.host
            || coalesce(':' || v_part.port, '') || v_part.path || coalesce(v_part.query, '');
    end if;
    if v_is_one_time is null or length(v_url) > 512 then
        raise exception using
            errcode = 'PT400',
            message = format('chargers may not be sent to this address for a %s', p_direction),
            detail = '{"error":"location_not_allowed"}',
            hint = 'See transfer_locations for where they may; the address has to lie below the '
                'prefix of an enabled one and may hold {ticket} once.';
    end if;
    return v_url;
end;
$$;
revoke all on function fleet.prepare_location(bigint, text, text) from public;
comment on function fleet.prepare_location(bigint, text, text) is
    'The address that a charger gets for one transfer: below an allowed prefix, good once.';
