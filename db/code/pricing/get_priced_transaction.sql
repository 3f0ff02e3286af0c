-- The transaction of a session that somebody decided about, refused while it is held all the same.
--
-- Called by: pricing.resolve_session, api.rerate_transaction, after pricing.rate_sessions.
-- Errors:    PT409 session_still_held: `reasons` in the detail are what is missing.
create or replace function pricing.get_priced_transaction(p_tenant_id bigint, p_session_id bigint)
returns core.transactions
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_transaction core.transactions;
begin
    select t.* into v_transaction
    from core.transactions as t
    where t.tenant_id = p_tenant_id and t.session_id = p_session_id;
    if v_transaction.state = 'held' then
        raise exception using
            errcode = 'PT409',
            message = format(
                'the session cannot be priced: %s',
                array_to_string(v_transaction.hold_reasons, ', ')
            ),
            detail = jsonb_build_object(
                'error', 'session_still_held', 'reasons', v_transaction.hold_reasons
            )::text,
            hint = 'Correct its times and registers where they are missing; where it has no '
                'tariff, name one.';
    end if;
    return v_transaction;
end;
$$;
revoke all on function pricing.get_priced_transaction(bigint, bigint) from public;
comment on function pricing.get_priced_transaction(bigint, bigint) is
    'The transaction of a session that somebody decided about, refused while it is held.';
