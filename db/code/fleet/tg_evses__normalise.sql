-- Bring an EVSE id into its normal form, or refuse it.
--
-- Called by: trigger evses__normalise, before insert or update of evse_id, for each row.
-- Errors:    PT400 evse_id_invalid.
-- Definer:   people hold no right on schema fleet.
create or replace function fleet.tg_evses__normalise()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_evse_id text := fleet.normalise_evse_id(new.evse_id);
begin
    if new.evse_id is not null and v_evse_id is null then
        raise exception using
            errcode = 'PT400',
            message = format('%s is not an EVSE id', left(new.evse_id, 60)),
            detail = '{"error":"evse_id_invalid"}',
            hint = 'Write country, operator and outlet like DE*ABC*E1234.';
    end if;
    new.evse_id := v_evse_id;
    return new;
end;
$$;
revoke all on function fleet.tg_evses__normalise() from public;
comment on function fleet.tg_evses__normalise() is
    'Trigger: bring an EVSE id into its normal form, or refuse it.';
