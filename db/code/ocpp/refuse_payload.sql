-- Refuse a call because of one field, with the error code of OCPP-J 1.6 §4.2.3 that fits.
--
-- Called by: handlers of messages of which nothing could be stored without the field. Never by
-- those of transactions: a CALLERROR burns the charger's retries and then loses the session.
-- Errors:    OCPP1 always: OccurenceConstraintViolation (the specification's spelling) when the
--            field is absent, TypeConstraintViolation when it is a list, an object or unreadable,
--            PropertyConstraintViolation when its value is out of range.
create or replace function ocpp.refuse_payload(p_payload jsonb, p_key text)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'OCPP1',
        message = case
            when coalesce(jsonb_typeof(p_payload -> p_key), 'null') = 'null'
                then format('%s is required', p_key)
            else format('%s is not usable', p_key)
        end,
        detail = case
            when coalesce(jsonb_typeof(p_payload -> p_key), 'null') = 'null'
                then 'OccurenceConstraintViolation'
            when ocpp.get_numeric(p_payload, p_key) is not null
                or p_payload ->> p_key = ''
                then 'PropertyConstraintViolation'
            else 'TypeConstraintViolation'
        end;
end;
$$;
revoke all on function ocpp.refuse_payload(jsonb, text) from public;
comment on function ocpp.refuse_payload(jsonb, text) is
    'Refuse a call because a field it cannot do without is absent or unusable.';
