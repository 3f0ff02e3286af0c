-- Bring the contract id of a token of ours into its normal form, or refuse it.
--
-- Called by: trigger id_tokens__normalise, before insert or update of contract_id, for each row.
-- Errors:    PT400 contract_id_invalid, PT400 contract_id_check_digit_wrong.
-- Definer:   people hold no right on schema fleet.
create or replace function fleet.tg_id_tokens__normalise()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_contract_id text := fleet.normalise_contract_id(new.contract_id);
begin
    if new.contract_id is not null and v_contract_id is null then
        raise exception using
            errcode = 'PT400',
            message = format('%s is not a contract id', left(new.contract_id, 60)),
            detail = '{"error":"contract_id_invalid"}',
            hint = 'Write country, provider and instance like NL-TNM-000122045.';
    end if;
    if not fleet.is_contract_id_right(v_contract_id) then
        raise exception using
            errcode = 'PT400',
            message = format('the check digit of contract id %s is wrong', v_contract_id),
            detail = '{"error":"contract_id_check_digit_wrong"}',
            hint = 'Check the typing, or leave the last character out to have it computed.';
    end if;
    new.contract_id := v_contract_id;
    return new;
end;
$$;
revoke all on function fleet.tg_id_tokens__normalise() from public;
comment on function fleet.tg_id_tokens__normalise() is
    'Trigger: bring a contract id into its normal form, or refuse it.';
