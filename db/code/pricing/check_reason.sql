-- Refuse a decision about money that nobody gave a reason for.
--
-- Called by: pricing.resolve_session, api.rerate_transaction.
-- Errors:    PT400 reason_required.
create or replace function pricing.check_reason(p_reason text)
returns void
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if length(btrim(p_reason)) between 3 and 1000 is not true then
        raise exception using
            errcode = 'PT400',
            message = 'a reason is required, of 3 to 1000 characters',
            detail = '{"error":"reason_required"}',
            hint = 'Say why; it is kept with the decision.';
    end if;
end;
$$;
revoke all on function pricing.check_reason(text) from public;
comment on function pricing.check_reason(text) is
    'Refuse a decision about money that nobody gave a reason for.';
