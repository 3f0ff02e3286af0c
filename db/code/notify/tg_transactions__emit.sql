-- Tell of transactions that got a price, or a new one, and of those that are held.
--
-- Called by: triggers transactions__emit_*, after insert or update of state or rating_version,
--            for each row.
-- Writes:    core.events.
create or replace function notify.tg_transactions__emit()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_rating core.ratings;
begin
    if new.state = 'priced' then
        select r.* into v_rating
        from core.ratings as r
        where
            r.tenant_id = new.tenant_id
            and r.transaction_id = new.id
            and r.version = new.rating_version;
    end if;
    perform notify.emit(
        new.tenant_id,
        'transaction.' || new.state,
        'transaction',
        new.id,
        jsonb_build_object(
            'session_id', new.session_id,
            'reservation_id', new.reservation_id,
            'user_id', new.user_id,
            'started_at', new.started_at,
            'ended_at', new.ended_at
        ) || case
            when new.state = 'held' then jsonb_build_object('reasons', new.hold_reasons)
            else jsonb_build_object(
                'version', new.rating_version,
                'energy_wh', v_rating.energy_wh,
                'currency', v_rating.currency,
                'total_excl_vat', v_rating.total_excl_vat,
                'total_incl_vat', v_rating.total_incl_vat
            )
        end
    );
    return null;
end;
$$;
revoke all on function notify.tg_transactions__emit() from public;
comment on function notify.tg_transactions__emit() is
    'Trigger: tell of transactions that got a price, or are held.';
