-- Ask for card payments and refunds of which nobody has told for a while.
--
-- A page that is past its time, a payment the provider is still at: the event may be lost.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    ops.outbox, once an hour and payment.
create or replace function jobs.check_card_payments()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count integer;
begin
    select count(billing.ask_card_payment(p, to_char(now(), 'YYYYMMDDHH24'))) into v_count
    from core.payments as p
    where
        p.state = 'submitted'
        and p.method = 'card'
        and coalesce(p.provider_payment_id, p.checkout_id) is not null
        and p.updated_at < now() - interval '15 minutes'
        and (
            p.checkout_url is null
            or p.created_at
            < now() - make_interval(
                mins => greatest(access.get_setting('payments.checkout_minutes')::integer, 31) + 5
            )
        )
        and not exists (
            select
            from ops.outbox as o
            where
                o.idempotency_key = format(
                    'card-check/%s/%s/%s', p.tenant_id, p.id, to_char(now(), 'YYYYMMDDHH24')
                )
        );
    return case when v_count > 0 then format('%s card payments are asked for', v_count) else '' end;
end;
$$;
revoke all on function jobs.check_card_payments() from public;
grant execute on function jobs.check_card_payments() to jobs;
comment on function jobs.check_card_payments() is
    'Ask for card payments and refunds of which nobody has told for a while.';
