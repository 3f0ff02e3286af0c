-- Price a transaction anew: a new version of its rating, which ratings compares with the last.
--
-- With the tariff that it has, by today's engine and the readings that are known today; or with
-- another one, in the version that was valid when it began.
-- Writes:  core.transactions, core.ratings; with a tariff, core.session_tariffs. Session or
--          reservation are locked.
-- Errors:  PT400 reason_required, PT403 permission_missing, PT404 transaction_unknown (also for
--          another tenant's), tariff_unknown, PT409 session_still_held (nothing is kept then),
--          transaction_not_priced, tariff_not_valid.
-- Definer: these tables are written by functions only.
create or replace function api.rerate_transaction(
    transaction bigint,
    reason text,
    tariff text default null
)
returns setof api.transactions
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    -- By tenant and id, as the key has them: an `or` would read through all there are.
    v_tenant_ids constant bigint[] := case
        when claims.role() = 'platform' then array(select t.id from core.tenants as t)
        else array[claims.tenant_id()]
    end;
    v_transaction core.transactions;
    v_session core.sessions;
    v_reservation core.reservations;
    v_tariff_version_id bigint;
begin
    perform access.require_permission('transactions.write');
    perform pricing.check_reason(reason);
    select t.* into v_transaction
    from core.transactions as t
    where t.tenant_id = any(v_tenant_ids) and t.id = transaction;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'there is no such transaction',
            detail = '{"error":"transaction_unknown"}',
            hint = 'See transactions for those that exist.';
    end if;
    -- Session or reservation first, as everybody locks them.
    select s.* into v_session
    from core.sessions as s
    where s.tenant_id = v_transaction.tenant_id and s.id = v_transaction.session_id
    for no key update;
    select r.* into v_reservation
    from core.reservations as r
    where r.tenant_id = v_transaction.tenant_id and r.id = v_transaction.reservation_id
    for no key update;
    select t.* into v_transaction
    from core.transactions as t
    where t.tenant_id = v_transaction.tenant_id and t.id = v_transaction.id;
    if v_transaction.state is distinct from 'priced' then
        raise exception using
            errcode = 'PT409',
            message = 'the transaction has no price to renew',
            detail = '{"error":"transaction_not_priced"}',
            hint = 'A held session is released or corrected.';
    end if;

    if v_transaction.session_id is not null then
        if tariff is not null then
            perform pricing.set_operator_tariff(v_session, tariff, v_transaction.started_at);
        end if;
        perform pricing.rate_sessions(
            array[v_session.tenant_id], array[v_session.id], btrim(reason)
        );
        v_transaction := pricing.get_priced_transaction(v_session.tenant_id, v_session.id);
    else
        if tariff is not null then
            v_tariff_version_id := (
                pricing.get_tariff_version(
                    v_reservation.tenant_id, tariff, v_reservation.created_at
                )
            ).id;
        end if;
        perform pricing.rate_reservations(
            array[v_reservation.tenant_id], array[v_reservation.id], btrim(reason),
            v_tariff_version_id
        );
    end if;
    return query
    select t.*
    from api.transactions as t
    where t.tenant_id = v_transaction.tenant_id and t.id = v_transaction.id;
end;
$$;
revoke all on function api.rerate_transaction(bigint, text, text) from public;
grant execute on function api.rerate_transaction(bigint, text, text) to staff, platform;
comment on function api.rerate_transaction(bigint, text, text) is
    E'Price a transaction anew; the reason is kept.\n'
    'The rating before stays: ratings shows the difference and cdrs credits it. tariff is the id '
    'of another tariff, in the version that was valid then.';
