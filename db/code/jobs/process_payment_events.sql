-- Book what card providers told (core.payment_events), each event once.
--
-- An event that cannot be booked keeps why and is over: it must not hold up the others.
-- Security definer: the jobs runner has no right on any table.
-- Called by: jobs.run_due.
-- Writes:    core.payment_events, core.payouts, and what the functions of billing write.
-- Returns:   what was done; ends in 'more is left' when it is.
create or replace function billing.apply_payment_event(p_event core.payment_events)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_object constant jsonb := p_event.data #> '{data,object}';
    v_kind constant text := coalesce(v_object ->> 'object', '');
    v_payment core.payments;
    v_fee numeric;
begin
    if v_kind = 'payout' then
        insert into core.payouts as o (
            tenant_id, payment_provider_id, provider_payout_id, amount, currency, arrives_on, state
        )
        values (
            p_event.tenant_id, p_event.payment_provider_id, v_object ->> 'id',
            (v_object ->> 'amount')::numeric / billing.get_unit_scale(v_object ->> 'currency'),
            upper(v_object ->> 'currency'),
            (to_timestamp((v_object ->> 'arrival_date')::bigint) at time zone 'UTC')::date,
            v_object ->> 'status'
        )
        on conflict (tenant_id, payment_provider_id, provider_payout_id) do update
        set state = excluded.state, arrives_on = excluded.arrives_on
        -- Events come in any order: what is over does not begin again.
        where
            o.state not in ('paid', 'failed', 'canceled')
            or excluded.state in ('paid', 'failed', 'canceled');
        return 'payout ' || coalesce(v_object ->> 'status', '');
    end if;

    select p.* into v_payment
    from core.payments as p
    where
        p.tenant_id = p_event.tenant_id
        and p.payment_provider_id = p_event.payment_provider_id
        and (
            p.id = substring(v_object #>> '{metadata,voltaro_payment}' from '^[0-9]{1,18}$')::bigint
            or v_kind = 'dispute' and p.provider_payment_id = v_object ->> 'payment_intent'
        )
    limit 1;
    if not found then
        return 'it is about nothing of ours';
    end if;
    update core.payment_events as e
    set payment_id = v_payment.id
    where e.tenant_id = p_event.tenant_id and e.id = p_event.id;

    if v_kind in ('payment_intent', 'checkout.session') then
        return billing.apply_card_payment(v_payment.tenant_id, v_payment.id, v_object);
    elsif v_kind = 'refund' then
        return billing.apply_card_refund(v_payment.tenant_id, v_payment.id, v_object);
    elsif v_kind = 'dispute' and p_event.type = 'charge.dispute.funds_withdrawn' then
        if
            (v_object ->> 'amount')::numeric
            is distinct from billing.get_minor_units(v_payment.amount, v_payment.currency)
        then
            return 'a part of it is disputed: to be booked by hand';
        end if;
        select sum((b.entry ->> 'fee')::numeric) / billing.get_unit_scale(v_payment.currency)
        into v_fee
        from jsonb_array_elements(
            case jsonb_typeof(v_object -> 'balance_transactions')
                when 'array' then v_object -> 'balance_transactions' else '[]'
            end
        ) as b (entry);
        perform billing.return_payment(
            v_payment.tenant_id, v_payment.id,
            billing.get_local_date(v_payment.tenant_id, v_payment.legal_entity_id),
            'disputed: ' || coalesce(v_object ->> 'reason', 'no reason given'),
            coalesce(v_fee, 0), 'card_clearing'
        );
        return 'disputed';
    end if;
    return 'nothing follows from it';
end;
$$;
revoke all on function billing.apply_payment_event(core.payment_events) from public;
comment on function billing.apply_payment_event(core.payment_events) is
    'Book an event of a card provider; returns what came of it.';

create or replace function jobs.process_payment_events()
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Each has a block of its own: past 64 of them PostgreSQL gets slow.
    v_limit constant integer := 40;
    v_event core.payment_events;
    v_outcome text;
    v_count integer := 0;
begin
    for v_event in
        select e.*
        from core.payment_events as e
        where e.processed_at is null
        order by e.id
        limit v_limit
        for update skip locked
    loop
        begin
            v_outcome := billing.apply_payment_event(v_event);
            -- What deferred constraints refuse belongs to this event.
            set constraints all immediate;
        exception
            -- What a second attempt may mend makes the run fail and come again.
            when data_exception or integrity_constraint_violation or raise_exception
                or sqlstate 'PT400' or sqlstate 'PT403' or sqlstate 'PT404' or sqlstate 'PT409'
                or sqlstate 'PT500' then
                v_outcome := 'it cannot be booked: ' || sqlerrm;
        end;
        set constraints all deferred;
        update core.payment_events as e
        set processed_at = now(), outcome = left(v_outcome, 500)
        where e.tenant_id = v_event.tenant_id and e.id = v_event.id;
        v_count := v_count + 1;
    end loop;
    return case
        when v_count = v_limit then format('%s events; more is left', v_count)
        when v_count > 0 then format('%s events', v_count)
        else ''
    end;
end;
$$;
revoke all on function jobs.process_payment_events() from public;
grant execute on function jobs.process_payment_events() to jobs;
comment on function jobs.process_payment_events() is
    'Book what card providers told, each event once.';
