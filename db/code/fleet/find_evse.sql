-- The EVSE of the caller's tenant with an EVSE id, however it is written.
--
-- Called by: functions of api that name a place by its EVSE id, for drivers who never see an OCPP
--            identity.
-- Errors:    PT404 evse_unknown.
create or replace function fleet.find_evse(p_evse_id text)
returns core.evses
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_evse core.evses;
begin
    select e.* into v_evse
    from core.evses as e
    where
        e.tenant_id = claims.tenant_id()
        and e.evse_id = fleet.normalise_evse_id(p_evse_id);
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such EVSE',
            detail = '{"error":"evse_unknown"}',
            hint = 'evse_id stands on the charger, such as DE*ABC*E1234*1.';
    end if;
    return v_evse;
end;
$$;
revoke all on function fleet.find_evse(text) from public;
comment on function fleet.find_evse(text) is
    'The EVSE of the caller''s tenant with an EVSE id, however it is written.';
